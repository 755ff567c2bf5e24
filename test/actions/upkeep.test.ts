/** What has its time: presence, timers, jobs, retention, files, the outbox's edges. */
import { expect } from 'chai'
import { network } from '../../plugins/sdk/testkit/loopbackLink.ts'
import { addJob, claimJob, failJob, finishJob } from '../../server/actions/jobs.ts'
import { claimFiles, recordFile, recordFileFailure } from '../../server/actions/mediaFetch.ts'
import { discardMessage, markRead, resendMessage, sendReply } from '../../server/actions/messages.ts'
import { agentConnected, agentDisconnected, expirePresence, goOffline, pauseAgent, signOutAgent } from '../../server/actions/presence.ts'
import { beat, buryProcesses } from '../../server/actions/processes.ts'
import { applyRetention, scheduleRetention } from '../../server/actions/retention.ts'
import { dropTimer, dueTimers, setTimers } from '../../server/actions/timers.ts'
import { systemActor } from '../../server/domain/permissions.ts'
import { eachDatabase } from '../databases.ts'
import { failure } from '../support/failure.ts'
import { World } from '../world.ts'

let n = 0
const clientId = (): string => `upkeep-${++n}-abcdef`

eachDatabase((database) => {
  let world: World
  before(async () => {
    world = await World.build(database)
    await world.channel('linea', { settings: { lookup: false } })
    await world.agent('Ana')
  })
  after(() => world.close())

  const presence = async (name: string): Promise<string | undefined> => (await world.db.get<{ presence: string }>('SELECT presence FROM agents WHERE agentId = ?', [world.who(name).id]))?.presence
  const events = async (type: string): Promise<number> => (await world.db.get<{ n: number }>('SELECT COUNT(*) AS n FROM event_log WHERE type = ?', [type]))?.n ?? 0

  it('keeps an agent online through a lost socket, until the grace has passed (S41)', async () => {
    const session = await world.signIn('Ana')
    const online = await events('agent.online')
    await agentDisconnected(world.core, session)
    world.clock.pass(40)
    await agentConnected(world.core, session)
    await expirePresence(world.core)
    expect([await presence('Ana'), await events('agent.online'), await events('agent.offline')]).to.deep.equal(['online', online, 0])
    await agentDisconnected(world.core, session)
    world.clock.pass(59)
    await expirePresence(world.core)
    expect(await presence('Ana')).to.equal('online')
    world.clock.pass(1)
    await expirePresence(world.core)
    expect([await presence('Ana'), await events('agent.offline')]).to.deep.equal(['offline', 1])
  })

  it('keeps the pause of who lost the line, and ends that of who signed out', async () => {
    const reason = await world.pauseReason('Almuerzo')
    const ana = world.who('Ana')
    const session = await world.signIn('Ana')
    await pauseAgent(world.core, ana, ana.id ?? '', reason)
    expect(await failure(pauseAgent(world.core, ana, ana.id ?? '', reason))).to.include({ code: 'already_paused' })
    await agentDisconnected(world.core, session)
    world.clock.pass(61)
    await expirePresence(world.core)
    const paused = async (): Promise<unknown> => (await world.db.get<{ pausedSince: number | null }>('SELECT pausedSince FROM agents WHERE agentId = ?', [ana.id]))?.pausedSince
    expect(await paused()).not.to.equal(null)
    expect(await failure(pauseAgent(world.core, ana, ana.id ?? '', reason))).to.include({ code: 'agent_offline' })
    await world.signIn('Ana')
    await goOffline(world.core, ana.id ?? '', 'logout')
    expect(await paused()).to.equal(null)
    expect(await world.db.get('SELECT endKind FROM pauses WHERE agentId = ?', [ana.id])).to.deep.include({ endKind: 'logout' })
  })

  it('lets a supervisor sign an agent out, and says so on the sessions', async () => {
    const rosa = await world.supervisor('Rosa')
    const session = await world.signIn('Ana')
    await signOutAgent(world.core, rosa, world.who('Ana').id ?? '')
    expect(await presence('Ana')).to.equal('offline')
    expect(await world.db.get('SELECT closeReason FROM sessions WHERE id = ?', [session])).to.deep.include({ closeReason: 'supervisor' })
    expect(await failure(signOutAgent(world.core, world.who('Ana'), world.who('Ana').id ?? ''))).to.include({ code: 'forbidden' })
  })

  it('starts the grace of sessions whose process died, and settles what it was sending', async () => {
    const other = { ...world.core, processId: 'dead-process' }
    await beat(other, { host: 'here', pid: 1, version: '0', startedAt: 0 })
    const session = await world.signIn('Ana')
    await world.db.run('DELETE FROM session_sockets')
    await agentConnected(other, session)
    await world.db.run("INSERT INTO outbox (id, chatId, channelId, op, payload, author, state, pendingChat, availableAt, claim, leaseUntil, createdAt) VALUES ('x1', 'c', 'c', 'send', '{}', 'human', 'sending', 'c', 0, 'dead-process/1', 99999999999999, 0)")
    expect(await buryProcesses(world.core, 'here', () => false)).to.deep.equal(['dead-process'])
    expect(await world.db.get('SELECT lostAt FROM sessions WHERE id = ?', [session])).to.deep.include({ lostAt: world.clock.at })
    expect(await world.db.get("SELECT leaseUntil FROM outbox WHERE id = 'x1'")).to.deep.include({ leaseUntil: 0 })
    await world.db.run("DELETE FROM outbox WHERE id = 'x1'")
    await agentConnected(world.core, session)
  })

  it('tells a process that was taken for dead, so that it says again whom it holds', async () => {
    const other = { ...world.core, processId: 'slow-process' }
    const facts = { host: 'here', pid: 1, version: '0', startedAt: 0 }
    expect([await beat(other, facts), await beat(other, facts)]).to.deep.equal([true, false])
    await buryProcesses(world.core, 'here', () => false)
    expect([await beat(other, facts), await beat(other, facts)]).to.deep.equal([true, false])
    await buryProcesses(world.core, 'here', () => false)
  })

  it('moves a timer that is set again, and drops only the one that rang', async () => {
    const set = (seconds: number): Promise<void> => world.db.transaction((tx) => setTimers(world.core, tx, [{ kind: 'drain', subjectId: 'q', dueAt: world.clock.at + seconds * 1000, data: { queueId: 'q' } }]))
    await set(10)
    world.clock.pass(11)
    const due = (await dueTimers(world.core, 50)).filter((timer) => timer.subjectId === 'q')
    expect(due).to.have.length(1)
    await set(30)
    if (due[0]) await dropTimer(world.core, due[0])
    expect((await dueTimers(world.core, 50)).filter((timer) => timer.subjectId === 'q')).to.have.length(0)
    world.clock.pass(31)
    expect((await dueTimers(world.core, 50)).filter((timer) => timer.subjectId === 'q')).to.have.length(1)
  })

  it('gives a job to one process, repeats what failed with back-off, and keeps its error in the end', async () => {
    await addJob(world.core, world.db, systemActor, { kind: 'retention', uniqueKey: 'once', maxAttempts: 2 })
    await addJob(world.core, world.db, systemActor, { kind: 'retention', uniqueKey: 'once' })
    const [first, second] = await Promise.all([claimJob(world.core), claimJob(world.core)])
    const job = first ?? second
    expect([first, second].filter(Boolean)).to.have.length(1)
    if (!job) return
    await failJob(world.core, job, new Error('no'))
    expect(await claimJob(world.core)).to.equal(null)
    world.clock.pass(60)
    const again = await claimJob(world.core)
    expect(again).to.include({ id: job.id, attempts: 2 })
    if (again) await failJob(world.core, again, new Error('no more'))
    expect(await world.db.get('SELECT state, error FROM jobs WHERE id = ?', [job.id])).to.deep.include({ state: 'failed', error: 'no more' })
  })

  it('takes up a job again whose process died with it', async () => {
    await addJob(world.core, world.db, systemActor, { kind: 'retention' })
    const lost = await claimJob(world.core)
    world.clock.pass(301)
    const found = await claimJob(world.core)
    expect(found?.id).to.equal(lost?.id)
    if (found) await finishJob(world.core, found)
  })

  it('plans one retention a night, and deletes only what is older than the setting', async () => {
    await scheduleRetention(world.core)
    await scheduleRetention(world.core)
    expect(await world.db.get("SELECT COUNT(*) AS n FROM jobs WHERE uniqueKey LIKE 'retention:%'")).to.deep.include({ n: 1 })
    await world.write('linea', 'r1', 'reciente')
    await world.db.run('UPDATE inbox_events SET receivedAt = ? WHERE eventKey = ?', [world.clock.at - 15 * 86_400_000, 'm1'])
    const before = (await world.db.get<{ n: number }>('SELECT COUNT(*) AS n FROM inbox_events'))?.n ?? 0
    await world.arrive('linea', { from: 'r1', text: 'nuevo' })
    await world.db.run("UPDATE inbox_events SET receivedAt = ? WHERE pendingLane IS NULL", [world.clock.at - 15 * 86_400_000])
    expect(await applyRetention(world.core)).to.equal(before)
    expect(await world.db.get('SELECT COUNT(*) AS n FROM inbox_events')).to.deep.include({ n: 1 })
    await world.settle()
  })

  it('shows a message at once and fills in its file later, trying again when the network fails', async () => {
    await world.arrive('linea', { from: 'f1', text: 'mire', name: 'Foto', media: { id: 'file-1', as: 'image', mimeType: 'image/png' } })
    await world.settle()
    const channel = world.channels.get('linea') ?? ''
    const [waiting] = await claimFiles(world.core, [channel], 5)
    expect(waiting).to.include({ kind: 'image', attempts: 0 })
    expect(await claimFiles(world.core, [channel], 5)).to.deep.equal([])
    if (!waiting) return
    await recordFileFailure(world.core, waiting, new Error('away'), false)
    world.clock.pass(16)
    const [again] = await claimFiles(world.core, [channel], 5)
    expect(again?.id).to.equal(waiting.id)
    if (again) await recordFile(world.core, again, { sha256: 'ab'.repeat(32), size: 3, mime: 'image/png', name: 'foto.png', width: 1, height: 1, thumb: null })
    expect(await world.db.get('SELECT state, mime FROM media WHERE id = ?', [waiting.id])).to.deep.include({ state: 'ready', mime: 'image/png' })
    expect(await events('message.media_changed')).to.equal(1)
  })

  it('leaves an uncertain send to a person, who sends it again or gives it up', async () => {
    await world.signIn('Ana')
    await world.write('linea', 'u1', 'hola')
    const chat = await world.chat('u1')
    const ana = world.who('Ana')
    network.clear()
    network.fail('linea', 'uncertain')
    const message = await sendReply(world.core, ana, chat.id, { clientId: clientId(), text: 'quizás' })
    await world.settle()
    const status = async (): Promise<unknown> => (await world.db.get<{ status: string }>('SELECT status FROM messages WHERE id = ?', [message]))?.status
    expect(await status()).to.equal('uncertain')
    const next = await sendReply(world.core, ana, chat.id, { clientId: clientId(), text: 'lo siguiente sale' })
    await world.settle()
    expect(world.received('u1')).to.deep.equal(['quizás', 'lo siguiente sale'])
    await resendMessage(world.core, ana, chat.id, message)
    await world.settle()
    expect(await status()).to.equal('sent')
    expect(await failure(discardMessage(world.core, ana, chat.id, next))).to.include({ code: 'conflict' })
  })

  it('repeats what the bridge calls transient, in order, when its time has come', async () => {
    const chat = await world.chat('u1')
    network.clear()
    network.fail('linea', 'transient')
    await sendReply(world.core, world.who('Ana'), chat.id, { clientId: clientId(), text: 'uno' })
    await sendReply(world.core, world.who('Ana'), chat.id, { clientId: clientId(), text: 'dos' })
    await world.settle()
    expect(world.received('u1')).to.deep.equal([])
    world.clock.pass(2)
    await world.settle()
    expect(world.received('u1')).to.deep.equal(['uno', 'dos'])
  })

  it('marks a chat read for its holder only, and tells the network up to where', async () => {
    await world.write('linea', 'u1', '¿y bien?')
    const chat = await world.chat('u1')
    expect(chat.unread).to.be.greaterThan(0)
    const told = await markRead(world.core, world.who('Ana'), chat.id)
    expect(told).to.include({ remoteChatId: 'u1' })
    expect((await world.chat('u1')).unread).to.equal(0)
    expect(await markRead(world.core, world.who('Ana'), chat.id)).to.equal(null)
  })
})
