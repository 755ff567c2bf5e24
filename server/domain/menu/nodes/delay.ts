import { z } from 'zod'
import { nodeSchema, outputs } from '../fields.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'

const schema = nodeSchema('delay', outputs(), { seconds: z.number().int().min(1).max(3600) })

/** Messages that arrive meanwhile are stored and are no answers (F023). */
export const delay = defineNode<NodeOf<typeof schema>>({
  type: 'delay',
  schema,
  editor: {
    group: 'logic', icon: 'timer', label: { es: 'Espera', en: 'Wait' },
    help: { es: 'Espera unos segundos antes de seguir.', en: 'Waits some seconds before going on.' },
  },
  interactive: false,
  pauses: true,
  outputs: [],
  enter: (node, m) => {
    m.run.wait = { kind: 'delay', until: m.now + node.seconds * 1000 }
    return 'wait'
  },
  elapsed: (node, m) => m.go(node.next),
})
