/** Inbound files (domain §8.4): the message is shown at once, its file is fetched in the background and filled in later. */
import type { RemoteMedia } from '../../plugins/sdk/bridge.ts'
import { systemActor } from '../domain/permissions.ts'
import { forUpdate, placeholders } from '../store/sql.ts'
import type { Tx } from '../store/db.ts'
import type { Core } from './core.ts'
import { addFiles, type NewFile } from './media.ts'
import { transact } from './transact.ts'
import { Work } from './work/work.ts'

export interface WaitingFile {
  readonly id: string
  readonly channelId: string
  readonly chatId: string
  readonly messageId: string
  readonly attempts: number
  readonly kind: string
  readonly remote: RemoteMedia
}

/** Five attempts within 24 hours. */
const backOff = [15_000, 120_000, 1_800_000, 7_200_000, 54_000_000]
/** While it is being fetched it is nobody else's; a process that dies leaves it due again then. */
const lease = 300_000

export async function claimFiles(core: Core, channels: readonly string[], limit: number): Promise<WaitingFile[]> {
  if (channels.length === 0 || limit <= 0) return []
  const now = core.clock.now()
  const due = await core.db.get<{ id: string }>('SELECT id FROM media WHERE dueAt IS NOT NULL AND dueAt <= ? LIMIT 1', [now])
  if (!due) return []
  return transact(core, async (tx) => {
    const rows = await tx.all<Omit<WaitingFile, 'remote'> & { remote: string }>(
      `SELECT id, channelId, chatId, messageId, attempts, kind, remote FROM media WHERE dueAt IS NOT NULL AND dueAt <= ? AND channelId IN (${placeholders(channels.length)})
        ORDER BY dueAt, id LIMIT ?${forUpdate(tx.dialect, { skipLocked: true })}`, [now, ...channels, limit],
    )
    if (rows.length > 0) await tx.run(`UPDATE media SET dueAt = ?, attempts = attempts + 1 WHERE id IN (${placeholders(rows.length)})`, [now + lease, ...rows.map((row) => row.id)])
    return rows.map((row) => ({ ...row, remote: JSON.parse(row.remote) as RemoteMedia }))
  })
}

export async function recordFile(core: Core, waiting: WaitingFile, file: NewFile): Promise<void> {
  await withMessage(core, waiting, async (work, tx) => {
    await addFiles(tx, file, work.now)
    work.update('media', waiting.id, {
      sha256: file.sha256, thumbSha256: file.thumb?.sha256 ?? null, mime: file.mime, size: file.size, name: file.name, width: file.width, height: file.height,
      state: 'ready', dueAt: null, error: null,
    })
  })
}

/** Tries again later, or gives up; the message then says that its file is not available. */
export async function recordFileFailure(core: Core, waiting: WaitingFile, error: unknown, final: boolean): Promise<void> {
  const message = error instanceof Error ? error.message : String(error)
  const wait = backOff[waiting.attempts]
  if (!final && wait !== undefined) {
    const at = core.clock.now() + wait
    await core.db.run('UPDATE media SET dueAt = ?, error = ? WHERE id = ?', [at, message, waiting.id])
    core.wake.alarm('media', at)
    return
  }
  await withMessage(core, waiting, async (work) => work.update('media', waiting.id, { state: 'failed', dueAt: null, error: message }))
}

async function withMessage(core: Core, waiting: WaitingFile, change: (work: Work, tx: Tx) => Promise<void>): Promise<void> {
  await transact(core, async (tx) => {
    const work = new Work(core, tx, core.clock.now())
    const [chat] = await work.lockChats([waiting.chatId])
    await change(work, tx)
    chat?.event('message.media_changed', systemActor, { data: { messageId: waiting.messageId } })
    await work.flush()
  })
}
