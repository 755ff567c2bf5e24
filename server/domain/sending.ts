/** What a channel can carry, checked before anything is stored (domain §8.7, capability and size). */
import type { Capabilities, Part, PartKind } from '../../plugins/sdk/bridge.ts'
import { DomainError } from './errors.ts'

/** Throws not_supported, text_too_long, media_type or media_too_large. */
export function checkPart(capabilities: Capabilities, part: Part): void {
  const limits = capabilities.parts[part.kind as PartKind]
  if (!limits || (limits.direction !== 'send' && limits.direction !== 'both')) throw new DomainError('not_supported', { kind: part.kind })
  const text = part.kind === 'text' ? part.text : 'caption' in part ? (part.caption ?? '') : ''
  const length = capabilities.text.unit === 'bytes' ? Buffer.byteLength(text) : [...text].length
  if (length > capabilities.text.max) throw new DomainError('text_too_long', { max: capabilities.text.max, unit: capabilities.text.unit, length })
  if ('media' in part && part.media.at === 'host') {
    if (text !== '' && limits.caption === false) throw new DomainError('not_supported', { kind: part.kind, feature: 'caption' })
    if (limits.mimeTypes && !limits.mimeTypes.some((allowed) => matches(allowed, part.media.at === 'host' ? part.media.mimeType : ''))) {
      throw new DomainError('media_type', { mime: part.media.mimeType, allowed: limits.mimeTypes })
    }
    if (limits.maxBytes !== undefined && part.media.size > limits.maxBytes) throw new DomainError('media_too_large', { size: part.media.size, max: limits.maxBytes })
  }
}

/** `image/*` and `*` stand for all below them. */
const matches = (allowed: string, mime: string): boolean =>
  allowed === '*' || allowed === '*/*' || allowed === mime || (allowed.endsWith('/*') && mime.startsWith(allowed.slice(0, -1)))
