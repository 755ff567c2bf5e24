import { z } from 'zod'
import { nodeSchema, outputs, text } from '../fields.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'

const schema = nodeSchema('message', outputs(), { text, kind: z.literal('public').optional() })

export const message = defineNode<NodeOf<typeof schema>>({
  type: 'message',
  schema,
  editor: {
    group: 'talk', icon: 'message-square', label: { es: 'Mensaje', en: 'Message' },
    help: { es: 'Envía un texto y sigue.', en: 'Sends a text and goes on.' },
  },
  interactive: false,
  pauses: false,
  outputs: [],
  texts: ['text'],
  enter: (node, m) => {
    m.sendText(m.text(node.text), 'message')
    return m.go(node.next)
  },
})
