import { z } from 'zod'
import { nodeSchema, outputs, reference } from '../fields.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'

const schema = nodeSchema('set_tag', outputs(), { add: z.array(reference).max(50).default([]), remove: z.array(reference).max(50).default([]) })

/** Tags that do not exist yet are made by whoever carries the effect out. */
export const setTag = defineNode<NodeOf<typeof schema>>({
  type: 'set_tag',
  schema,
  editor: {
    group: 'data', icon: 'tag', label: { es: 'Etiquetas', en: 'Tags' },
    help: { es: 'Pone o quita etiquetas del chat.', en: 'Adds tags to the chat or removes them.' },
  },
  interactive: false,
  pauses: false,
  outputs: [],
  texts: ['add.*', 'remove.*'],
  enter: (node, m) => {
    const named = (tags: readonly string[]) => tags.map((tag) => m.text(tag).trim()).filter((tag) => tag !== '')
    const [add, remove] = [named(node.add), named(node.remove)]
    if (add.length + remove.length > 0) m.emit({ kind: 'tags', add, remove })
    return m.go(node.next)
  },
})
