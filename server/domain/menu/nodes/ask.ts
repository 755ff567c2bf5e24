/** A question with validation, attempts, processors and cases (F030, F031, F051, F074, F079). */
import { z } from 'zod'
import type { CallResult, ProcessStep } from '../calls.ts'
import { json, nodeSchema, outputs, paths, reference, store, target, text, validation, waiting, when } from '../fields.ts'
import { ask as prompt, asTexts, chosen, forgetAttempts, invalidAnswer, invalidOption, offered, wrongAnswer } from '../interactive.ts'
import type { Reading } from '../input.ts'
import { fileOf, type Machine } from '../machine.ts'
import { isOneOf } from '../match.ts'
import { defineNode, type NodeOf, type Outcome } from '../nodeType.ts'
import { checkAnswer } from '../validateInput.ts'
import { toText } from '../filters.ts'
import { convert, noWords, yesWords, type Json } from '../variables.ts'
import { regex } from '../regex.ts'
import { answerKinds } from './menu.ts'

const provider = reference.optional()
const processor = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('transcribe'), provider, language: z.string().max(20).optional() }),
  z.strictObject({ type: z.literal('describe'), provider, instructions: text.optional() }),
  z.strictObject({ type: z.literal('translate'), provider, to: z.string().min(2).max(60) }),
  z.strictObject({ type: z.literal('extract'), provider, schema: json, variables: paths }),
])
/** §5.8: whatever order they are written in. */
const order = ['transcribe', 'describe', 'translate', 'extract']

const schema = nodeSchema('ask', outputs('invalid', 'attempts', 'timeout'), {
  ...waiting,
  text,
  store: store.optional(),
  accept: z.array(z.enum(['text', ...answerKinds])).min(1).default(['text']),
  validate: validation.optional(),
  reprompt: z.boolean().default(true),
  processors: z.array(processor).max(8).default([]),
  cancel: z.strictObject({ words: z.array(z.string().min(1).max(100)).min(1).max(20), to: target.optional() }).optional(),
  confirm: z.boolean().default(false),
  cases: z.array(z.strictObject({ when, to: target.optional() })).max(50).default([]),
})
type Node = NodeOf<typeof schema>

const show = (node: Node, m: Machine): Outcome => prompt(node, m, asTexts(m.text(node.text), m))

function wrong(node: Node, m: Machine): Outcome {
  return wrongAnswer(node, m, { message: invalidAnswer(node, m), again: () => show(node, m), reprompt: node.reprompt })
}

/** What applies to this answer, in the normative order. */
function steps(node: Node, reading: Reading): ProcessStep[] {
  const heard = ['audio', 'voice', 'video'].includes(reading.kind)
  const seen = reading.kind === 'image'
  const applicable = node.processors.filter((one) => (one.type === 'transcribe' ? heard : one.type === 'describe' ? seen : true))
  const makesText = reading.text.trim() !== '' || applicable.some((one) => one.type === 'transcribe' || one.type === 'describe')
  if (!makesText) return []
  return [...applicable].sort((left, right) => order.indexOf(left.type) - order.indexOf(right.type)).map((one): ProcessStep => {
    switch (one.type) {
      case 'transcribe': return { type: one.type, provider: one.provider ?? null, language: one.language ?? null }
      case 'describe': return { type: one.type, provider: one.provider ?? null, instructions: one.instructions ?? null }
      case 'translate': return { type: one.type, provider: one.provider ?? null, to: one.to }
      case 'extract': return { type: one.type, provider: one.provider ?? null, schema: one.schema }
    }
  })
}

/** The value to keep, or null when the answer is not what was asked for. */
function read(node: Node, m: Machine, reading: Reading): { readonly value: Json } | null {
  const rule = node.validate ?? { type: 'any' as const }
  const checked = checkAnswer(rule, reading, m.setting)
  if (!checked.ok || checked.value === '') return null
  const declared = node.store ? m.menu.document.variables[node.store.variable]?.type : undefined
  const type = node.store?.type ?? declared ?? 'text'
  const typed = reading.text.trim()
  const asTyped = type === 'text' && typeof checked.value !== 'object' && typed !== ''
  const converted = asTyped ? { ok: true as const, value: typed } : convert(checked.value, type, m.setting)
  if (!converted.ok) return null
  if (rule.type === 'expression' && !m.test(rule.when, { value: converted.value })) return null
  return { value: converted.value }
}

