/** What a channel can carry, checked before anything is stored (domain §8.7, capability and size). */
import type { Capabilities, Part } from '../../plugins/sdk/bridge.ts'
import { canSend, fileProblem, textFits } from '../../plugins/sdk/capabilities.ts'
import { DomainError } from './errors.ts'

/** Throws not_supported, text_too_long, media_type or media_too_large. */
export function checkPart(capabilities: Capabilities, part: Part): void {
  if (!canSend(capabilities, part.kind)) throw new DomainError('not_supported', { kind: part.kind })
  const text = part.kind === 'text' ? part.text : 'caption' in part ? (part.caption ?? '') : ''
  if (!textFits(capabilities, text)) throw new DomainError('text_too_long', { max: capabilities.text.max, unit: capabilities.text.unit })
  if (!('media' in part) || part.media.at !== 'host') return
  if (text !== '' && capabilities.parts[part.kind]?.caption !== true) throw new DomainError('not_supported', { kind: part.kind, feature: 'caption' })
  const problem = fileProblem(capabilities, part.kind, part.media)
  if (problem) throw new DomainError(problem.code, { kind: part.kind, mime: part.media.mimeType, size: part.media.size })
}
