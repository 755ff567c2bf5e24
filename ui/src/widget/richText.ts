/**
 * What people type, as pieces to draw. Text stays text: nothing here is ever parsed as HTML, and only http, https and
 * mailto become links. The marks are WhatsApp's: *bold* _italic_ ~strike~ `code`.
 */
export type Piece =
  | { readonly kind: 'text' | 'bold' | 'italic' | 'strike' | 'code'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }

const link = /\b(?:https?:\/\/|www\.)[^\s<>"']+|\b[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+/gi
const marks = { '*': 'bold', _: 'italic', '~': 'strike', '`': 'code' } as const
/** A mark opens at the start of a word, closes at the end of one, and holds at least one character on one line. */
const marked = /(^|[\s([{"'¿¡.,;:!?*_~-])([*_~`])(?=\S)([^\n]*?\S)\2(?=$|[\s)\]}"'.,;:!?*_~-])/

function formatted(text: string): Piece[] {
  const found = marked.exec(text)
  if (!found) return text === '' ? [] : [{ kind: 'text', text }]
  const [whole, before = '', mark = '*', inner = ''] = found
  const start = found.index + before.length
  return [
    ...(start > 0 ? [{ kind: 'text' as const, text: text.slice(0, start) }] : []),
    { kind: marks[mark as keyof typeof marks], text: inner },
    ...formatted(text.slice(found.index + whole.length)),
  ]
}

/** Punctuation after an address belongs to the sentence; a closing bracket only when it was not opened inside. */
function trimLink(found: string): string {
  let kept = found.replace(/[.,;:!?…]+$/, '')
  while (/[)\]]$/.test(kept) && (kept.match(/[([]/g)?.length ?? 0) < (kept.match(/[)\]]/g)?.length ?? 0)) kept = kept.slice(0, -1).replace(/[.,;:!?…]+$/, '')
  return kept
}

function hrefOf(text: string): string | null {
  const href = text.includes('@') && !/^(https?:|www\.)/i.test(text) ? `mailto:${text}` : /^www\./i.test(text) ? `https://${text}` : text
  return URL.canParse(href) ? new URL(href).href : null
}

export function richText(text: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const found of text.matchAll(link)) {
    const shown = trimLink(found[0])
    const href = hrefOf(shown)
    if (href === null || shown === '') continue
    pieces.push(...formatted(text.slice(from, found.index)), { kind: 'link', text: shown, href })
    from = found.index + shown.length
  }
  return [...pieces, ...formatted(text.slice(from))]
}

/** One to three emoji and nothing else are drawn large. */
export const onlyEmoji = (text: string): boolean => /^(?:\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\ufe0f|\u200d\p{Extended_Pictographic})*\s?){1,3}$/u.test(text)
