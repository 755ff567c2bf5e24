/** Ending and handing over chats (domain §4.1, §4.2). */
import { hasOpenConversation, isAssigned } from '../domain/chat.ts'
import { renderText } from '../domain/customerText.ts'
import { planPass } from '../domain/distribution.ts'
import { DomainError } from '../domain/errors.ts'
import { can, type Actor } from '../domain/permissions.ts'
import { textFor } from '../domain/settings.ts'
import { forUpdate } from '../store/sql.ts'
import type { Tx } from '../store/db.ts'
import { accessChat } from './access.ts'
import type { CatalogView } from './catalog.ts'
import type { Core } from './core.ts'
import { lineOf, lockFree, lockTurns, membersOf, policyOf, waitingChat, type Terms } from './distribution/rows.ts'
import { MenuRuns } from './menus/runs.ts'
import { transact } from './transact.ts'
import { assign, close, enqueue, leaveQueue, openConversationsOf, release, seek, type ConversationFacts } from './work/flow.ts'
import { leaveNote } from './work/note.ts'
import { sayAutomatic } from './work/say.ts'
import type { ChatWork } from './work/work.ts'
import { Work } from './work/work.ts'

export async function resolveChat(core: Core, actor: Actor, chatId: string, input: { sendMessage?: boolean; note?: string }): Promise<void> {
  await transact(core, async (tx) => {
    const work = new Work(core, tx, core.clock.now())
    const [chat] = await work.lockChats([chatId])
    await accessChat(core, tx, actor, chatId, 'resolve')
    if (!chat) throw new DomainError('not_found')
    if (chat.row.kind === 'group') throw new DomainError('group_chat')
    if (!hasOpenConversation(chat.row.state)) throw new DomainError('already_resolved')
    const view = await core.catalog.read()
    const { queueId, channelId, agentId } = chat.row
    const byHolder = actor.kind === 'agent' && agentId === actor.id
    close(work, chat, {
      actor, closeKind: closeKindOf(actor), counts: await countMessages(tx, chat), note: input.note ?? null, farewell: input.sendMessage ?? false,
    })
    if (byHolder && agentId !== null) startWrapUp(work, view, agentId, queueId)
    if (input.sendMessage) {
      const texts = view.queue(queueId)?.messages.resolve ?? view.setting('resolve.message', { queueId, channelId })
      sayAutomatic(core, work, view, chat, renderText(textFor(texts, null, view.setting('general.locale')), { agent: { name: actor.name } }))
    }
    await work.flush()
  })
}

/** `offered`: the agent keeps the chat until somebody accepts it. */
export type TransferOutcome = 'assigned' | 'queued' | 'menu' | 'offered'

export interface Transfer {
  readonly target: { readonly type: 'agent' | 'queue' | 'menu'; readonly id: string; /** Of a menu: where it begins. */ readonly node?: string | undefined }
  readonly enqueue?: boolean
  readonly force?: boolean
  readonly note?: string
}

/**
 * Hands a chat over in one transaction: the former agent leaves as the new one joins, or the chat waits in the queue.
 * Nothing changes when nobody can take it and it may not wait (I13).
 */
export async function transferChat(core: Core, actor: Actor, chatId: string, input: Transfer): Promise<TransferOutcome> {
  return transact(core, async (tx) => {
    const work = new Work(core, tx, core.clock.now())
    const [chat] = await work.lockChats([chatId])
    await accessChat(core, tx, actor, chatId, 'transfer')
    if (!chat) throw new DomainError('not_found')
    if (chat.row.kind === 'group') throw new DomainError('group_chat')
    const conversation = (await openConversationsOf(tx, [chat])).get(chat.id)
    if (!conversation || !hasOpenConversation(chat.row.state)) throw new DomainError('already_resolved')
    const view = await core.catalog.read()
    await endTransfer(tx, work, chat, actor, input)
    const how = { agent: toAgent, queue: toQueue, menu: toMenu }[input.target.type]
    const outcome = await how(core, tx, work, view, chat, conversation, actor, input)
    if (input.note && outcome !== 'offered') leaveNote(core, work, chat, actor, input.note)
    await work.flush()
    return outcome
  })
}

