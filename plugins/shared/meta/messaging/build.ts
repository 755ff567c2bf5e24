/** OutboundMessage → body of `POST /{account}/messages`. Pure; limits are checked before anything leaves. */
import type { Capabilities, HostMedia, Json, OutboundMessage, Part } from '../../../sdk/bridge.ts'
import { textFits } from '../../../sdk/capabilities.ts'
import { checkSendable } from '../../../sdk/sendable.ts'
import { atMost, notEmpty, refuse, unsupported } from '../limits.ts'
import { optional } from '../json.ts'

export type Body = { readonly [key: string]: Json }
/** How Meta gets the file. */
export type AttachmentHandle = { readonly attachment_id: string } | { readonly url: string; readonly is_reusable?: boolean }

export interface MessagingDialect {
  readonly capabilities: Capabilities
  /** `messaging_type` is named; Instagram's own login does without. */
  readonly typed: boolean
  /** What we put into a message comes back in its echo. */
  readonly metadata: boolean
  /** The word for an emoji, where the network takes words. */
  reaction(emoji: string): string
}

/** A longer payload of a quick reply or longer metadata is refused by Meta. */
const payloadMax = 1000

/** @throws {BridgeError} permanent, for what the network cannot carry. */
export function buildMessaging(dialect: MessagingDialect, message: OutboundMessage, handle?: AttachmentHandle): Body {
  checkSendable(dialect.capabilities, message)
  const recipient = { recipient: { id: addressee(message) } }
  if (message.op === 'react') {
    const reaction = message.emoji === null ? undefined : dialect.reaction(message.emoji)
    return { ...recipient, sender_action: reaction === undefined ? 'unreact' : 'react', payload: { message_id: message.target, ...optional('reaction', reaction) } }
  }
  if (message.op !== 'send') throw unsupported('This network cannot change or take back what was sent')
  return {
    ...recipient,
    ...(dialect.typed && { messaging_type: 'RESPONSE' }),
    message: {
      ...content(dialect, message.part, handle),
      ...(dialect.metadata && message.idempotencyKey.length <= payloadMax && { metadata: message.idempotencyKey }),
    },
    ...(message.replyTo && { reply_to: { mid: message.replyTo.id } }),
  }
}

/** The same message as a person's answer after the 24 hours, which Meta allows for seven days where the feature is approved. */
export const asHumanAgent = (body: Body): Body => ({ ...body, messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' })

/** The chat is the person's id at this account; other identifiers mean nothing here. */
const addressee = (message: OutboundMessage): string =>
  message.user?.identifiers.find(identifier => identifier.kind === 'psid' || identifier.kind === 'igsid')?.value ?? message.chat

export function fileOf(dialect: MessagingDialect, message: OutboundMessage): HostMedia | undefined {
  checkSendable(dialect.capabilities, message)
  return message.op === 'send' && 'media' in message.part && message.part.media.at === 'host' ? message.part.media : undefined
}

const attachmentTypes: Partial<Record<Part['kind'], string>> = { image: 'image', video: 'video', audio: 'audio', voice: 'audio', document: 'file' }
export const attachmentType = (kind: Part['kind']): string => {
  const type = attachmentTypes[kind]
  if (!type) throw unsupported(`This network does not take ${kind}`)
  return type
}

function content(dialect: MessagingDialect, part: Part, handle?: AttachmentHandle): Body {
  if (part.kind === 'text') {
    notEmpty('The text', part.text)
    return { text: part.text }
  }
  if (part.kind === 'buttons') return quickReplies(dialect, part)
  const type = attachmentType(part.kind)
  if (!handle) throw refuse('The file was not handed over')
  return { attachment: { type, payload: handle } }
}

/** Quick replies have no header and no footer of their own: both stand in the text. */
function quickReplies(dialect: MessagingDialect, part: Extract<Part, { kind: 'buttons' }>): Body {
  if (part.header !== undefined && typeof part.header !== 'string') throw unsupported('Buttons have no picture above them here')
  const text = [part.header, part.body, part.footer].filter(Boolean).join('\n\n')
  notEmpty('The text', part.body)
  if (!textFits(dialect.capabilities, text)) throw refuse(`The text is longer than ${dialect.capabilities.text.max} ${dialect.capabilities.text.unit}`)
  for (const choice of part.choices) {
    notEmpty('A title', choice.title)
    notEmpty('An id', choice.id)
    atMost('An id', choice.id, payloadMax)
  }
  return { text, quick_replies: part.choices.map(({ id, title }) => ({ content_type: 'text', title, payload: id })) }
}
