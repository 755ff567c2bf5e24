/** Between what menus say and hear and what bridges carry. */
import type { InboundEvent, Part } from '../../../plugins/sdk/bridge.ts'
import type { Content } from '../../domain/menu/effects.ts'
import type { FileRef } from '../../domain/menu/environment.ts'
import type { IncomingMessage, IncomingPart } from '../../domain/menu/input.ts'
import type { Core } from '../core.ts'
import type { MessageRow } from '../work/rows.ts'

type HostMedia = Extract<Extract<Part, { media: unknown }>['media'], { at: 'host' }>

/** The outbox opens the file again by its id when it sends. */
const stored = (core: Core, file: FileRef): HostMedia => ({
  at: 'host', fileId: file.fileId, mimeType: file.mimeType, size: file.size, fileName: file.fileName, open: () => core.storage.open(file.fileId), publicUrl: () => '',
})

/** The part, and the file that the message keeps. */
export function partOf(core: Core, content: Content): { part: Part; mediaId: string | null } {
  switch (content.kind) {
    case 'text': case 'location': case 'list':
      return { part: content as Part, mediaId: null }
    case 'buttons': {
      const { header, ...rest } = content
      return header ? { part: { ...rest, header: stored(core, header) } as Part, mediaId: header.fileId } : { part: rest as Part, mediaId: null }
    }
    default:
      return { part: { kind: content.kind, media: stored(core, content.file), ...(content.caption === undefined ? {} : { caption: content.caption }) }, mediaId: content.file.fileId }
  }
}

/** A customer's message, with the files as they are stored. */
export function incomingOf(core: Core, event: Extract<InboundEvent, { kind: 'message' }>, receivedAt: number, rows: readonly MessageRow[]): IncomingMessage {
  const parts = event.parts.map((part, n): IncomingPart => {
    const row = rows[n]
    switch (part.kind) {
      case 'image': case 'video': case 'audio': case 'voice': case 'document': case 'sticker': {
        const remote = part.media.at === 'remote' || part.media.at === 'host' ? part.media : null
        const id = row?.mediaId ?? ''
        return {
          kind: part.kind, ...(part.caption === undefined ? {} : { caption: part.caption }),
          media: { id, url: `${core.publicUrl}/app/media/${id}`, mime: remote?.mimeType ?? 'application/octet-stream', name: remote?.fileName ?? '', size: remote?.size ?? 0 },
        }
      }
      case 'text': case 'location': case 'contacts': case 'choice': case 'form': case 'order': case 'unsupported':
        return part as IncomingPart
      default:
        return { kind: 'unsupported' }
    }
  })
  return { id: rows[0]?.id ?? event.id, receivedAt, parts }
}
