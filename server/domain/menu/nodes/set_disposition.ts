import { nodeSchema, outputs, reference, text } from '../fields.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'

const schema = nodeSchema('set_disposition', outputs(), { disposition: reference, note: text.optional() })
/** §4.7. */
const longestNote = 500

export const setDisposition = defineNode<NodeOf<typeof schema>>({
  type: 'set_disposition',
  schema,
  editor: {
    group: 'data', icon: 'clipboard-check', label: { es: 'Tipificación', en: 'Disposition' },
    help: { es: 'Clasifica la conversación.', en: 'Classifies the conversation.' },
  },
  interactive: false,
  pauses: false,
  outputs: ['error'],
  texts: ['disposition', 'note'],
  references: { dispositions: ['disposition'] },
  enter: (node, m) => {
    const code = m.text(node.disposition).trim()
    const found = m.env.catalog.disposition(code)
    if (found) m.emit({ kind: 'disposition', dispositionId: found.id, note: m.text(node.note).slice(0, longestNote) })
    else if (node.on?.['error'] !== undefined) return m.fail('unknown_disposition', code)
    else m.notice('unknown_disposition', code)
    return m.go(node.next)
  },
})
