/** Small decisions about text: initials, tints, sizes, and the parts of a message. */

const particles = new Set(['de', 'del', 'la', 'las', 'los', 'el', 'y', 'of', 'the', 'and'])

/** MR for Marta Restrepo, V7 for Visitante 7F3K, RL for Resultados de laboratorio. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => /[\p{L}\p{N}]/u.test(word) && !particles.has(word.toLowerCase()))
  const letters = words.map((word) => [...word].find((char) => /[\p{L}\p{N}]/u.test(char)) ?? '')
  const first = letters[0] ?? ''
  const last = words.length > 1 ? (letters[1] ?? '') : ([...(words[0] ?? '')].filter((char) => /[\p{L}\p{N}]/u.test(char))[1] ?? '')
  return (first + last).toUpperCase()
}

/** Without accents and capitals, as people search. */
export const fold = (text: string): string => text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '')

function hash(id: string): number {
  let value = 0
  for (const char of id) value = (value * 31 + char.charCodeAt(0)) >>> 0
  return value
}

/** One of the eight tints, always the same for the same id. */
export const tint = (id: string): number => (hash(id) % 8) + 1

/** Bubbles: the eighth tint is the bot's, and the fourth looks like a failure. */
const participantTints = [2, 1, 7, 3, 5, 6]
export const participantTint = (id: string): number => participantTints[hash(id) % participantTints.length] ?? 2

/** By the order in which they came into the chat. */
export const seatTint = (seat: number): number => participantTints[seat % participantTints.length] ?? 2

export function formatSize(bytes: number, locale: string): string {
  const units = ['B', 'kB', 'MB', 'GB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${value.toLocaleString(locale, { maximumFractionDigits: unit > 1 ? 1 : 0 })} ${units[unit]}`
}

/** Length as the channel counts it. */
export function textLength(text: string, unit: 'characters' | 'bytes'): number {
  return unit === 'bytes' ? new TextEncoder().encode(text).length : [...text].length
}

export type Piece =
  | { type: 'text'; text: string }
  | { type: 'link'; text: string; href: string }
  | { type: 'mark'; mark: 'bold' | 'italic' | 'strike' | 'code'; pieces: Piece[] }

const marks: Record<string, 'bold' | 'italic' | 'strike'> = { '*': 'bold', _: 'italic', '~': 'strike' }
const link = /\b(?:https?:\/\/|www\.)[^\s<>"]+[^\s<>"'.,;:!?)\]}]/giu

function linked(text: string): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const match of text.matchAll(link)) {
    if (match.index > at) pieces.push({ type: 'text', text: text.slice(at, match.index) })
    const shown = match[0]
    pieces.push({ type: 'link', text: shown, href: /^www\./i.test(shown) ? `https://${shown}` : shown })
    at = match.index + shown.length
  }
  if (at < text.length) pieces.push({ type: 'text', text: text.slice(at) })
  return pieces
}

/**
 * A message as pieces to draw: links always, and WhatsApp's marks (*bold*, _italic_, ~strike~, ```code```) where the
 * channel has them. Only http and https become links; nothing is ever read as HTML.
 */
export function messagePieces(text: string, formatting: 'whatsapp' | 'none'): Piece[] {
  if (formatting === 'none') return linked(text)
  const pattern = /```([\s\S]+?)```|(?<![\p{L}\p{N}])([*_~])(?!\s)([^\n]*?[^\s])\2(?![\p{L}\p{N}])/gu
  const links = [...text.matchAll(link)].map((match) => [match.index, match.index + match[0].length] as const)
  const pieces: Piece[] = []
  let at = 0
  for (const match of text.matchAll(pattern)) {
    if (links.some(([from, to]) => match.index >= from && match.index < to)) continue
    if (match.index > at) pieces.push(...linked(text.slice(at, match.index)))
    const [whole, code, sign, inner] = match
    if (code !== undefined) pieces.push({ type: 'mark', mark: 'code', pieces: [{ type: 'text', text: code }] })
    else pieces.push({ type: 'mark', mark: marks[sign ?? '*'] ?? 'bold', pieces: messagePieces(inner ?? '', formatting) })
    at = match.index + whole.length
  }
  if (at < text.length) pieces.push(...linked(text.slice(at)))
  return pieces
}
