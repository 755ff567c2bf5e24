import { z } from 'zod'
import { nodeSchema, outputs, text } from '../fields.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'

const schema = nodeSchema('log', outputs(), { level: z.enum(['debug', 'info', 'warn', 'error']).default('info'), text })

export const log = defineNode<NodeOf<typeof schema>>({
  type: 'log',
  schema,
  editor: {
    group: 'data', icon: 'scroll-text', label: { es: 'Anotar', en: 'Log' },
    help: { es: 'Escribe una línea en el rastro de la ejecución.', en: 'Writes a line in the trace of the run.' },
  },
  interactive: false,
  pauses: false,
  outputs: [],
  texts: ['text'],
  enter: (node, m) => {
    m.trace(node.level, m.text(node.text).slice(0, 2000))
    return m.go(node.next)
  },
})
