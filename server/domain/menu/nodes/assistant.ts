/** A conversation with a language model (F026, F079). Each turn is an outside call; the run waits between turns. */
import { z } from 'zod'
import type { CallResult } from '../calls.ts'
import { code, json, nodeSchema, outputs, paths, reference, target, text, waiting, when } from '../fields.ts'
import { ask, asTexts } from '../interactive.ts'
import type { Reading } from '../input.ts'
import type { Machine } from '../machine.ts'
import { defineNode, type NodeOf, type Outcome } from '../nodeType.ts'
import type { Talk } from '../run.ts'
import { isTemplate } from '../liquid.ts'
import { hasWords } from '../text.ts'
import { readPath } from '../variables.ts'

const { inactivity } = waiting
const schema = nodeSchema('assistant', outputs('handover', 'turns', 'timeout'), {
  inactivity,
  provider: reference,
  model: z.string().max(200).optional(),
  instructions: text.default(''),
  opening: text.default(''),
  speakFirst: z.boolean().default(true),
  history: z.number().int().min(1).max(200).default(20),
  groupSeconds: z.number().int().min(0).max(60).default(0),
  maxTurns: z.number().int().min(1).max(500).default(20),
  maxTokens: z.number().int().min(1).max(32_000).default(1024),
  output: z.strictObject({ schema: json.optional(), variables: paths.default({}) }).optional(),
  exits: z.array(z.strictObject({ id: code.optional(), when, to: target.optional() })).max(50).default([]),
  handoverWords: z.array(z.string().min(1).max(100)).max(50).default([]),
  timeout: z.number().positive().max(300).default(30),
})
type Node = NodeOf<typeof schema>

/** Kept of one message of the conversation. */
const longestTurn = 8000
const none: Talk = { turns: [], answered: 0, pending: [] }

const talk = (node: Node, m: Machine): Talk => m.run.talks[m.key(node.id)] ?? none
function remember(node: Node, m: Machine, to: Talk): void {
  m.run.talks = { ...m.run.talks, [m.key(node.id)]: { ...to, turns: to.turns.slice(-node.history) } }
}

function think(node: Node, m: Machine): Outcome {
  const { turns, answered, pending } = talk(node, m)
  const said = pending.join('\n').slice(0, longestTurn)
  const asked = said === '' ? turns : [...turns, { role: 'user' as const, text: said }]
  remember(node, m, { turns: asked, answered, pending: [] })
  return m.call({
    type: 'assistant', provider: node.provider, model: node.model ?? null, instructions: m.text(node.instructions), turns: talk(node, m).turns,
    maxTokens: node.maxTokens, schema: node.output?.schema ?? null, timeout: node.timeout,
  }, 'turn')
}

/** What the model gets of a message that is no text. */
const spoken = (reading: Reading): string => (reading.text.trim() || `[${reading.kind}]`).slice(0, longestTurn)

function heard(node: Node, m: Machine, reading: Reading): Outcome {
  const before = talk(node, m)
  if (node.handoverWords.some((word) => hasWords(reading.text, word))) return m.go(node.on?.['handover'])
  remember(node, m, { ...before, pending: [...before.pending, spoken(reading)].slice(-50) })
  // During a call the message waits for the next turn; nothing of the conversation is dropped.
  if (m.run.wait?.kind === 'call') return 'wait'
  if (node.groupSeconds === 0) return think(node, m)
  m.run.wait = { kind: 'silence', until: Math.max(m.now, reading.receivedAt) + node.groupSeconds * 1000 }
  return 'wait'
}

/** An answer in JSON carries its words in `reply`; a bare JSON object is never shown to a customer. */
function wordsOf(data: unknown, raw: string): string {
  if (typeof data !== 'object' || data === null) return raw.trim()
  const reply = ['reply', 'respuesta', 'text', 'message'].map((name) => readPath(data, name)).find((one) => typeof one === 'string')
  return typeof reply === 'string' ? reply.trim() : ''
}
function parsed(node: Node, raw: string): unknown {
  if (!node.output) return null
  try {
    return JSON.parse(raw.trim().replace(/^```(?:json)?\s*|\s*```$/g, ''))
  } catch {
    return null
  }
}

function said(node: Node, m: Machine, result: CallResult): Outcome {
  if (!result.ok || result.type !== 'assistant') return m.fail(result.ok ? 'unknown' : result.code)
  const before = talk(node, m)
  const answered = before.answered + 1
  const data = parsed(node, result.text)
  const words = wordsOf(data, result.text)
  const heldBack = result.text.trim() === '' ? [] : [{ role: 'assistant' as const, text: result.text.slice(0, longestTurn) }]
  remember(node, m, { ...before, answered, turns: [...before.turns, ...heldBack] })
  if (result.handover) {
    m.sendText(words, 'answer')
    return m.go(node.on?.['handover'])
  }
  if (data !== null) m.extract(node.output?.variables, data)
  const exit = node.exits.find((one) => m.test(one.when, { answer: words }))
  if (exit) return m.go(exit.to)
  if (answered >= node.maxTurns) {
    m.sendText(words, 'answer')
    return m.go(node.on?.['turns'])
  }
  const waitingNext = ask(node, m, asTexts(words, m), [], null, 'answer')
  return before.pending.length > 0 ? think(node, m) : waitingNext
}

export const assistant = defineNode<Node>({
  type: 'assistant',
  schema,
  editor: {
    group: 'services', icon: 'bot', label: { es: 'Asistente', en: 'Assistant' },
    help: { es: 'Conversa con un modelo de inteligencia artificial.', en: 'Talks with a language model.' },
  },
  interactive: true,
  overlaps: true,
  pauses: true,
  // With nothing to open with, the provider is asked first.
  failsAtOnce: (node) => node.speakFirst && (node.opening.trim() === '' || isTemplate(node.opening)),
  outputs: ['handover', 'turns', 'timeout', 'error'],
  targets: ['exits.*.to'],
  ends: ['on.handover', 'on.turns', 'exits.*.to'],
  dataPaths: ['output.variables.*'],
  texts: ['instructions', 'opening', 'inactivity.reminder'],
  conditions: ['exits.*.when'],
  references: { providers: ['provider'] },
  writes: ['output.variables~'],
  enter: (node, m) => {
    remember(node, m, none)
    if (!node.speakFirst) return ask(node, m, [])
    const opening = m.text(node.opening).trim()
    if (opening !== '') {
      remember(node, m, { ...none, turns: [{ role: 'assistant', text: opening.slice(0, longestTurn) }] })
      return ask(node, m, asTexts(opening, m))
    }
    ask(node, m, [])
    return think(node, m)
  },
  answer: heard,
  elapsed: think,
  result: said,
})
