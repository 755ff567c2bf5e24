import { z } from 'zod'
import { nodeSchema, outputs, reference, text } from '../fields.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'

const schema = nodeSchema('notify', outputs(), {
  to: z.enum(['supervisors', 'queue']).default('supervisors'), queue: reference.optional(), text,
})
  .refine((node) => (node.to === 'queue') === (node.queue !== undefined), { message: 'with to: queue, and only then', path: ['queue'] })

/** An internal notice: the customer never sees it. A queue that is gone leaves it to the supervisors. */
export const notify = defineNode<NodeOf<typeof schema>>({
  type: 'notify',
  schema,
  editor: {
    group: 'people', icon: 'bell', label: { es: 'Avisar', en: 'Notify' },
    help: {
      es: 'Avisa a supervisores o a una cola, sin que el cliente lo vea.', en: 'Tells supervisors or a queue; the customer does not see it.',
    },
  },
  interactive: false,
  pauses: false,
  outputs: [],
  texts: ['queue', 'text'],
  references: { queues: ['queue'] },
  enter: (node, m) => {
    const queue = node.queue === undefined ? null : m.env.catalog.queue(m.text(node.queue).trim())
    const said = m.text(node.text).trim()
    if (said !== '') m.notice('custom', said, queue ? { type: 'queue', id: queue.id } : { type: 'supervisors' })
    return m.go(node.next)
  },
})
