/**
 * The engine: a run and one input give the run after it and what is to be done. Pure: no clock, no chance, no network.
 * Total: whatever it is given, it never throws; a run that cannot go on goes to the fallback queue. Bounded: at most
 * stepLimit nodes without waiting for somebody, and runStepLimit in all (§5.9).
 */
import type { Effect } from './effects.ts'
import type { Environment } from './environment.ts'
import type { FlowNode } from './fields.ts'
import { deadlines, due, nextDeadline } from './inactivity.ts'
import { lastMessage, readMessage, type Input, type Reading } from './input.ts'
import { inactivityOf } from './interactive.ts'
import { Fault, Machine } from './machine.ts'
import type { NodeType, Outcome } from './nodeType.ts'
import { nodeType } from './nodes/index.ts'
import { isOver, type Run } from './run.ts'
import { resolveTarget } from './targets.ts'

export interface Stepped { readonly run: Run; readonly effects: readonly Effect[] }

/** Targets followed without entering a node: a return from every frame, and some errors on the way. */
const mostTurns = 100

/** How long an alarm is put off while a customer's message waits to be applied. */
const putOff = 1000

export function step(run: Run, input: Input, environment: Environment): Stepped {
  try {
    if (isOver(run)) return { run, effects: [] }
    const m = new Machine(run, environment)
    const outcome = accept(m, input)
    if (outcome === 'ignored') return settle(run, m)
    proceed(m, outcome)
    return settle(run, m)
  } catch (error) {
    return broken(run, error)
  }
}

/** The last resort, for what no node and no handler expected. Nothing of the step is kept. */
function broken(run: Run, error: unknown): Stepped {
  const text = error instanceof Error ? error.message.slice(0, 300) : 'unknown'
  const code = error instanceof Fault ? error.code : 'internal'
  const data = { menuId: run?.menuId ?? '', version: run?.version ?? 0, nodeId: run?.nodeId ?? '', nodeName: run?.nodeId ?? '', reason: code }
  return {
    run: {
      ...run, state: 'error', wait: null, prompt: null, error: { code, nodeId: run?.nodeId ?? '' },
      alarm: { at: null, version: (run?.alarm?.version ?? 0) + 1 },
    },
    effects: [
      { kind: 'trace', nodeId: run?.nodeId ?? '', level: 'error', text: 'step failed', data: { message: text } },
      { kind: 'event', type: 'menu.error', data },
      {
        kind: 'notice', to: { type: 'supervisors' }, code: 'menu_error',
        text: { es: 'Un menú falló y el chat pasó a la cola de respaldo.', en: 'A menu failed and the chat went to the fallback queue.' },
      },
      { kind: 'fallback', code },
      { kind: 'event', type: 'menu.ended', data },
      { kind: 'timer', at: null, version: (run?.alarm?.version ?? 0) + 1 },
    ],
  }
}

/** Writes what a step leaves behind: variables, the one alarm, and the state. */
function settle(before: Run, m: Machine): Stepped {
  m.flush()
  const { run } = m
  // Waiting for an outside call is no rest: menus must not go round through services either.
  if (run.wait !== null && run.wait.kind !== 'call') {
    run.counts = { ...run.counts, burst: 0 }
    run.handling = false
  }
  const at = isOver(run) ? null : alarmAt(m)
  if (at !== run.alarm.at) {
    run.alarm = { at, version: before.alarm.version + 1 }
    m.emit({ kind: 'timer', at, version: run.alarm.version })
  }
  return { run: { ...run }, effects: m.effects }
}

function alarmAt({ run, putOffTo }: Machine): number | null {
  if (putOffTo !== null) return putOffTo
  const { wait, prompt } = run
  if (wait?.kind === 'delay' || wait?.kind === 'silence') return wait.until
  const waiting = wait?.kind === 'answer' || wait?.kind === 'event'
  return waiting && prompt?.deadlines ? nextDeadline(prompt.deadlines) : null
}

// -------------------------------------------------------------------- nodes

