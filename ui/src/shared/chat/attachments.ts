/** Files on their way into a message: what they will be, and whether the channel takes them. */
import type { PartKind } from '../../../../plugins/sdk/capabilities.ts'
import type { ChannelCapabilities } from '../../../../server/http/contract/capabilities.ts'

export type FileKind = Extract<PartKind, 'image' | 'video' | 'audio' | 'document'>

/** A picture the channel does not take as a picture may still go as a document. */
export function fileKind(file: { type: string }, capabilities: ChannelCapabilities | null): FileKind {
  const family = file.type.split('/')[0]
  const kind: FileKind = family === 'image' || family === 'video' || family === 'audio' ? family : 'document'
  if (kind === 'document' || !capabilities) return kind
  return takes(kind, file.type, capabilities) ? kind : 'document'
}

const matches = (mime: string, allowed: string) => (allowed.endsWith('/*') ? mime.startsWith(allowed.slice(0, -1)) : mime === allowed)

function takes(kind: FileKind, mime: string, capabilities: ChannelCapabilities): boolean {
  const part = capabilities.parts[kind]
  if (!part || part.direction === 'none' || part.direction === 'receive') return false
  return !part.mimeTypes || mime === '' || part.mimeTypes.some((one) => matches(mime, one))
}

export type Refusal = { reason: 'type' } | { reason: 'size'; maxBytes: number } | { reason: 'empty' }

/** Why the file cannot go by this channel; null when it can. The server decides by the content again. */
export function refusal(file: { type: string; size: number }, capabilities: ChannelCapabilities, maxUploadBytes: number): Refusal | null {
  if (file.size === 0) return { reason: 'empty' }
  const kind = fileKind(file, capabilities)
  if (!takes(kind, file.type, capabilities)) return { reason: 'type' }
  const limits = [capabilities.parts[kind]?.maxBytes, maxUploadBytes || undefined].filter((one) => one !== undefined)
  const maxBytes = Math.min(...limits)
  return file.size > maxBytes ? { reason: 'size', maxBytes } : null
}
