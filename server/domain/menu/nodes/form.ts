/** Several questions in order, one row at the end (F031). "back" returns one question; answers are run variables meanwhile. */
import { z } from 'zod'
import { code, nodeSchema, outputs, reference, showing, text, validation, variableName, waiting } from '../fields.ts'
import { ask, asTexts, chosen, forgetAttempts, invalidAnswer, invalidOption, offered, wrongAnswer } from '../interactive.ts'
import type { Reading } from '../input.ts'
import type { Machine } from '../machine.ts'
import { isBackWord, isOneOf } from '../match.ts'
import { defineNode, type NodeOf, type Outcome } from '../nodeType.ts'
import { checkOptions, checkShown } from '../optionChecks.ts'
import { regex } from '../regex.ts'
import type { FormProgress } from '../run.ts'
import { toText } from '../filters.ts'
import { checkAnswer } from '../validateInput.ts'
import { noWords, variableTypes, yesWords, type Json } from '../variables.ts'
import { write } from './record.ts'

const option = z.strictObject({
  id: code.optional(), label: text, title: text.optional(), keywords: z.array(z.string().max(200)).max(50).default([]),
})
const question = z.strictObject({
  name: variableName, text, type: z.enum(variableTypes).default('text'), validate: validation.optional(), required: z.boolean().default(true),
  options: z.array(option).max(100).default([]),
})
const schema = nodeSchema('form', outputs('attempts', 'timeout', 'invalid'), {
  ...waiting, ...showing, form: reference, questions: z.array(question).min(1).max(100), summary: z.boolean().default(false),
})
type Node = NodeOf<typeof schema>
type Question = Node['questions'][number]

const skipWords = ['omitir', 'saltar', 'skip']
const fresh: FormProgress = { index: 0, stage: 'question', answers: {} }

const progress = (node: Node, m: Machine): FormProgress => m.run.forms[m.key(node.id)] ?? fresh
function advance(node: Node, m: Machine, to: FormProgress): void {
  m.run.forms = { ...m.run.forms, [m.key(node.id)]: to }
}
/** Ids of a question's options carry its name: an older question's button is not this one's. */
const optionId = (one: Question, index: number) => `${one.name}.${one.options[index]?.id ?? index + 1}`

function show(node: Node, m: Machine): Outcome {
  const { index, stage } = progress(node, m)
  if (stage === 'summary') return summary(node, m)
  const one = node.questions[index]
  if (!one) return finish(node, m)
  const hint = one.required ? '' : m.say('\n(Escriba OMITIR para dejarlo en blanco.)', '\n(Write SKIP to leave it empty.)')
  const said = m.text(one.text) + hint
  if (one.options.length === 0) return ask(node, m, asTexts(said, m))
  const choices = one.options.map((option, at) => ({
    id: optionId(one, at), label: m.text(option.label), keywords: option.keywords,
    ...(option.title === undefined ? {} : { title: m.text(option.title) }),
  }))
  return ask(node, m, offered(node, m, { text: said, choices }), choices)
}

function summary(node: Node, m: Machine): Outcome {
  const { answers } = progress(node, m)
  const form = m.env.catalog.form(node.form)
  const title = (name: string) => form?.fields.find((field) => field.code === name)?.title ?? name
  const lines = node.questions.map(({ name }) => `${title(name)}: ${toText(shown(answers[name] ?? null)) || '—'}`)
  const choices = [
    { id: 'summary.yes', label: m.say('Sí, enviar', 'Yes, send'), keywords: yesWords },
    { id: 'summary.no', label: m.say('No, corregir', 'No, correct it'), keywords: noWords },
  ]
  const text = [m.say('Esto es lo que anotamos:', 'This is what we noted:'), ...lines, m.say('¿Es correcto?', 'Is that right?')].join('\n')
  return ask(node, m, offered(node, m, { text, choices }), choices)
}
/** Of a file its name. */
const shown = (value: Json): Json =>
  (typeof value === 'object' && value !== null && 'name' in value ? (value as { readonly name: Json }).name : value)

function take(node: Node, m: Machine, one: Question, value: Json): Outcome {
  const { index, answers } = progress(node, m)
  if (!m.assign(one.name, value, { type: one.type, scope: 'run' })) return wrong(node, m, one)
  forgetAttempts(m, `${node.id}.${one.name}`)
  const last = index + 1 >= node.questions.length
  const kept = { ...answers, [one.name]: m.run.variables[one.name] ?? null }
  advance(node, m, { index: index + 1, stage: last && node.summary ? 'summary' : 'question', answers: kept })
  return show(node, m)
}