/** Runs nodes until one waits or the run is over. */
function proceed(m: Machine, first: Outcome): void {
  let outcome = first
  for (let turns = 0; typeof outcome === 'object';) {
    const target = outcome.go
    if (++turns > mostTurns) outcome = m.fallback('step_limit')
    else {
      const resolved = guarded(m, () => resolveTarget(m, target))
      if (typeof resolved !== 'object' || 'go' in resolved) outcome = resolved
      else {
        turns = 0
        const limit = overLimit(m)
        outcome = limit === null ? guarded(m, () => enterNode(m, resolved.enter)) : m.crash('step_limit', limit === 'final')
      }
    }
  }
}

function enterNode(m: Machine, node: FlowNode): Outcome {
  const { run } = m
  run.nodeId = node.id
  run.wait = null
  run.prompt = null
  run.held = null
  run.state = 'running'
  run.counts = { ...run.counts, burst: run.counts.burst + 1, total: run.counts.total + 1 }
  m.event('menu.node_entered')
  const type = nodeType(node.type)
  const outcome = type ? type.enter(node, m) : m.crash('unknown_type')
  if (outcome === 'wait') run.state = 'waiting'
  return outcome
}

/** The error branch gets one more allowance. Passing runStepLimit a second time is final, whatever was waited for between. */
function overLimit(m: Machine): 'first' | 'final' | null {
  const { run } = m
  const { stepLimit, runStepLimit } = m.root.document.settings
  if (run.counts.total >= runStepLimit + (run.grace ?? 0)) {
    if (run.grace !== null) return 'final'
    run.grace = stepLimit
  } else if (run.counts.burst < stepLimit) return null
  run.counts = { ...run.counts, burst: 0 }
  return 'first'
}

/** What a node throws on purpose is its output `error`. */
function guarded<T>(m: Machine, work: () => T): T | Outcome {
  try {
    return work()
  } catch (error) {
    if (error instanceof Fault) return m.fail(error.code, error.message)
    throw error
  }
}

// ------------------------------------------------------------------- inputs

function accept(m: Machine, input: Input): Outcome {
  switch (input.kind) {
    case 'start': return start(m, input)
    case 'message': return message(m, readMessage(input.message))
    case 'promptHanded': return handed(m, input.serial, input.at)
    case 'timer': return timer(m, input.version, input.oldestPending ?? null)
    case 'result': return withNode(m, (type, node) => {
      const { wait } = m.run
      if (wait?.kind !== 'call' || wait.key !== input.key || !type.result) return 'ignored'
      m.run.wait = null
      m.trace(input.result.ok ? 'info' : 'warn', 'result', { key: input.key, outcome: input.result.ok ? 'ok' : input.result.code })
      return type.result(node, m, input.result, wait.purpose)
    })
    case 'event': return withNode(m, (type, node) => {
      const { wait } = m.run
      if (wait?.kind !== 'event' || wait.key !== input.key || !type.event) return 'ignored'
      if (m.now - input.at > (input.ttl ?? wait.ttl) * 1000) return 'ignored'
      return type.event(node, m, input.data)
    })
    case 'joined': return m.run.wait?.kind === 'distribution' || m.run.wait?.kind === 'invite' ? m.over('ended', 'joined') : 'ignored'
    case 'declined': return settled(m, 'declined')
    case 'offerExpired': return settled(m, 'expired')
    case 'distributionFailed': return settled(m, input.reason)
    case 'resume': return resume(m)
    case 'end': return finish(m, input.reason)
    default: return 'ignored'
  }
}

function start(m: Machine, input: Extract<Input, { kind: 'start' }>): Outcome {
  if (m.run.nodeId !== '') return 'ignored'
  if (input.message) m.run.message = lastMessage(readMessage(input.message))
  m.run.counts = { ...m.run.counts, burst: Math.max(0, input.carried ?? 0) }
  const from = input.node ?? m.root.document.start
  m.run.nodeId = from
  m.event('menu.started')
  return m.go(from)
}

/** Runs a handler of the current node; what it throws on purpose is the node's output `error`. */
function withNode(m: Machine, handle: (type: NodeType, node: FlowNode) => Outcome): Outcome {
  const node = m.node()
  const type = node && nodeType(node.type)
  if (!node || !type) return m.crash('unknown_node')
  return guarded(m, () => handle(type, node))
}

