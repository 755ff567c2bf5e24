/** What all nodes that wait for the customer share: showing a prompt, wrong answers and attempts, reminders (§5.5–5.7). */
import type { Content, Purpose } from './effects.ts'
import type { FlowNode, Inactivity, Numbering, Presentation } from './fields.ts'
import { deadlines } from './inactivity.ts'
import type { Reading } from './input.ts'
import type { Machine } from './machine.ts'
import { match, type Matched } from './match.ts'
import { present, type Choice, type Prompting } from './present.ts'
import type { Outcome } from './nodeType.ts'
import type { ShownChoice } from './run.ts'
import { splitText } from './text.ts'

export interface Waiting extends FlowNode {
  readonly attempts?: number | undefined
  readonly invalidMessage?: string | undefined
  readonly inactivity?: Inactivity | undefined
}
export interface Showing { readonly numbering?: Numbering | undefined; readonly presentation?: Presentation | undefined }
/** An option with its texts rendered. */
export type Offer = Choice & { readonly keywords?: readonly string[] }

const longestHistory = 64

/** The node's own block as a whole, else the document's. */
export function inactivityOf(node: FlowNode, { settings }: Pick<Machine, 'settings'>): Inactivity {
  return (node as Waiting).inactivity ?? settings.inactivity
}

function remember(m: Machine, nodeId: string): void {
  const { history, frames } = m.run
  const last = history.at(-1)
  if (last?.nodeId === nodeId && last.depth === frames.length) return
  m.run.history = [...history, { nodeId, depth: frames.length }].slice(-longestHistory)
}

/**
 * Sends what the customer is to answer and waits below it. With nothing to send the wait begins at once; otherwise when
 * the last message is handed to the bridge.
 */
export function ask(
  node: FlowNode, m: Machine, contents: readonly Content[], choices: readonly Offer[] = [], back: Prompting['back'] = null,
  purpose: Purpose = 'prompt',
): Outcome {
  remember(m, node.id)
  const { run } = m
  const serial = run.counts.prompts + 1
  run.counts = { ...run.counts, prompts: serial }
  for (const [index, content] of contents.entries()) {
    m.emit({ kind: 'send', content, nodeId: node.id, purpose, prompt: index === contents.length - 1 ? serial : null })
  }
  const handedAt = contents.length === 0 ? m.now : null
  const openedAt = run.prompt?.nodeId === node.id ? run.prompt.openedAt : null
  const shown: ShownChoice[] = choices.map(({ id, label, title, keywords }) => ({ id, label, title: title || label, keywords: keywords ?? [] }))
  run.prompt = {
    serial, nodeId: node.id, handedAt, openedAt: openedAt ?? handedAt, choices: shown, back: back ?? null,
    deadlines: handedAt === null ? null : deadlines(inactivityOf(node, m), handedAt),
  }
  run.wait = { kind: 'answer' }
  run.state = 'waiting'
  return 'wait'
}

export const asTexts = (text: string, m: Machine): Content[] =>
  splitText(text, m.env.channel.text).map((piece) => ({ kind: 'text', text: piece }))

/** Contents of a prompt with options, by what the channel can draw. */
export function offered(
  node: FlowNode & Showing, m: Machine, prompt: Pick<Prompting, 'text' | 'footer' | 'header' | 'back'> & { readonly choices: readonly Offer[] },
): Content[] {
  return present({
    ...prompt, nodeId: node.id, numbering: node.numbering ?? m.settings.numbering,
    presentation: node.presentation ?? m.settings.presentation, english: m.locale.startsWith('en'),
  }, m.env.channel)
}

/** Which of the shown options the answer means. */
export function chosen(node: FlowNode, m: Machine, reading: Reading, fuzzy = 0): Matched {
  const prompt = m.run.prompt
  return match(reading, {
    nodeId: node.id, choices: prompt?.choices ?? [], back: prompt?.back ?? null, fuzzy, isNode: (id) => m.menu.nodes.has(id),
  })
}

export interface WrongAnswer {
  /** Where the attempts are counted: the node, or a question of a form. */
  readonly counter?: string
  /** What is said; absent: the node's, then the document's for nodes with options. */
  readonly message: string
  /** Shows the prompt again. */
  readonly again: () => Outcome
  readonly reprompt?: boolean
  /** Where `attempts` leads when it is not wired. */
  readonly otherwise?: string
}

/** The algorithm of §5.5. The counter is kept through detours; it is reset by a valid answer and by taking `attempts`. */
export function wrongAnswer(node: Waiting, m: Machine, wrong: WrongAnswer): Outcome {
  const key = m.key(wrong.counter ?? node.id)
  const limit = node.attempts ?? 0
  const attempt = (m.run.attempts[key] ?? 0) + 1
  m.event('menu.invalid', { attempt })
  if (limit > 0 && attempt >= limit) {
    forgetAttempts(m, wrong.counter ?? node.id)
    return m.go(node.on?.['attempts'] ?? wrong.otherwise)
  }
  m.run.attempts = { ...m.run.attempts, [key]: attempt }
  const wired = node.on?.['invalid']
  if (wired !== undefined) return m.go(wired)
  const said = asTexts(wrong.message, m)
  if (wrong.reprompt === false) return ask(node, m, said, m.run.prompt?.choices ?? [], m.run.prompt?.back ?? null, 'invalid')
  for (const content of said) m.send(content, 'invalid')
  return wrong.again()
}

export function forgetAttempts(m: Machine, counter: string): void {
  const key = m.key(counter)
  if (!(key in m.run.attempts)) return
  m.run.attempts = Object.fromEntries(Object.entries(m.run.attempts).filter(([name]) => name !== key))
}

/** What a node with options says to a wrong answer. */
export function invalidOption(node: Waiting, m: Machine): string {
  return m.text(node.invalidMessage ?? m.settings.invalidMessage ?? m.say('Opción no válida.', 'That is not one of the options.'))
}
/** What a question says to a wrong answer. */
export function invalidAnswer(node: Waiting, m: Machine): string {
  return m.text(node.invalidMessage ?? m.say('La respuesta no es válida.', 'That answer is not valid.'))
}
