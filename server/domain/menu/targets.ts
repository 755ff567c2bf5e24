/** Where a branch goes: a node, or one of the special targets (§5.1). */
import type { FlowNode } from './fields.ts'
import type { Machine } from './machine.ts'
import type { Outcome } from './nodeType.ts'
import type { CallNode } from './nodes/call.ts'
import type { Frame, Run } from './run.ts'

export type Resolved = { readonly enter: FlowNode } | Outcome

function enter(m: Machine, id: string): Resolved {
  const node = m.node(id)
  return node ? { enter: node } : m.crash('unknown_node')
}

/** Variables of run scope as they were before the subroutine, where its `with` covered them. */
function uncover(m: Machine, frame: Frame): void {
  const kept = Object.entries(m.run.variables).filter(([name]) => !frame.fresh.includes(name))
  m.run.variables = { ...Object.fromEntries(kept), ...(frame.covered as Run['variables']) }
  m.touch()
}

/** Back from a subroutine: its `return` is rendered inside, the caller's variables come back, then the call node's `next`. */
function comeBack(m: Machine, frame: Frame): Resolved {
  const frames = m.run.frames.slice(0, -1)
  const below = frames.at(-1)
  const menu = m.env.library.version(below?.menuId ?? m.run.menuId, below?.version ?? m.run.version)
  const call = menu?.nodes.get(frame.callNode) as CallNode | undefined
  if (call?.type !== 'call') return m.crash('unknown_node')
  const brought = m.rendered(call.return)
  m.setFrames(frames)
  uncover(m, frame)
  m.run.nodeId = call.id
  m.run.history = m.run.history.filter((shown) => shown.depth <= frames.length)
  for (const [name, value] of brought) m.assign(name, value)
  return m.go(call.next)
}

function end(m: Machine): Resolved {
  const frame = m.run.frames.at(-1)
  if (frame) return comeBack(m, frame)
  const { onEnd, endOptions, farewell } = m.settings
  if (onEnd === 'open') return open(m)
  if (onEnd === 'options' && endOptions !== undefined) return enter(m, endOptions)
  return m.resolve('menu', m.text(farewell))
}

function open(m: Machine): Outcome {
  m.emit({ kind: 'open' })
  return m.over('ended', 'open')
}

/** The previous interactive node shown, not the current one; at the root the root again. Frames above it are left. */
function back(m: Machine): Resolved {
  const { run } = m
  const last = run.history.at(-1)
  const here = last?.nodeId === run.nodeId && last.depth === run.frames.length
  const history = here ? run.history.slice(0, -1) : run.history
  const previous = history.at(-1)
  if (!previous) {
    const root = run.history[0]
    return root ? returnTo(m, root, [root]) : start(m)
  }
  return returnTo(m, previous, history)
}
function returnTo(m: Machine, shown: { readonly nodeId: string; readonly depth: number }, history: Run['history']): Resolved {
  while (m.run.frames.length > shown.depth) {
    const frame = m.run.frames.at(-1)
    m.setFrames(m.run.frames.slice(0, -1))
    if (frame) uncover(m, frame)
  }
  m.run.history = history
  return enter(m, shown.nodeId)
}

function start(m: Machine): Resolved {
  while (m.run.frames.length > 0) {
    const frame = m.run.frames.at(-1)
    m.setFrames(m.run.frames.slice(0, -1))
    if (frame) uncover(m, frame)
  }
  m.run.history = []
  return enter(m, m.menu.document.start)
}

/** @throws Fault when a text on the way cannot be rendered */
export function resolveTarget(m: Machine, target: string | undefined): Resolved {
  switch (target) {
    case undefined:
    case '@end': return end(m)
    case '@return': return end(m)
    case '@resolve': return m.resolve('menu', m.text(m.root.document.settings.farewell))
    case '@open': return open(m)
    case '@back': return back(m)
    case '@start': return start(m)
    default: return enter(m, target)
  }
}