/** A message counts when it came after the prompt was handed over (§5.6); others are stored by the caller and forgotten here. */
function message(m: Machine, reading: Reading): Outcome {
  const { wait, prompt } = m.run
  if (!wait || !prompt) return 'ignored'
  return withNode(m, (type, node) => {
    const listening = type.overlaps === true && (wait.kind === 'call' || wait.kind === 'silence')
    if (!type.answer || !(wait.kind === 'answer' || wait.kind === 'event' || listening)) return 'ignored'
    const since = type.overlaps === true ? prompt.openedAt : prompt.handedAt
    if (since === null || reading.receivedAt <= since) return 'ignored'
    const before = { message: m.run.message, effects: m.effects.length }
    m.run.message = lastMessage(reading)
    m.touch()
    m.event('menu.input', { messageId: reading.id, kind: reading.kind })
    const outcome = type.answer(node, m, reading)
    if (outcome === 'ignored') {
      m.run.message = before.message
      m.effects.length = before.effects
      m.touch()
      return outcome
    }
    if (m.run.prompt === prompt) m.run.prompt = { ...prompt, deadlines: null }
    return outcome
  })
}

function handed(m: Machine, serial: number, at: number): Outcome {
  const { prompt } = m.run
  if (!prompt || prompt.serial !== serial || prompt.handedAt !== null) return 'ignored'
  return withNode(m, (_, node) => {
    const waiting = m.run.wait?.kind === 'answer' || m.run.wait?.kind === 'event'
    m.run.prompt = {
      ...prompt, handedAt: at, openedAt: prompt.openedAt ?? at, deadlines: waiting ? deadlines(inactivityOf(node, m), at) : null,
    }
    return 'wait'
  })
}

// ------------------------------------------------------------------- timers

function timer(m: Machine, version: number, oldestPending: number | null): Outcome {
  const { run } = m
  if (version !== run.alarm.version || run.alarm.at === null) return 'ignored'
  // The caller's alarm is used up, whatever comes of it.
  run.alarm = { ...run.alarm, at: null }
  const { wait, prompt } = run
  if ((wait?.kind === 'delay' || wait?.kind === 'silence') && m.now >= wait.until) {
    if (wait.kind === 'silence' && oldestPending !== null) return later(m)
    return withNode(m, (type, node) => (type.elapsed ? type.elapsed(node, m) : 'wait'))
  }
  if ((wait?.kind !== 'answer' && wait?.kind !== 'event') || !prompt?.deadlines) return 'wait'
  const now = due(prompt.deadlines, m.now)
  if (now.kind === 'nothing') return 'wait'
  if (oldestPending !== null && (now.kind === 'reminder' || oldestPending <= now.at)) return later(m)
  return withNode(m, (_, node) => (now.kind === 'timeout' ? timeout(m, node) : remind(m, node, now)))
}

/** A message that came before the deadline is an answer, even if it is applied after it. */
function later(m: Machine): Outcome {
  m.putOffTo = m.now + putOff
  return 'wait'
}

function remind(m: Machine, node: FlowNode, now: Extract<ReturnType<typeof due>, { kind: 'reminder' }>): Outcome {
  const { prompt } = m.run
  if (prompt) m.run.prompt = { ...prompt, deadlines: now.rest }
  m.event('menu.reminder', { number: now.number, skipped: now.skipped })
  m.sendText(m.text(inactivityOf(node, m).reminder), 'reminder')
  return 'wait'
}

function timeout(m: Machine, node: FlowNode): Outcome {
  m.event('menu.timeout')
  const wired = node.on?.['timeout']
  return wired === undefined ? m.resolve('inactivity', m.text(m.root.document.settings.inactivityFarewell)) : m.go(wired)
}

function settled(m: Machine, how: 'declined' | 'expired' | 'unavailable' | 'error'): Outcome {
  const { wait } = m.run
  if (wait?.kind !== 'distribution' && wait?.kind !== 'invite') return 'ignored'
  return withNode(m, (type, node) => {
    m.run.wait = null
    return type.settled ? type.settled(node, m, how) : 'wait'
  })
}

/** Sets the alarm again, in case nobody holds it any more. */
function resume(m: Machine): Outcome {
  if (m.run.alarm.at === null) return 'ignored'
  m.run.alarm = { ...m.run.alarm, at: null }
  return 'wait'
}

function finish(m: Machine, reason: string): Outcome {
  const { wait } = m.run
  if (wait?.kind === 'distribution' || wait?.kind === 'invite') m.emit({ kind: 'withdraw' })
  return m.over('ended', reason.slice(0, 60))
}
