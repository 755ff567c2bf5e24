/** After a query: the menu again, an advisor, or finish (F039, F040). Each may be switched off with `false`. */
import { z } from 'zod'
import { nodeSchema, outputs, showing, target, text, waiting } from '../fields.ts'
import { ask, chosen, forgetAttempts, invalidOption, offered, wrongAnswer } from '../interactive.ts'
import type { Machine } from '../machine.ts'
import { defineNode, type NodeOf, type Outcome } from '../nodeType.ts'
import { checkOptions, checkShown } from '../optionChecks.ts'

const off = z.literal(false)
const schema = nodeSchema('end_options', outputs('invalid', 'attempts', 'timeout'), {
  ...waiting, ...showing,
  text,
  again: z.union([off, z.strictObject({ label: text.default(''), to: target.default('@start') })]).default({ label: '', to: '@start' }),
  advisor: z.union([off, z.strictObject({ label: text.default(''), to: target })]).default(false),
  finish: z.union([off, z.strictObject({ label: text.default(''), message: text.optional() })]).default({ label: '' }),
}).refine((node) => [node.again, node.advisor, node.finish].some((option) => option !== false), { message: 'at least one option', path: ['finish'] })
type Node = NodeOf<typeof schema>

const labels = {
  again: { es: 'Ver el menú otra vez', en: 'See the menu again' },
  advisor: { es: 'Hablar con un asesor', en: 'Talk to an advisor' },
  finish: { es: 'Terminar', en: 'Finish' },
}
const kinds = ['again', 'advisor', 'finish'] as const

function show(node: Node, m: Machine): Outcome {
  const choices = kinds.flatMap((id) => {
    const option = node[id]
    return option === false ? [] : [{ id, label: m.text(option.label) || m.say(labels[id].es, labels[id].en) }]
  })
  return ask(node, m, offered(node, m, { text: m.text(node.text), choices }), choices)
}

export const endOptions = defineNode<Node>({
  type: 'end_options',
  schema,
  editor: {
    group: 'end', icon: 'flag', label: { es: 'Opciones finales', en: 'End options' },
    help: { es: 'Ofrece ver el menú, hablar con un asesor o terminar.', en: 'Offers the menu again, an advisor, or to finish.' },
  },
  interactive: true,
  pauses: true,
  outputs: ['invalid', 'attempts', 'timeout'],
  targets: ['again.to', 'advisor.to'],
  ends: [],
  texts: ['text', 'again.label', 'advisor.label', 'finish.label', 'finish.message', 'invalidMessage', 'inactivity.reminder'],
  enter: show,
  answer: (node, m, reading) => {
    const matched = chosen(node, m, reading)
    const id = matched.kind === 'choice' ? m.run.prompt?.choices[matched.index]?.id : undefined
    if (id === undefined) return wrongAnswer(node, m, { message: invalidOption(node, m), again: () => show(node, m) })
    forgetAttempts(m, node.id)
    m.event('menu.option_selected', { optionId: id, label: m.run.prompt?.choices.find((one) => one.id === id)?.label ?? id })
    if (id === 'again' && node.again !== false) return m.go(node.again.to)
    if (id === 'advisor' && node.advisor !== false) return m.go(node.advisor.to)
    const message = node.finish === false ? undefined : node.finish.message
    return m.resolve('menu', m.text(message ?? m.settings.farewell))
  },
  check: (node, check) => {
    const shown = kinds.flatMap((id) => {
      const option = node[id]
      return option === false ? [] : [{ id, label: option.label || labels[id].es }]
    })
    checkOptions(check, shown.map((one) => ({ path: one.id, names: [one.label] })))
    checkShown(check, node, { text: node.text, choices: shown })
  },
})
