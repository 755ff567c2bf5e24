import { z } from 'zod'
import { nodeSchema, outputs, text } from '../fields.ts'
import { oneLine } from '../text.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'

const field = z.string().regex(/^(name|email|documentId|custom\.[A-Za-z][A-Za-z0-9_]{0,63})$/, 'name, email, documentId or custom.code')
const schema = nodeSchema('set_contact', outputs(), {
  fields: z.record(field, text),
  onlyEmpty: z.boolean().default(false),
})
const isEmail = (text: string) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) && text.length <= 254

/** An empty value changes nothing: it never blanks what is known of a contact. */
export const setContact = defineNode<NodeOf<typeof schema>>({
  type: 'set_contact',
  schema,
  editor: {
    group: 'data', icon: 'contact', label: { es: 'Datos del contacto', en: 'Contact data' },
    help: { es: 'Guarda datos en la ficha del contacto.', en: 'Keeps values in the contact.' },
  },
  interactive: false,
  pauses: false,
  outputs: ['error'],
  texts: ['fields.*'],
  enter: (node, m) => {
    const fields: Record<string, string> = {}
    const custom: Record<string, string> = {}
    let failed = false
    for (const [name, template] of Object.entries(node.fields)) {
      const value = oneLine(m.text(template))
      if (value === '') continue
      if (name.startsWith('custom.')) custom[name.slice('custom.'.length)] = value
      else if (name !== 'email' || isEmail(value)) fields[name] = value
      else {
        failed = true
        m.trace('warn', 'not an e-mail address', { field: name })
      }
    }
    m.changeContact(fields, custom, node.onlyEmpty)
    return failed && node.on?.['error'] !== undefined ? m.fail('conversion') : m.go(node.next)
  },
})
