/** Hands the chat to a queue or an agent (F005, F028, F035, F074). */
import { z } from 'zod'
import { nodeSchema, outputs, reference, text } from '../fields.ts'
import type { DeferredText } from '../effects.ts'
import type { Machine } from '../machine.ts'
import { defineNode, type NodeOf, type Outcome } from '../nodeType.ts'
import { checkSubcampaign, stampCampaign } from './set_campaign.ts'

const schema = nodeSchema('distribute', outputs('unavailable', 'closed'), {
  queue: reference.optional(),
  agent: reference.optional(),
  enqueue: z.boolean().default(true),
  force: z.boolean().default(false),
  joinMessage: text.optional(),
  waitingMessage: text.optional(),
  priority: z.number().int().min(-2).max(2).optional(),
  campaign: reference.optional(),
  subcampaign: reference.optional(),
  tags: z.array(reference).max(20).default([]),
  menuOption: z.boolean().default(true),
}).refine((node) => (node.queue === undefined) !== (node.agent === undefined), { message: 'either queue or agent', path: ['queue'] })
  .refine((node) => !node.force || node.agent !== undefined, { message: 'only with agent', path: ['force'] })
type Node = NodeOf<typeof schema>

/** The node's text, else the document's; null: send none; absent: the queue's or the install's. */
export function joinMessage(m: Machine, own: string | undefined): { joinMessage?: DeferredText | null } {
  const text = own ?? m.settings.joinMessage
  return text === undefined ? {} : { joinMessage: m.deferred(text) }
}

/** Nobody to hand over to: `error`, else the fallback queue at once (T9). */
function unknown(node: Node, m: Machine, name: string): Outcome {
  if (node.on?.['error'] !== undefined) return m.fail('unknown_target', name)
  m.event('menu.error', { reason: 'unknown_target' })
  m.notice('unknown_queue', name)
  m.emit({ kind: 'fallback', code: 'unknown_target' })
  return m.over('error', 'unknown_target')
}

function target(node: Node, m: Machine): { readonly type: 'queue' | 'agent'; readonly id: string; readonly open: boolean } | string {
  const name = m.text(node.queue ?? node.agent).trim()
  if (node.queue !== undefined) {
    const queue = name === '' ? null : m.env.catalog.queue(name)
    return queue ? { type: 'queue', id: queue.id, open: queue.open } : name
  }
  const agent = name === '' ? null : m.env.catalog.agent(name)
  return agent?.enabled ? { type: 'agent', id: agent.id, open: m.env.snapshot.hours.open } : name
}

export const distribute = defineNode<Node>({
  type: 'distribute',
  schema,
  editor: {
    group: 'people', icon: 'users', label: { es: 'Repartir', en: 'Distribute' },
    help: { es: 'Pasa el chat a una cola o a un agente.', en: 'Hands the chat to a queue or an agent.' },
  },
  interactive: false,
  pauses: false,
  outputs: ['unavailable', 'closed', 'error'],
  ends: (node) => (node.enqueue || node.force ? [] : ['on.unavailable']),
  texts: ['queue', 'agent', 'joinMessage', 'waitingMessage', 'campaign', 'subcampaign', 'tags.*'],
  references: { queues: ['queue'], agents: ['agent'], campaigns: ['campaign'] },
  enter: (node, m) => {
    const found = target(node, m)
    if (typeof found === 'string') return unknown(node, m, found)
    const closed = node.on?.['closed']
    if (!found.open && !node.force && closed !== undefined) return m.go(closed)
    const campaign = stampCampaign(m, node.campaign, node.subcampaign)
    if (campaign !== null) m.notice('unknown_campaign', campaign)
    const tags = node.tags.map((tag) => m.text(tag).trim()).filter((tag) => tag !== '')
    if (tags.length > 0) m.emit({ kind: 'tags', add: tags, remove: [] })
    const final = node.enqueue || node.force
    m.emit({
      kind: 'distribute', nodeId: node.id, final, target: { type: found.type, id: found.id }, enqueue: node.enqueue, force: node.force,
      priority: node.priority ?? null, ...joinMessage(m, node.joinMessage),
      ...(node.waitingMessage === undefined ? {} : { waitingMessage: m.deferred(node.waitingMessage) }),
      option: node.menuOption ? m.run.option : null,
    })
    if (final) return m.over('ended', 'distributed')
    m.run.wait = { kind: 'distribution' }
    return 'wait'
  },
  settled: (node, m, how) => (how === 'error' ? m.fail('distribution_failed') : m.go(node.on?.['unavailable'])),
  check: (node, check) => checkSubcampaign(node.campaign, node.subcampaign, check),
})
