/** Reading, comparing and cutting what people type. All functions are pure and never throw. */
import { measure } from '../../../plugins/sdk/capabilities.ts'
import { fold } from '../fold.ts'

const plain = /^[\x20-\x7e]*$/

/** The normal form in which answers and options are compared (§5.6). */
export function normaliseAnswer(text: string): string {
  const composed = plain.test(text) ? text : text.replace(/\u{1F51F}/gu, '10').normalize('NFKC').replace(/[\u20e3\ufe0e\ufe0f]/g, '')
  return fold(composed).replace(/[.):\-\s]+$/u, '')
}

const numberWords: ReadonlyMap<string, number> = new Map(
  [['uno', 'dos', 'tres', 'cuatro', 'cinco', 'seis', 'siete', 'ocho', 'nueve', 'diez'],
    ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']]
    .flatMap((words) => words.map((word, index): [string, number] => [word, index + 1])),
)

/** The option number that a normalised answer names; null when it names none. */
export function answerNumber(normalised: string): number | null {
  const bare = normalised.replace(/^(?:opcion|option) /, '')
  if (/^\d{1,9}$/.test(bare)) return Number(bare)
  return numberWords.get(bare) ?? null
}

const longestCompared = 200

/** Likeness of two texts from 0 to 1: one minus the edit distance over the longer length, after normalising. */
export function similarity(left: string, right: string): number {
  const a = [...normaliseAnswer(left)].slice(0, longestCompared)
  const b = [...normaliseAnswer(right)].slice(0, longestCompared)
  const longer = Math.max(a.length, b.length)
  if (longer === 0) return 1
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(swap, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1))
    }
    previous = current
  }
  return 1 - (previous[b.length] ?? 0) / longer
}

/** True when `words` stand in `text` as whole words, both folded. */
export function hasWords(text: string, words: string): boolean {
  const wanted = fold(words)
  if (wanted === '') return false
  const spaced = (value: string) => ` ${value.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()} `
  return spaced(fold(text)).includes(spaced(wanted))
}

const keycap = '\ufe0f\u20e3'

/** 1 → 1️⃣, 10 → 🔟, 11 → 1️⃣1️⃣ (§5.6). */
export function emojiNumber(number: number): string {
  return number === 10 ? '\u{1F51F}' : [...String(number)].map((digit) => digit + keycap).join('')
}

/** The key of the back line with keycaps where every sign of it has one. */
export function emojiKey(key: string): string {
  if (/^\d{1,6}$/.test(key)) return emojiNumber(Number(key))
  return key === '#' || key === '*' ? key + keycap : key
}

export interface TextLimit { readonly max: number; readonly unit: 'characters' | 'bytes' }

/** Longest beginning of `signs` from `from` that fits; at least one sign, so that splitting always ends. */
function fitting(signs: readonly string[], from: number, limit: TextLimit): number {
  let used = 0
  let end = from
  while (end < signs.length) {
    used += limit.unit === 'bytes' ? measure(signs[end] ?? '', 'bytes') : 1
    if (used > limit.max && end > from) break
    end++
  }
  return end
}

/** Cuts a text into pieces the channel takes, at a line end where there is one, else at a space, else at the limit. */
export function splitText(text: string, limit: TextLimit): string[] {
  if (measure(text, limit.unit) <= limit.max) return text.trim() === '' ? [] : [text]
  const signs = [...text]
  const pieces: string[] = []
  for (let from = 0; from < signs.length;) {
    const end = fitting(signs, from, limit)
    let cut = end
    if (end < signs.length) {
      const piece = signs.slice(from, end)
      const line = piece.lastIndexOf('\n')
      const space = piece.lastIndexOf(' ')
      if (line > 0) cut = from + line
      else if (space > 0) cut = from + space
    }
    const piece = signs.slice(from, cut).join('').trim()
    if (piece !== '') pieces.push(piece)
    from = cut
    while (from < signs.length && /\s/.test(signs[from] ?? '')) from++
  }
  return pieces
}

/** Without line breaks and other control signs: for addresses, headers and titles. */
export function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, ' ').trim()
}