function examine(node: Node, m: Machine, reading: Reading): Outcome {
  const found = read(node, m, reading)
  if (!found) return wrong(node, m)
  if (!node.confirm) return keep(node, m, found.value)
  m.run.held = { value: found.value, shown: reading.text.trim() || reading.kind, stage: 'confirm' }
  return confirm(node, m)
}

function confirm(node: Node, m: Machine): Outcome {
  const shown = m.run.held?.shown ?? ''
  const choices = [
    { id: 'yes', label: m.say('Sí', 'Yes'), keywords: yesWords },
    { id: 'no', label: m.say('No, corregir', 'No, correct it'), keywords: noWords },
  ]
  const contents = offered(node, m, { text: m.say(`Escribió: ${shown}\n¿Es correcto?`, `You wrote: ${shown}\nIs that right?`), choices })
  return prompt(node, m, contents, choices)
}

function confirmed(node: Node, m: Machine, reading: Reading): Outcome {
  const matched = chosen(node, m, reading)
  const held = m.run.held
  if (matched.kind !== 'choice' || !held) {
    return wrongAnswer(node, m, { message: invalidOption({ ...node, invalidMessage: undefined }, m), again: () => confirm(node, m) })
  }
  m.run.held = null
  return matched.index === 0 ? keep(node, m, held.value) : show(node, m)
}

function keep(node: Node, m: Machine, value: Json): Outcome {
  if (node.store && !m.assign(node.store.variable, value, { type: node.store.type, scope: node.store.scope })) return wrong(node, m)
  forgetAttempts(m, node.id)
  const first = node.cases.find((one) => m.test(one.when, { value }))
  return m.go(first ? first.to : node.next)
}

function processed(node: Node, m: Machine, result: CallResult): Outcome {
  const last = m.run.message
  m.run.held = null
  if (!last) return wrong(node, m)
  const raw: Reading = {
    id: last.id, receivedAt: m.now, kind: last.kind, text: last.original, choice: null, media: last.media,
    location: last.location as Reading['location'],
  }
  if (!result.ok || result.type !== 'process') {
    const failure = result.ok ? 'unknown' : result.code
    if (node.on?.['error'] !== undefined) return m.fail(failure)
    m.trace('warn', 'processors failed', { code: failure })
    return examine(node, m, raw)
  }
  m.run.message = { ...last, text: result.text }
  m.touch()
  for (const one of node.processors) if (one.type === 'extract') m.extract(one.variables, result.data ?? null)
  return examine(node, m, { ...raw, kind: 'text', text: result.text, media: null, location: null })
}

export const ask = defineNode<Node>({
  type: 'ask',
  schema,
  editor: {
    group: 'ask', icon: 'circle-question-mark', label: { es: 'Pregunta', en: 'Question' },
    help: { es: 'Pide un dato, lo valida y lo guarda.', en: 'Asks for a value, validates it and keeps it.' },
  },
  interactive: true,
  pauses: true,
  outputs: ['invalid', 'attempts', 'timeout', 'error'],
  targets: ['cases.*.to', 'cancel.to'],
  ends: ['next', 'cases.*.to', 'cancel.to'],
  dataPaths: ['processors.*.variables.*'],
  texts: ['text', 'invalidMessage', 'inactivity.reminder'],
  conditions: ['cases.*.when', 'validate.when'],
  references: { providers: ['processors.*.provider'] },
  writes: ['store.variable', 'processors.*.variables~'],
  enter: show,
  answer: (node, m, reading) => {
    if (m.run.held?.stage === 'confirm') return confirmed(node, m, reading)
    if (node.cancel && isOneOf(reading.text, node.cancel.words)) {
      forgetAttempts(m, node.id)
      return m.go(node.cancel.to)
    }
    if (!node.accept.some((kind) => kind === reading.kind)) return wrong(node, m)
    const todo = steps(node, reading)
    if (todo.length === 0) return examine(node, m, reading)
    m.run.held = { value: null, shown: toText(reading.text), stage: 'processing' }
    return m.call({ type: 'process', steps: todo, text: reading.text, file: fileOf(reading.media), timeout: 60 }, 'process')
  },
  result: processed,
  check: (node, check) => {
    if (node.validate?.type === 'regex') {
      const compiled = regex(node.validate.pattern, node.validate.flags)
      if (!compiled.ok) check.report('bad_pattern', 'validate.pattern', compiled.message)
    }
  },
})
