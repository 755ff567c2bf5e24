/** The part of a text in which something was found. */
import { fold } from './fold.ts'

const longest = 160
const before = 40

/** `found`: folded words; the first that the text has is near the beginning of what is shown. */
export function snippet(text: string, found: readonly string[]): string {
  const chars = [...text.replace(/\s+/g, ' ').trim()]
  if (chars.length <= longest) return chars.join('')
  // One folded character each, so that places in both texts are the same.
  const folded = chars.map((char) => fold(char)[0] ?? ' ').join('')
  const at = found.reduce((first, word) => {
    const place = folded.indexOf(word)
    return place >= 0 && (first < 0 || place < first) ? place : first
  }, -1)
  const from = at <= before ? 0 : at - before
  const cut = chars.slice(from, from + longest).join('')
  return `${from > 0 ? '…' : ''}${cut}${from + longest < chars.length ? '…' : ''}`
}