async function toAgent(core: Core, tx: Tx, work: Work, view: CatalogView, chat: ChatWork, conversation: ConversationFacts, actor: Actor, input: Transfer): Promise<'assigned' | 'offered'> {
  const agent = view.user(input.target.id)
  if (!agent || agent.archivedAt !== null || !(agent.role === 'agent' || agent.alsoAgent)) throw new DomainError('not_found')
  if (!agent.enabled) throw new DomainError('agent_disabled', { agent: agent.name })
  if (chat.row.agentId === agent.id) throw new DomainError('same_agent', { agent: agent.name })
  if (input.force && !can(actor, 'chat.transfer.force')) throw new DomainError('forbidden')
  const held = isAssigned(chat.row.state)
  // A supervisor who gives an unowned chat to somebody decides alone (T21); a held one is a transfer.
  const forced = input.force || (!held && can(actor, 'chats.write.any'))
  const row = await tx.get<{ presence: string; pausedSince: number | null; chatLoad: number }>(`SELECT presence, pausedSince, chatLoad FROM agents WHERE agentId = ?${forUpdate(tx.dialect)}`, [agent.id])
  if (!forced) {
    const capacity = view.capacity(agent)
    if (row?.presence !== 'online') throw new DomainError('agent_offline', { agent: agent.name })
    if (row.pausedSince !== null) throw new DomainError('agent_paused', { agent: agent.name })
    if (capacity !== 0 && row.chatLoad >= capacity) throw new DomainError('agent_full', { agent: agent.name })
  }
  chat.event('transfer.requested', actor, { data: { targetKind: 'agent', targetId: agent.id, targetName: agent.name, force: input.force ?? false } })
  if (held && !forced && policyOf(view, chat.row.queueId).invite) {
    offerTransfer(core, work, chat, conversation, actor, { queueId: null, enqueue: false, terms: { agents: [agent.id], invite: true, once: true } }, input)
    return 'offered'
  }
  leaveQueue(work, chat, 'taken', actor)
  const former = release(work, chat, 'transfer', actor)
  const own = await queuesOf(tx, agent.id)
  // The conversation keeps its queue, unless the agent is not in it and has exactly one of their own (§4.1).
  if (chat.row.queueId === null || !own.includes(chat.row.queueId)) {
    if (own.length === 1 && own[0]) {
      chat.row.queueId = own[0]
      work.update('conversations', conversation.id, { queueId: own[0] })
    }
  }
  assign(core, work, view, chat, conversation, { agent, kind: held ? 'transfer' : 'forced', actor, waitedSince: chat.row.waitingSince })
  chat.event('transfer.completed', actor, { agentId: agent.id, data: { from: former, targetKind: 'agent', targetId: agent.id, targetName: agent.name } })
  return 'assigned'
}

/** T15, and T3 by a supervisor: the agent leaves at once, and the menu begins, also where the bot was stopped. */
async function toMenu(core: Core, tx: Tx, work: Work, view: CatalogView, chat: ChatWork, conversation: ConversationFacts, actor: Actor, input: Transfer): Promise<'menu'> {
  const menu = view.menu(input.target.id)
  if (!menu || menu.archivedAt !== null) throw new DomainError('not_found')
  if (menu.publishedVersion === null || !view.channel(chat.row.channelId)?.enabled) throw new DomainError('invalid_destination', { menu: menu.name })
  const runs = new MenuRuns(core, tx, work, view)
  await runs.prepare([chat], [menu.id])
  chat.event('transfer.requested', actor, { data: { targetKind: 'menu', targetId: menu.id, targetName: menu.name } })
  leaveQueue(work, chat, 'moved', actor)
  const former = release(work, chat, 'transfer', actor)
  chat.row.queueId = null
  chat.row.waitingSince = null
  work.update('conversations', conversation.id, { queueId: null })
  chat.event('transfer.completed', actor, { agentId: null, data: { from: former, targetKind: 'menu', targetId: menu.id, targetName: menu.name } })
  if (chat.row.state === 'MENU') runs.input(chat, { kind: 'end', reason: 'transfer' })
  runs.start(chat, conversation, { menuId: menu.id, node: input.target.node ?? null, actor })
  await runs.finish()
  return 'menu'
}

async function toQueue(core: Core, tx: Tx, work: Work, view: CatalogView, chat: ChatWork, conversation: ConversationFacts, actor: Actor, input: Transfer): Promise<'assigned' | 'queued' | 'offered'> {
  const queue = view.queue(input.target.id)
  if (!queue || queue.archivedAt !== null) throw new DomainError('not_found')
  const author = chat.row.agentId
  const { agentId: free, pointer, ahead } = await nextInTurn(tx, view, queue.id, chat, author, work.now)
  const cooldown = view.setting('transfer.authorCooldown', { queueId: queue.id }) * 1000
  const offered = isAssigned(chat.row.state) && policyOf(view, queue.id).invite
  // Nobody overtakes: where others wait, the chat goes to the end of the list like any other.
  const choice = ahead && !offered ? null : free
  const mayWait = input.enqueue ?? view.setting('transfer.enqueue', { queueId: queue.id })
  if (choice === null && !mayWait) throw new DomainError('no_agent_available', { queue: queue.name })
  chat.event('transfer.requested', actor, { data: { targetKind: 'queue', targetId: queue.id, targetName: queue.name, enqueue: mayWait } })
  const by = author === null ? undefined : { agentId: author, until: work.now + cooldown }
  if (choice !== null && offered) {
    offerTransfer(core, work, chat, conversation, actor, { queueId: queue.id, enqueue: mayWait, terms: {}, author: by }, input)
    return 'offered'
  }
  leaveQueue(work, chat, 'moved', actor)
  release(work, chat, 'transfer', actor)
  const agent = view.user(choice)
  if (agent) {
    chat.row.queueId = queue.id
    work.update('conversations', conversation.id, { queueId: queue.id })
    await tx.run('UPDATE queue_turns SET pointer = ? WHERE queueId = ?', [pointer, queue.id])
    assign(core, work, view, chat, conversation, { agent, kind: 'transfer', actor, waitedSince: chat.row.waitingSince })
    chat.event('transfer.completed', actor, { agentId: agent.id, data: { from: author, targetKind: 'queue', targetId: queue.id, targetName: queue.name } })
    return 'assigned'
  }
  enqueue(core, work, view, chat, conversation, { queueId: queue.id, kind: 'transfer', requester: actor, author: by })
  return 'queued'
}

