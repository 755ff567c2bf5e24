/** Offers the chat to named agents in order, or to a queue's (F052). Its message stands on the offer, for the agents. */
import { z } from 'zod'
import { nodeSchema, outputs, reference, text } from '../fields.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'
import { joinMessage } from './distribute.ts'

const schema = nodeSchema('invite', outputs('joined', 'declined', 'timeout'), {
  agents: z.array(reference).max(100).default([]),
  queue: reference.optional(),
  timeout: z.number().int().min(1).max(3600).default(30),
  message: text.default(''),
}).refine((node) => (node.queue === undefined) === (node.agents.length > 0), { message: 'either agents or queue', path: ['agents'] })

export const invite = defineNode<NodeOf<typeof schema>>({
  type: 'invite',
  schema,
  editor: {
    group: 'people', icon: 'user-plus', label: { es: 'Invitar', en: 'Invite' },
    help: { es: 'Ofrece el chat a agentes elegidos, por orden.', en: 'Offers the chat to chosen agents, in order.' },
  },
  interactive: false,
  pauses: false,
  outputs: ['joined', 'declined', 'timeout', 'error'],
  ends: ['on.declined', 'on.timeout'],
  texts: ['agents.*', 'queue', 'message'],
  references: { agents: ['agents.*'], queues: ['queue'] },
  enter: (node, m) => {
    const queue = node.queue === undefined ? null : m.env.catalog.queue(m.text(node.queue).trim())
    if (node.queue !== undefined && !queue) return m.fail('unknown_queue', node.queue)
    const agents = node.agents.flatMap((name) => {
      const agent = m.env.catalog.agent(m.text(name).trim())
      return agent?.enabled ? [agent.id] : []
    })
    if (!queue && agents.length === 0) return m.fail('unknown_agent')
    m.emit({
      kind: 'invite', nodeId: node.id, agents, queue: queue?.id ?? null, timeout: node.timeout, message: m.text(node.message).trim() || null,
      ...joinMessage(m, undefined),
    })
    m.run.wait = { kind: 'invite' }
    return 'wait'
  },
  settled: (node, m, how) => {
    if (how === 'error') return m.fail('distribution_failed')
    return m.go(node.on?.[how === 'expired' ? 'timeout' : 'declined'])
  },
})
