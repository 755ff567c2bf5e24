/** The check that every bridge makes first in `send`, from what it declares. */
import type { Capabilities, MediaRef, OutboundMessage, Part } from './bridge.ts'
import { BridgeError, type BridgeErrorCode } from './bridge.ts'
import { buttonsFit, canSend, fileProblem, listFits, sends, textFits } from './capabilities.ts'

export interface SendProblem { readonly code: BridgeErrorCode; readonly message: string }

const captionOf = (part: Part): string => ('caption' in part && part.caption ? part.caption : '')

function mediaProblem(channel: Capabilities, part: Extract<Part, { media: MediaRef }>): SendProblem | null {
  if (part.media.at !== 'host') return { code: 'media_unavailable', message: 'Only a file in the host\'s storage can be sent' }
  const problem = fileProblem(channel, part.kind, part.media)
  if (problem) return { code: problem.code, message: `The channel does not take this file as ${part.kind}: ${problem.code}` }
  if (captionOf(part) !== '' && channel.parts[part.kind]?.caption !== true) return { code: 'not_supported', message: `No caption below a ${part.kind}` }
  return null
}

function partProblem(channel: Capabilities, part: Part): SendProblem | null {
  if (!canSend(channel, part.kind)) return { code: 'not_supported', message: `The channel cannot send: ${part.kind}` }
  if (part.kind === 'text') {
    if (part.text === '') return { code: 'bad_request', message: 'An empty text cannot be sent' }
    return textFits(channel, part.text) ? null : { code: 'bad_request', message: `Longer than ${channel.text.max} ${channel.text.unit}` }
  }
  if ('media' in part) return mediaProblem(channel, part)
  if (part.kind === 'buttons') {
    return buttonsFit(channel, part.body, part.choices) ? null : { code: 'bad_request', message: 'The buttons exceed the limits of the channel' }
  }
  if (part.kind === 'list') {
    const rows = part.sections.flatMap((section) => section.choices)
    return listFits(channel, part.body, rows) ? null : { code: 'bad_request', message: 'The list exceeds the limits of the channel' }
  }
  return null
}

/** Why the declared capabilities forbid this message; null when they allow it. Whether the network takes it shows only then. */
export function sendProblem(channel: Capabilities, message: OutboundMessage): SendProblem | null {
  if (message.op === 'react') return sends(channel.reactions) ? null : { code: 'not_supported', message: 'The channel has no reactions' }
  if (message.op === 'delete') return sends(channel.deletes) ? null : { code: 'not_supported', message: 'The channel cannot delete' }
  if (message.op === 'edit' && !sends(channel.edits)) return { code: 'not_supported', message: 'The channel cannot edit' }
  if (message.op === 'send' && message.replyTo && !sends(channel.replies)) return { code: 'not_supported', message: 'The channel cannot quote' }
  return partProblem(channel, message.part)
}

/** @throws {BridgeError} permanent, with the code of {@link sendProblem} */
export function checkSendable(channel: Capabilities, message: OutboundMessage): void {
  const problem = sendProblem(channel, message)
  if (problem) throw new BridgeError('permanent', problem.code, problem.message)
}
