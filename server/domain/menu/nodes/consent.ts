/** Asks for permission to be contacted (F042–F044, S27). */
import { z } from 'zod'
import { nodeSchema, outputs, showing, text, waiting } from '../fields.ts'
import { ask, chosen, forgetAttempts, invalidOption, offered, wrongAnswer } from '../interactive.ts'
import type { ConsentLevel, ConsentStatus } from '../environment.ts'
import type { Machine } from '../machine.ts'
import { defineNode, type NodeOf, type Outcome } from '../nodeType.ts'
import { checkShown } from '../optionChecks.ts'
import { noWords, yesWords } from '../variables.ts'

const schema = nodeSchema('consent', outputs('granted', 'declined', 'attempts', 'timeout', 'invalid'), {
  ...waiting, ...showing,
  text,
  yes: text.default(''),
  no: text.default(''),
  level: z.enum(['global', 'channel', 'account']).default('account'),
  persist: z.boolean().default(true),
  askAgain: z.boolean().default(false),
  declinedMessage: text.default(''),
  providerSync: z.boolean().default(true),
})
type Node = NodeOf<typeof schema>

const levels: readonly ConsentLevel[] = ['account', 'channel', 'global']
type Records = Readonly<Partial<Record<ConsentLevel, ConsentStatus>>>
const firstOf = (records: Records, among: readonly ConsentLevel[]) =>
  among.map((level) => records[level]).find((status) => status !== undefined)

/** Granted at the node's level or a broader one, and not overruled by a more specific record (§6.4). */
export function covers(records: Records, level: ConsentLevel): boolean {
  return firstOf(records, levels.slice(levels.indexOf(level))) === 'granted' && firstOf(records, levels) === 'granted'
}

function show(node: Node, m: Machine): Outcome {
  const choices = [
    { id: 'yes', label: m.text(node.yes) || m.say('Sí', 'Yes'), keywords: yesWords },
    { id: 'no', label: m.text(node.no) || 'No', keywords: noWords },
  ]
  return ask(node, m, offered(node, m, { text: m.text(node.text), choices }), choices)
}

/** A yes also lifts denials that would overrule it: the customer has just said so. */
function record(node: Node, m: Machine, status: ConsentStatus): void {
  if (!node.persist) return
  const own = levels.indexOf(node.level)
  const affected = levels.filter((level, index) => index === own || (status === 'granted' && index < own && m.env.consent[level] === 'denied'))
  for (const level of affected) {
    m.emit({ kind: 'consent', level, status, sync: node.providerSync && level === node.level, messageId: m.run.message?.id ?? null })
  }
}

export const consent = defineNode<Node>({
  type: 'consent',
  schema,
  editor: {
    group: 'ask', icon: 'shield-check', label: { es: 'Consentimiento', en: 'Consent' },
    help: { es: 'Pide permiso para escribir al cliente y lo registra.', en: 'Asks for permission to write to the customer and records it.' },
  },
  interactive: true,
  // Whoever has agreed in this run passes without being asked.
  pauses: false,
  outputs: ['granted', 'declined', 'invalid', 'attempts', 'timeout'],
  texts: ['text', 'yes', 'no', 'declinedMessage', 'invalidMessage', 'inactivity.reminder'],
  enter: (node, m) => {
    const said = m.run.consented.includes(m.key())
    if (said || (node.persist && !node.askAgain && covers(m.env.consent, node.level))) return m.go(node.on?.['granted'] ?? node.next)
    return show(node, m)
  },
  answer: (node, m, reading) => {
    const matched = chosen(node, m, reading)
    if (matched.kind !== 'choice') {
      // Who has not agreed is not shown the menu's end options (F043): an unwired `attempts` closes.
      return wrongAnswer(node, m, { message: invalidOption(node, m), again: () => show(node, m), otherwise: '@resolve' })
    }
    forgetAttempts(m, node.id)
    if (matched.index === 0) {
      record(node, m, 'granted')
      m.run.consented = [...m.run.consented, m.key()]
      return m.go(node.on?.['granted'] ?? node.next)
    }
    record(node, m, 'denied')
    const declined = node.on?.['declined']
    return declined === undefined ? m.resolve('consent_declined', m.text(node.declinedMessage)) : m.go(declined)
  },
  check: (node, check) => checkShown(check, node, {
    text: node.text, choices: [{ id: 'yes', label: node.yes || 'Sí' }, { id: 'no', label: node.no || 'No' }],
  }),
})
