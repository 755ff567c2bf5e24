/** References to files (domain §8.4): a `media` row is one use of a file, and the file itself is stored once by its content. */
import type { MediaView } from '../http/contract/chats.ts'
import type { Queryable, Tx } from '../store/db.ts'
import { insertMany } from '../store/sql.ts'
import type { Core } from './core.ts'
import { mediaView } from './queries/messageViews.ts'

export interface NewFile {
  readonly sha256: string
  readonly size: number
  readonly mime: string
  readonly name: string
  readonly width: number | null
  readonly height: number | null
  readonly thumb: { readonly sha256: string; readonly size: number } | null
}

/** Who brought it: a user who has not sent it yet, or the far end of a channel. */
export interface FileOwner {
  readonly uploadedBy?: string
  readonly channelId?: string
  readonly chatId?: string
}

/** Records a file that lies in the storage, ready to be sent with a message. */
export async function addMedia(core: Core, file: NewFile, owner: FileOwner): Promise<MediaView> {
  const id = core.ids.next()
  const now = core.clock.now()
  await core.db.transaction(async (tx) => {
    await addFiles(tx, file, now)
    await tx.run(
      `INSERT INTO media (id, sha256, thumbSha256, mime, size, name, width, height, state, channelId, chatId, uploadedBy, createdAt)
       VALUES (?,?,?,?,?,?,?,?,'ready',?,?,?,?)`,
      [
        id, file.sha256, file.thumb?.sha256 ?? null, file.mime, file.size, file.name, file.width, file.height,
        owner.channelId ?? null, owner.chatId ?? null, owner.uploadedBy ?? null, now,
      ],
    )
  })
  return mediaView({ id, mime: file.mime, size: file.size, name: file.name, width: file.width, height: file.height, durationMs: null, state: 'ready', thumbSha256: file.thumb?.sha256 ?? null })
}

/** The bookkeeping of stored contents; the same content twice is one row. */
export async function addFiles(tx: Tx, file: Pick<NewFile, 'sha256' | 'size' | 'mime' | 'thumb'>, now: number): Promise<void> {
  const rows = [[file.sha256, file.size, file.mime, now] as const, ...(file.thumb ? [[file.thumb.sha256, file.thumb.size, 'image/webp', now] as const] : [])]
  await insertMany(tx, 'files', ['sha256', 'size', 'mime', 'createdAt'], rows, { ignore: true })
}

/** The content behind a reference that is ready, for whoever has been let through to it already. */
export async function storedFile(q: Queryable, id: string): Promise<{ sha256: string; mime: string; name: string } | null> {
  const row = await q.get<{ sha256: string; mime: string; name: string }>("SELECT sha256, mime, name FROM media WHERE id = ? AND state = 'ready' AND sha256 IS NOT NULL", [id])
  return row ?? null
}
