import { nodeSchema, outputs, reference, text } from '../fields.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'

const schema = nodeSchema('resolve', outputs(), { message: text.optional(), disposition: reference.optional() })

/** Without `message` the document's farewell is sent; an empty one sends nothing. */
export const resolve = defineNode<NodeOf<typeof schema>>({
  type: 'resolve',
  schema,
  editor: {
    group: 'end', icon: 'circle-check', label: { es: 'Resolver', en: 'Resolve' },
    help: { es: 'Cierra la conversación.', en: 'Closes the conversation.' },
  },
  interactive: false,
  pauses: false,
  outputs: [],
  ends: [],
  texts: ['message', 'disposition'],
  references: { dispositions: ['disposition'] },
  enter: (node, m) => {
    const code = m.text(node.disposition).trim()
    const found = code === '' ? null : m.env.catalog.disposition(code)
    if (code !== '' && !found) m.notice('unknown_disposition', code)
    return m.resolve('menu', m.text(node.message ?? m.settings.farewell), found?.id ?? null)
  },
})
