/** "Apply to running chats" when a menu is published again (§5.10, S19). Without it runs end on the version they began with. */
import type { Effect } from './effects.ts'
import type { Environment } from './environment.ts'
import type { FlowNode } from './fields.ts'
import type { Menu } from './flow.ts'
import { deadlines, moved } from './inactivity.ts'
import { inactivityOf } from './interactive.ts'
import { Machine } from './machine.ts'
import { isOver, newRun, type Run } from './run.ts'
import { step, type Stepped } from './step.ts'

/** The node the run would go on in, if all that the run stands on exists in the new version with the same type. */
function place(run: Run, from: Menu, to: Menu): FlowNode | 'elsewhere' | null {
  const own = run.menuId === to.menuId
  let below = own
  for (const frame of run.frames) {
    if (below && to.nodes.get(frame.callNode)?.type !== 'call') return null
    below = frame.menuId === to.menuId
  }
  if (!below) return 'elsewhere'
  const node = to.nodes.get(run.nodeId)
  return node !== undefined && node.type === from.nodes.get(run.nodeId)?.type ? node : null
}

function move(run: Run, to: Menu, node: FlowNode | 'elsewhere', environment: Environment): Stepped {
  const frames = run.frames.map((frame) => (frame.menuId === to.menuId ? { ...frame, version: to.version } : frame))
  let { prompt } = run
  const waiting = run.wait?.kind === 'answer' || run.wait?.kind === 'event'
  if (node !== 'elsewhere' && prompt !== null && waiting && prompt.handedAt !== null) {
    const block = inactivityOf(node, to.document)
    const fresh = prompt.deadlines ? moved(prompt.deadlines, block, environment.now) : deadlines(block, prompt.handedAt)
    prompt = { ...prompt, deadlines: fresh }
  }
  return step({ ...run, version: to.version, frames, prompt }, { kind: 'resume' }, environment)
}

/** In place: the chat keeps its run, from the start node of the new version, with fresh variables. */
function restart(run: Run, to: Menu, environment: Environment): Stepped {
  const fresh: Run = {
    ...newRun(run.id, to, environment.now), alarm: run.alarm,
    // Keys of calls and serials of prompts go on: what comes late belongs to nothing.
    counts: { burst: 0, total: 0, calls: run.counts.calls, prompts: run.counts.prompts },
  }
  const said: Effect[] = []
  if (run.wait?.kind === 'distribution' || run.wait?.kind === 'invite') said.push({ kind: 'withdraw' })
  const m = new Machine(fresh, environment)
  try {
    m.sendText(m.text(to.document.settings.restartMessage), 'message')
  } catch {
    m.trace('warn', 'restart message failed')
  }
  const stepped = step(fresh, { kind: 'start' }, environment)
  return { run: stepped.run, effects: [...said, ...m.effects, ...stepped.effects] }
}

/**
 * Moves a running run to a new version of its menu. Variables, attempts, T0 and what was asked stay; deadlines follow
 * the new block. A run that stands on a node the new version lacks, or has with another type, restarts. `environment`
 * must know both versions.
 */
export function migrateRun(run: Run, from: Menu, to: Menu, environment: Environment): Stepped {
  if (isOver(run) || run.menuId !== to.menuId || run.version === to.version) return { run, effects: [] }
  const node = place(run, from, to)
  return node === null ? restart(run, to, environment) : move(run, to, node, environment)
}
