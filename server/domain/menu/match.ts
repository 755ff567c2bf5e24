/** Which option an answer means (§5.6). The same rule on every channel. */
import type { Reading } from './input.ts'
import { backWireId, wireId } from './present.ts'
import type { ShownChoice } from './run.ts'
import { answerNumber, normaliseAnswer, similarity } from './text.ts'

export interface Offered {
  readonly nodeId: string
  /** As shown: hidden options are not in it, so that numbers close up. */
  readonly choices: readonly ShownChoice[]
  readonly back: { readonly key: string; readonly label: string } | null
  /** 0: off. */
  readonly fuzzy: number
  /** Is this the id of a node of the menu? Tells an older prompt's button from a template's payload. */
  readonly isNode: (id: string) => boolean
}
export type Matched = { readonly kind: 'choice'; readonly index: number } | { readonly kind: 'back' } | { readonly kind: 'none' }

const backWords = ['atras', 'back', 'volver']
const none: Matched = { kind: 'none' }
const chosen = (index: number): Matched => (index < 0 ? none : { kind: 'choice', index })

/** A pressed button or row. Null: not an id of ours, so its title decides. */
function byId(id: string, { nodeId, choices, back, isNode }: Offered): Matched | null {
  if (back && id === backWireId(nodeId)) return { kind: 'back' }
  const index = choices.findIndex((choice) => id === wireId(nodeId, choice.id) || id === choice.id)
  if (index >= 0) return chosen(index)
  const node = /^([a-z][a-z0-9_-]{0,63}):/.exec(id)?.[1]
  return node !== undefined && isNode(node) ? none : null
}

function bySimilarity(text: string, { choices, fuzzy }: Offered): Matched {
  let best = -1
  let score = 0
  for (const [index, choice] of choices.entries()) {
    for (const name of [choice.label, choice.title, ...choice.keywords]) {
      const likeness = name.trim() === '' ? 0 : similarity(text, name)
      if (likeness > score) [best, score] = [index, likeness]
    }
  }
  return score >= fuzzy ? chosen(best) : none
}

export function match(reading: Pick<Reading, 'text' | 'choice'>, offered: Offered): Matched {
  if (reading.choice) {
    const found = byId(reading.choice.id, offered)
    if (found) return found
  }
  const text = normaliseAnswer(reading.choice?.title ?? reading.text)
  if (text === '') return none
  const { choices, back, fuzzy } = offered
  const equal = (name: string) => normaliseAnswer(name) === text
  const number = answerNumber(text)
  if (number !== null && number >= 1 && number <= choices.length) return chosen(number - 1)
  if (back && equal(back.key)) return { kind: 'back' }
  const named = choices.findIndex((choice) => equal(choice.title) || equal(choice.label))
  if (named >= 0) return chosen(named)
  if (back && (equal(back.label) || backWords.includes(text))) return { kind: 'back' }
  const keyed = choices.findIndex((choice) => choice.keywords.some(equal))
  if (keyed >= 0) return chosen(keyed)
  return fuzzy > 0 ? bySimilarity(text, offered) : none
}

export const isBackWord = (text: string): boolean => backWords.includes(normaliseAnswer(text))
/** Whole answer equal to one of the words: cancel words. */
export const isOneOf = (text: string, words: readonly string[]): boolean => {
  const said = normaliseAnswer(text)
  return said !== '' && words.some((word) => normaliseAnswer(word) === said)
}
