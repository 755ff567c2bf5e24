/** The document as a graph: what can be reached, what turns for ever, what comes back (§5.11). No recursion: documents are large. */
import type { FlowNode } from './fields.ts'
import type { FlowDocument } from './flow.ts'
import { nodeType } from './nodes/index.ts'
import { find, findTexts } from './patterns.ts'

export interface Exit { readonly path: string; readonly target: string }

/** Every target a node names. */
export function exits(node: FlowNode): Exit[] {
  return findTexts(node, ['next', 'on.*', ...(nodeType(node.type)?.targets ?? [])]).map(({ path, value }) => ({ path, target: value }))
}

/** Can a branch end here, by a target that says so or by one that is missing? */
function canEnd(node: FlowNode): boolean {
  if (exits(node).some(({ target }) => target === '@end' || target === '@return')) return true
  const ends = nodeType(node.type)?.ends ?? ['next']
  return (typeof ends === 'function' ? ends(node) : ends)
    .some((pattern) => (pattern.startsWith('on.') && node.on === undefined) || find(node, pattern).some(({ value }) => value === undefined))
}

const pauses = (node: FlowNode): boolean => nodeType(node.type)?.pauses === true

/** The node a `call` goes to, when it is in this document. */
const callee = (node: FlowNode): string | undefined =>
  (node.type === 'call' && (node as { menu?: string }).menu === undefined ? (node as unknown as { node: string }).node : undefined)

export class Graph {
  readonly #document: FlowDocument
  readonly #nodes: ReadonlyMap<string, FlowNode>
  readonly #consents: readonly string[]
  /** Where a branch without an end of its own goes on; none, unless the document ends with options. */
  readonly #endOptions: string[]
  constructor(document: FlowDocument) {
    this.#document = document
    this.#consents = document.nodes.filter((node) => node.type === 'consent').map((node) => node.id)
    const { onEnd, endOptions } = document.settings
    this.#endOptions = onEnd === 'options' && endOptions !== undefined ? [endOptions] : []
    this.#nodes = new Map(document.nodes.map((node) => [node.id, node]))
  }

  #nodesAt(target: string): string[] {
    if (target === '@start') return [this.#document.start]
    // The way back leads to something shown before; of that, only a consent can let the customer through without waiting.
    if (target === '@back') return [this.#document.start, ...this.#consents]
    if (target === '@end') return this.#endOptions
    return this.#nodes.has(target) ? [target] : []
  }

  #walk(from: readonly string[], next: (node: FlowNode) => readonly string[]): Set<string> {
    const seen = new Set<string>()
    const open = [...from]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const node = this.#nodes.get(id)
      if (!node || seen.has(id)) continue
      seen.add(id)
      open.push(...next(node))
    }
    return seen
  }
  #all(node: FlowNode): string[] {
    const called = callee(node)
    return [...exits(node).flatMap(({ target }) => this.#nodesAt(target)), ...(called === undefined ? [] : [called])]
  }

  reachable(): ReadonlySet<string> {
    const { start, settings } = this.#document
    return this.#walk([start, ...(settings.onError ? [settings.onError] : []), ...this.#endOptions], (node) => this.#all(node))
  }

  /** Can the subroutine at this node come to an end and return? */
  returns(entry: string): boolean {
    return [...this.#walk([entry], (node) => this.#all(node))].some((id) => {
      const node = this.#nodes.get(id)
      return node !== undefined && canEnd(node)
    })
  }

  /** Where a node can lead at once: not through one that waits. */
  #atOnce(node: FlowNode, completes: (entry: string) => boolean): string[] {
    if (pauses(node)) return nodeType(node.type)?.failsAtOnce?.(node) ? this.#nodesAt(node.on?.['error'] ?? '') : []
    const called = callee(node)
    const named = exits(node).filter(({ path }) => node.type !== 'call' || path !== 'next').flatMap(({ target }) => this.#nodesAt(target))
    const after = node.type === 'call' && node.next !== undefined && called !== undefined && completes(called) ? this.#nodesAt(node.next) : []
    return [...named, ...after, ...(called === undefined ? [] : [called])]
  }

  /** Paths that turn without waiting, each as the ids on it. */
  endless(): string[][] {
    const memory = new Map<string, boolean>()
    const completes = (entry: string): boolean => {
      const known = memory.get(entry)
      if (known !== undefined) return known
      memory.set(entry, false)
      const within = this.#walk([entry], (node) => (pauses(node) ? this.#atOnce(node, () => false) : this.#all(node)))
      const found = [...within].some((id) => {
        const node = this.#nodes.get(id)
        return node !== undefined && !pauses(node) && canEnd(node)
      })
      memory.set(entry, found)
      return found
    }
    const edges = new Map(this.#document.nodes.map((node) => [node.id, this.#atOnce(node, completes)]))
    return rings(edges)
  }
}

/** Strongly connected components with a cycle (Tarjan, without recursion). */
function rings(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const onStack = new Set<string>()
  const found: string[][] = []
  for (const root of edges.keys()) {
    if (index.has(root)) continue
    const work: { readonly id: string; at: number }[] = [{ id: root, at: 0 }]
    for (let top = work.at(-1); top; top = work.at(-1)) {
      const { id } = top
      if (top.at === 0) {
        index.set(id, index.size)
        low.set(id, index.get(id) ?? 0)
        stack.push(id)
        onStack.add(id)
      }
      const next = (edges.get(id) ?? [])[top.at++]
      if (next !== undefined) {
        if (!index.has(next)) work.push({ id: next, at: 0 })
        else if (onStack.has(next)) low.set(id, Math.min(low.get(id) ?? 0, index.get(next) ?? 0))
        continue
      }
      work.pop()
      const parent = work.at(-1)
      if (parent) low.set(parent.id, Math.min(low.get(parent.id) ?? 0, low.get(id) ?? 0))
      if (low.get(id) === index.get(id)) {
        const ring = stack.splice(stack.lastIndexOf(id))
        for (const one of ring) onStack.delete(one)
        if (ring.length > 1 || (edges.get(id) ?? []).includes(id)) found.push(ring)
      }
    }
  }
  return found
}
