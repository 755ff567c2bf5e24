/** Waits for another system to say something with an equal key (§5.8, S20). */
import { z } from 'zod'
import { inactivity, nodeSchema, outputs, paths, target, text, validation } from '../fields.ts'
import { ask, asTexts } from '../interactive.ts'
import { isOneOf } from '../match.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'
import { checkAnswer } from '../validateInput.ts'
import { isTemplate, templateVariables } from '../liquid.ts'
import { toText } from '../filters.ts'

const schema = nodeSchema('wait_event', outputs('event', 'timeout', 'cancel'), {
  key: text,
  ttl: z.number().int().min(0).max(3600).default(120),
  extract: paths.optional(),
  validate: validation.optional(),
  text: text.default(''),
  cancel: z.strictObject({ words: z.array(z.string().min(1).max(100)).min(1).max(20), to: target.optional() }).optional(),
  inactivity: inactivity.optional(),
})
const longestKey = 200

/** Attributes that an account or a contact may not have. */
const mayBeAbsent = new Set([
  'account.phone', 'account.address', 'account.name', 'contact.phone', 'contact.email', 'contact.documentId', 'contact.business',
  'contact.boundAgent', 'contact.firstName', 'contact.name', 'channel.identity', 'queue.id', 'queue.name',
])

export const waitEvent = defineNode<NodeOf<typeof schema>>({
  type: 'wait_event',
  schema,
  editor: {
    group: 'services', icon: 'hourglass', label: { es: 'Esperar aviso', en: 'Wait for event' },
    help: { es: 'Espera a que otro sistema avise, por ejemplo de un pago.', en: 'Waits until another system reports, for example a payment.' },
  },
  interactive: true,
  pauses: true,
  failsAtOnce: (node) => isTemplate(node.key),
  outputs: ['event', 'timeout', 'cancel', 'error'],
  targets: ['cancel.to'],
  ends: ['next'],
  dataPaths: ['extract.*'],
  texts: ['key', 'text', 'inactivity.reminder'],
  conditions: ['validate.when'],
  writes: ['extract~'],
  enter: (node, m) => {
    const key = m.textWithoutBlanks(node.key)
    if (key === null) return m.fail('empty_key')
    if (key.length > longestKey) return m.fail('long_key')
    ask(node, m, asTexts(m.text(node.text), m))
    m.run.wait = { kind: 'event', key, ttl: node.ttl }
    m.emit({ kind: 'waitEvent', key, ttl: node.ttl })
    return 'wait'
  },
  answer: (node, m, reading) => {
    if (!node.cancel || !isOneOf(reading.text, node.cancel.words)) return 'ignored'
    return m.go(node.cancel.to ?? node.on?.['cancel'])
  },
  event: (node, m, data) => {
    m.run.event = data
    m.touch()
    const rule = node.validate
    if (rule?.type === 'expression' ? !m.test(rule.when, { value: data }) : rule && !checkAnswer(rule, {
      id: '', receivedAt: m.now, kind: 'text', text: toText(data), choice: null, media: null, location: null,
    }, m.setting).ok) return m.fail('invalid_event')
    m.extract(node.extract, data)
    return m.go(node.on?.['event'] ?? node.next)
  },
  check: (node, check) => {
    for (const path of templateVariables(node.key)) {
      const name = path.join('.')
      if (mayBeAbsent.has(name)) check.report('key_may_be_absent', 'key', name)
    }
  },
})
