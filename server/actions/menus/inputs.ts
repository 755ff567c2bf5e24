/** What happens to menu runs besides customers' messages: alarms, prompts on their way, answers of services, events. One transaction each. */
import type { Json } from '../../domain/menu/environment.ts'
import type { Input } from '../../domain/menu/input.ts'
import type { Tx } from '../../store/db.ts'
import { placeholders } from '../../store/sql.ts'
import type { Core } from '../core.ts'
import { laneOf } from '../inbound/record.ts'
import { transact } from '../transact.ts'
import { Work, type ChatWork } from '../work/work.ts'
import { MenuRuns } from './runs.ts'

/** Locks the chat and gives its run what `inputOf` says; nothing when that run is not the open one any more. */
async function give(core: Core, chatId: string, runId: string, inputOf: (tx: Tx, chat: ChatWork) => Promise<Input>): Promise<boolean> {
  return transact(core, async (tx, view) => {
    const work = new Work(core, tx, core.clock.now())
    const [chat] = await work.lockChats([chatId])
    if (!chat || chat.row.state !== 'MENU') return false
    const runs = new MenuRuns(core, tx, work, view)
    await runs.prepare([chat])
    if (runs.runOf(chat)?.id !== runId) return false
    runs.input(chat, await inputOf(tx, chat))
    await runs.finish()
    await work.flush()
    return true
  })
}

/** The run's alarm (§5.7). A customer's message that came before the deadline wins, though it is not applied yet. */
export const ringRun = (core: Core, runId: string, alarm: { chatId: string; version: number }): Promise<boolean> =>
  give(core, alarm.chatId, runId, async (tx, chat) => {
    const lane = laneOf(chat.row.channelId, chat.row.remoteChatId)
    const pending = await tx.get<{ at: number | null }>("SELECT MIN(receivedAt) AS at FROM inbox_events WHERE pendingLane = ? AND kind = 'message'", [lane])
    return { kind: 'timer', version: alarm.version, oldestPending: pending?.at ?? null }
  })

/** Its prompt goes to the bridge now, or will never: from here on messages are answers. */
export const promptHanded = (core: Core, chatId: string, prompt: { runId: string; serial: number }): Promise<boolean> =>
  give(core, chatId, prompt.runId, async () => ({ kind: 'promptHanded', serial: prompt.serial, at: core.clock.now() }))

export const giveInput = (core: Core, chatId: string, runId: string, input: Input): Promise<boolean> => give(core, chatId, runId, async () => input)

export interface MenuEventInput { readonly key: string; readonly data: Json; /** Seconds. */ readonly ttl?: number | undefined }

const longestTtl = 3600
const defaultTtl = 120

/**
 * An event from outside (§5.8). One event wakes one run: that which waits for its key, or, kept until its time is over, the
 * next that comes to wait for it. Answers whether somebody waited.
 */
export async function postMenuEvent(core: Core, event: MenuEventInput): Promise<'delivered' | 'kept'> {
  const waiting = await core.db.all<{ id: string; chatId: string }>('SELECT id, chatId FROM menu_runs WHERE eventKey = ? AND endedAt IS NULL ORDER BY updatedAt, id LIMIT 20', [event.key])
  const at = core.clock.now()
  for (const run of waiting) {
    let taken = false
    await give(core, run.chatId, run.id, async (tx) => {
      // Still so, now that the chat is locked.
      const row = await tx.get<{ eventKey: string | null }>('SELECT eventKey FROM menu_runs WHERE id = ?', [run.id])
      taken = row?.eventKey === event.key
      return { kind: 'event', key: event.key, data: event.data, at, ttl: event.ttl ?? null }
    })
    if (taken) return 'delivered'
  }
  await core.db.run('INSERT INTO menu_events (id, eventKey, data, ttl, at, expiresAt) VALUES (?,?,?,?,?,?)', [
    core.ids.next(), event.key, JSON.stringify(event.data), event.ttl ?? null, at, at + Math.min(event.ttl ?? defaultTtl, longestTtl) * 1000 + longestTtl * 1000,
  ])
  // A run may have come to wait between the look and the insert: the second look finds it, and the event is used once.
  const late = await core.db.get<{ id: string; chatId: string }>('SELECT id, chatId FROM menu_runs WHERE eventKey = ? AND endedAt IS NULL LIMIT 1', [event.key])
  if (late && !waiting.some((one) => one.id === late.id)) {
    const { changes } = await core.db.run('DELETE FROM menu_events WHERE eventKey = ? AND at = ?', [event.key, at])
    if (changes > 0) return (await giveInput(core, late.chatId, late.id, { kind: 'event', key: event.key, data: event.data, at, ttl: event.ttl ?? null })) ? 'delivered' : 'kept'
  }
  return 'kept'
}

/** “Apply to running chats” (§5.10): every open run of the menu goes to this version, chat by chat. Answers how many. */
export async function moveRuns(core: Core, to: { menuId: string; version: number }): Promise<number> {
  let moved = 0
  for (let after = ''; ;) {
    const rows = await core.db.all<{ id: string; chatId: string }>('SELECT id, chatId FROM menu_runs WHERE menuId = ? AND endedAt IS NULL AND version <> ? AND id > ? ORDER BY id LIMIT 200', [to.menuId, to.version, after])
    if (rows.length === 0) return moved
    after = rows.at(-1)?.id ?? after
    for (const row of rows) {
      await transact(core, async (tx, view) => {
        const work = new Work(core, tx, core.clock.now())
        const [chat] = await work.lockChats([row.chatId])
        if (!chat || chat.row.state !== 'MENU') return
        const runs = new MenuRuns(core, tx, work, view)
        await runs.prepare([chat], [to.menuId])
        runs.migrate(chat, to)
        await runs.finish()
        await work.flush()
        moved++
      })
    }
  }
}

/** Runs whose conversation ended without them (§5.9): none should be; found and ended by the sweep. */
export async function endOrphanRuns(core: Core): Promise<number> {
  const orphans = await core.db.all<{ id: string }>(
    "SELECT r.id FROM menu_runs r JOIN chats c ON c.id = r.chatId WHERE r.endedAt IS NULL AND c.state <> 'MENU' LIMIT 200",
  )
  if (orphans.length === 0) return 0
  await core.db.run(`UPDATE menu_runs SET state = 'ended', eventKey = NULL, endedAt = ? WHERE endedAt IS NULL AND id IN (${placeholders(orphans.length)})`, [core.clock.now(), ...orphans.map((row) => row.id)])
  return orphans.length
}