function wrong(node: Node, m: Machine, one: Question): Outcome {
  const message = one.options.length > 0 ? invalidOption(node, m) : invalidAnswer(node, m)
  return wrongAnswer(node, m, { counter: `${node.id}.${one.name}`, message, again: () => show(node, m) })
}

function answer(node: Node, m: Machine, one: Question, reading: Reading): Outcome {
  if (!one.required && isOneOf(reading.text, skipWords)) return take(node, m, one, null)
  if (one.options.length > 0) {
    const matched = chosen(node, m, reading)
    if (matched.kind !== 'choice') return wrong(node, m, one)
    const option = one.options[matched.index]
    return take(node, m, one, option?.id ?? m.run.prompt?.choices[matched.index]?.label ?? '')
  }
  const rule = one.validate ?? { type: 'any' as const }
  const checked = checkAnswer(rule, reading, m.setting)
  if (!checked.ok || checked.value === '') return wrong(node, m, one)
  if (rule.type === 'expression' && !m.test(rule.when, { value: checked.value })) return wrong(node, m, one)
  const typed = one.type === 'text' && typeof checked.value !== 'object' && reading.text.trim() !== ''
  return take(node, m, one, typed ? reading.text.trim() : checked.value)
}

function finish(node: Node, m: Machine): Outcome {
  const { answers } = progress(node, m)
  m.run.forms = Object.fromEntries(Object.entries(m.run.forms).filter(([key]) => key !== m.key(node.id)))
  return write(m, node.form, answers, node.next)
}

function confirmed(node: Node, m: Machine, reading: Reading): Outcome {
  const matched = chosen(node, m, reading)
  if (matched.kind !== 'choice') return wrongAnswer(node, m, { message: invalidOption(node, m), again: () => show(node, m) })
  forgetAttempts(m, node.id)
  if (matched.index === 0) return finish(node, m)
  advance(node, m, fresh)
  return show(node, m)
}

export const form = defineNode<Node>({
  type: 'form',
  schema,
  editor: {
    group: 'ask', icon: 'clipboard-list', label: { es: 'Formulario', en: 'Form' },
    help: { es: 'Hace varias preguntas y guarda una fila.', en: 'Asks several questions and keeps a row.' },
  },
  interactive: true,
  pauses: true,
  outputs: ['attempts', 'timeout', 'error', 'invalid'],
  texts: ['questions.*.text', 'questions.*.options.*.label', 'questions.*.options.*.title', 'invalidMessage', 'inactivity.reminder'],
  conditions: ['questions.*.validate.when'],
  references: { forms: ['form'] },
  writes: ['questions.*.name'],
  enter: (node, m) => {
    // A detour (`invalid`, a way back) comes back to the question where it left; a finished form begins anew.
    if (progress(node, m).index >= node.questions.length && progress(node, m).stage === 'question') advance(node, m, fresh)
    return show(node, m)
  },
  answer: (node, m, reading) => {
    const { index, stage, answers } = progress(node, m)
    if (isBackWord(reading.text) && reading.media === null) {
      advance(node, m, { index: Math.max(0, index - 1), stage: 'question', answers })
      return show(node, m)
    }
    if (stage === 'summary') return confirmed(node, m, reading)
    const one = node.questions[index]
    return one ? answer(node, m, one, reading) : finish(node, m)
  },
  check: (node, check) => {
    const known = check.catalog.form(node.form)
    for (const [index, one] of node.questions.entries()) {
      const path = `questions.${index}`
      if (known && !known.fields.some((field) => field.code === one.name)) check.report('form_field_missing', `${path}.name`, one.name)
      const named = one.options.map(({ title, label, keywords }, at) => ({ path: `${path}.options.${at}`, names: [title, label, ...keywords] }))
      checkOptions(check, named, undefined, `${path}.options`)
      const choices = one.options.map((option, at) => ({ ...option, id: optionId(one, at) }))
      if (choices.length > 0) checkShown(check, node, { text: one.text, choices }, `${path}.options`)
      if (one.validate?.type === 'regex') {
        const compiled = regex(one.validate.pattern, one.validate.flags)
        if (!compiled.ok) check.report('bad_pattern', `${path}.validate.pattern`, compiled.message)
      }
    }
  },
})
