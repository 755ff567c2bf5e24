/**
 * Hands messages to the bridges: the first waiting one of each chat, outside any transaction, at the pace the bridge
 * declares, and writes down what became of it.
 */
import type { OutboundMessage, Part } from '../../plugins/sdk/bridge.ts'
import { isBridgeError } from '../../plugins/sdk/bridge.ts'
import type { Core } from '../actions/core.ts'
import { parkChannel } from '../actions/channelRuntime.ts'
import { hostMedia, speakerOf } from '../actions/hosted.ts'
import { claimOutbox, expireOutbox, lostSends, nextOutboxAt, outcomeOf, recordSend, type OutboxRow } from '../actions/outbox.ts'
import { promptHanded } from '../actions/menus/inputs.ts'
import { outboundContext } from '../actions/outboundContext.ts'
import type { Bridges } from '../bridges/registry.ts'
import type { Waker } from '../adapters/wake.ts'
import { Pace } from './pace.ts'
import type { Worker } from './worker.ts'

/** These say that the channel is at fault, not the message. */
const parks = new Set(['auth_failed', 'account_blocked', 'payment_required'])
const sendTimeout = 45_000

export function outboxWorker(core: Core, wake: Waker, bridges: Bridges, parallel: number): Worker {
  const pace = new Pace(core.clock)
  const busy = new Set<Promise<void>>()
  let named: Set<string> | null = new Set()
  let claiming = false
  let stopped = false

  const ready = (): string[] => bridges.all().filter(({ channel, bridge }) => bridge.status().state === 'connected' && pace.free(channel.id)).map(({ channel }) => channel.id)

  /** Claims as many as there is room for; called after each nudge and each finished send. */
  const fill = async (): Promise<void> => {
    if (claiming || stopped) return
    claiming = true
    try {
      while (!stopped && busy.size < parallel && (named === null || named.size > 0)) {
        const chatIds = named === null ? undefined : [...named].slice(0, 200)
        if (chatIds) for (const id of chatIds) named?.delete(id)
        else named = new Set()
        const rows = await claimOutbox(core, ready(), parallel - busy.size, chatIds)
        for (const row of rows) {
          const sending = send(row).catch((error: unknown) => core.log.error('send not recorded', { outboxId: row.id, error: error instanceof Error ? error.message : String(error) }))
          const done = sending.finally(() => {
            busy.delete(done)
            void fill()
          })
          busy.add(done)
        }
        // Named chats that found no room are looked for among all, later.
        if (chatIds && rows.length === parallel) named = null
      }
    } catch (error) {
      core.log.warn('outbox not claimed, to be repeated', { error: error instanceof Error ? error.message : String(error) })
    } finally {
      claiming = false
    }
  }

  const send = async (row: OutboxRow): Promise<void> => {
    const running = bridges.running(row.channelId)
    if (!running) return recordSend(core, row.id, { kind: 'retry', at: core.clock.now() + 1000, code: 'network', message: 'the channel was closed' })
    await pace.wait(running, row.chatId)
    const { prompt } = JSON.parse(row.payload) as { prompt?: { runId: string; serial: number } }
    // Recorded before the network has it, so that the quickest answer is later than its question (domain §5.6).
    if (prompt) await promptHanded(core, row.chatId, prompt)
    try {
      const result = await running.bridge.send(await messageOf(core, row), AbortSignal.timeout(sendTimeout))
      await recordSend(core, row.id, { kind: 'sent', result })
    } catch (error) {
      const outcome = outcomeOf(error, row.attempts, core.clock.now())
      core.log.warn('send failed', { outboxId: row.id, channelId: row.channelId, outcome: outcome.kind, error: error instanceof Error ? error.message : String(error) })
      // An unclear end is repeated by itself only where the network drops a repeat of the same key.
      if (outcome.kind === 'uncertain' && running.bridge.capabilities().idempotentSend) {
        await recordSend(core, row.id, { kind: 'retry', at: core.clock.now() + 2000, code: outcome.code, message: outcome.message })
      } else await recordSend(core, row.id, outcome)
      if (isBridgeError(error) && parks.has(error.code)) await parkChannel(core, row.channelId, error.code)
    }
  }

  /** Leases that ran out: the bridge is asked where it can be, a send that may be repeated is, and the rest is left to a person. */
  const settleLost = async (): Promise<void> => {
    for (const row of await lostSends(core)) {
      const running = bridges.running(row.channelId)
      if (running?.bridge.lookup) {
        const found = await running.bridge.lookup(row.id, new Date(row.createdAt), AbortSignal.timeout(sendTimeout))
        if (found === 'absent') await recordSend(core, row.id, { kind: 'retry', at: core.clock.now(), code: 'network', message: 'the network has not seen it' })
        else if (found !== 'unknown') await recordSend(core, row.id, { kind: 'sent', result: found })
        if (found !== 'unknown') continue
      }
      if (running?.bridge.capabilities().idempotentSend) await recordSend(core, row.id, { kind: 'retry', at: core.clock.now(), code: 'network', message: 'the answer was lost' })
      else await recordSend(core, row.id, { kind: 'uncertain', code: 'network', message: 'the answer was lost' })
    }
  }

  const off = wake.on('outbox', (keys) => {
    if (keys.length === 0) named = null
    else for (const key of keys) named?.add(key)
    void fill()
  })
  return {
    name: 'outbox',
    async sweep() {
      await expireOutbox(core)
      await settleLost()
      named = null
      await fill()
      const next = await nextOutboxAt(core)
      if (next !== null && next > core.clock.now()) wake.alarm('outbox', next)
    },
    async stop() {
      stopped = true
      off()
      await Promise.allSettled(busy)
    },
  }
}

/** The row as the bridge takes it: files can be opened again, and the far end learns who speaks. */
async function messageOf(core: Core, row: OutboxRow): Promise<OutboundMessage> {
  const context = await outboundContext(core, row)
  const speaker = row.author === 'human' ? await speakerOf(core, context.authorId, context.queueId) : undefined
  const base = { idempotencyKey: row.id, chat: row.remoteChatId, user: context.user, author: row.author, ...(speaker ? { speaker } : {}) }
  if (row.op === 'react') return { ...base, op: 'react', ...(JSON.parse(row.payload) as { target: string; emoji: string | null }) }
  if (row.op !== 'send') throw new Error(`the outbox holds an operation that nothing writes: ${row.op}`)
  const stored = JSON.parse(row.payload) as { part: Part; replyTo?: { id: string; sender: string; part: Part } }
  const part = 'media' in stored.part && stored.part.media.at === 'host' && context.file ? { ...stored.part, media: hostMedia(core, context.file) } : stored.part
  return { ...base, op: 'send', part, ...(stored.replyTo ? { replyTo: stored.replyTo } : {}) }
}