/** Who would be next for this chat, with the queue's turn locked; and whether others wait before it. */
async function nextInTurn(tx: Tx, view: CatalogView, queueId: string, chat: ChatWork, author: string | null, now: number): Promise<{ agentId: string | null; pointer: number; ahead: boolean }> {
  const pointer = (await lockTurns(tx, [queueId])).get(queueId) ?? 0
  const ahead = await tx.get<{ chatId: string }>('SELECT chatId FROM distributions WHERE waitingFor = ? AND waits = 1 LIMIT 1', [queueId])
  const members = await lockFree(tx, await membersOf(tx, view, [queueId]), new Map(), now)
  const row = {
    chatId: chat.id, lineKey: queueId, targetKind: 'queue' as const, precedence: -chat.row.priority, queuedAt: now, createdAt: now, enqueue: 1, authorId: author, authorUntil: now + 1,
    terms: null, timeLeftMs: null, deadlineAt: null, restUntil: null, lap: 1, attempt: 1, state: 'waiting' as const,
  }
  const { decisions, pointers } = planPass([{ ...waitingChat(view, row, [], now), invite: false }], new Map([[queueId, lineOf(view, queueId, members, pointer)]]), now)
  const decision = decisions.get(chat.id)
  return { agentId: decision?.kind === 'assign' ? decision.agentId : null, pointer: pointers.get(queueId) ?? pointer, ahead: ahead !== undefined }
}

/** The agent keeps the chat while others are asked (§4.1). */
function offerTransfer(
  core: Core, work: Work, chat: ChatWork, conversation: ConversationFacts, actor: Actor,
  how: { queueId: string | null; enqueue: boolean; terms: Terms; author?: { agentId: string; until: number } | undefined }, input: Transfer,
): void {
  seek(core, work, chat, conversation, {
    ...how, kind: 'transfer', requester: actor, terms: { ...how.terms, note: input.note ?? null, requester: { kind: actor.kind, id: actor.id, name: actor.name } } satisfies Terms,
  })
}

/** One transfer at a time; whoever may force it ends the one before. */
async function endTransfer(tx: Tx, work: Work, chat: ChatWork, actor: Actor, input: Transfer): Promise<void> {
  if (!isAssigned(chat.row.state)) return
  const running = await tx.get<{ id: string }>('SELECT id FROM distributions WHERE openChatId = ?', [chat.id])
  if (!running) return
  if (!input.force || !can(actor, 'chat.transfer.force')) throw new DomainError('transfer_in_progress')
  work.endDistribution(chat, 'cancelled', 'removed')
  chat.event('transfer.failed', actor, { data: { reason: 'replaced', by: actor.name } })
}

/** After a resolve the agent may finish before the next chat comes (§3.10); 0 is none. */
function startWrapUp(work: Work, view: CatalogView, agentId: string, queueId: string | null): void {
  const seconds = view.queue(queueId)?.wrapUp ?? 0
  if (seconds === 0) return
  const until = work.now + seconds * 1000
  work.load(agentId, 0, { wrapUpUntil: until })
  work.events.push({ type: 'agent.wrapup_started', at: work.now, agentId, actor: { kind: 'system', id: null, name: 'Turno' }, data: { until } })
  work.timer({ kind: 'wrapup', subjectId: agentId, dueAt: until })
}

const queuesOf = async (tx: Tx, agentId: string): Promise<string[]> =>
  (await tx.all<{ queueId: string }>('SELECT queueId FROM memberships WHERE agentId = ?', [agentId])).map((row) => row.queueId)

/** Counted when the conversation closes, so that no message pays for it. */
async function countMessages(tx: Tx, chat: ChatWork): Promise<{ inbound: number; outbound: number }> {
  const rows = await tx.all<{ direction: string; n: number }>(
    `SELECT m.direction, COUNT(*) AS n FROM messages m JOIN conversations c ON c.id = ? AND m.conversationId = c.id
      WHERE m.chatId = ? AND m.sortAt >= c.openedAt - 86400000 AND m.visibility = 'public' GROUP BY m.direction`, [chat.row.conversationId, chat.id],
  )
  const of = (direction: string): number => rows.find((row) => row.direction === direction)?.n ?? 0
  return { inbound: of('in'), outbound: of('out') }
}

function closeKindOf(actor: Actor): 'agent' | 'supervisor' | 'api' | 'system' {
  if (actor.kind === 'agent') return 'agent'
  if (actor.kind === 'supervisor' || actor.kind === 'admin' || actor.kind === 'cli') return 'supervisor'
  return actor.kind === 'api' ? 'api' : 'system'
}
