/**
 * How options are shown on a channel: buttons, a list, or numbered text, by what the channel declares (§5.6). Nothing
 * is ever cut: what does not fit takes the next form, and validation warns of it per channel.
 */
import { buttonsFit, canSend, listFits, measure, type Capabilities } from '../../../plugins/sdk/capabilities.ts'
import type { Content } from './effects.ts'
import type { FileRef } from './environment.ts'
import type { Numbering, Presentation } from './fields.ts'
import { emojiKey, emojiNumber, oneLine, splitText } from './text.ts'

export interface Choice {
  readonly id: string; readonly label: string; /** For buttons and rows; the label where there is none. */ readonly title?: string
  readonly description?: string
}
export interface Prompting {
  readonly nodeId: string
  readonly text: string
  readonly footer?: string
  readonly header?: { readonly kind: 'image' | 'video' | 'audio' | 'document'; readonly file: FileRef } | null
  readonly choices: readonly Choice[]
  readonly back?: { readonly key: string; readonly label: string } | null
  readonly numbering: Numbering
  readonly presentation: Presentation
  readonly english: boolean
}
export type Form = 'buttons' | 'list' | 'text'

/** Networks show footers up to here below buttons; a longer one goes into the body. */
const longestFooter = 60
const backId = '@back'

/** What a button or row carries back: the node with the option, so that an old prompt's is not taken for this one's. */
export const wireId = (nodeId: string, choiceId: string): string => `${nodeId}:${choiceId}`
export const backWireId = (nodeId: string): string => wireId(nodeId, backId)

function numberedLines({ choices, back, numbering }: Prompting): string {
  const mark = (number: number) => (numbering === 'emoji' ? `${emojiNumber(number)} ` : numbering === 'plain' ? `${number}. ` : '')
  const lines = choices.map((choice, index) => mark(index + 1) + choice.label + (choice.description ? ` - ${choice.description}` : ''))
  if (back) lines.push((numbering === 'emoji' ? `${emojiKey(back.key)} ` : `${back.key}. `) + back.label)
  return lines.join('\n')
}

const paragraphs = (...parts: (string | undefined)[]) => parts.filter((part) => part !== undefined && part.trim() !== '').join('\n\n')

/** Header, blank line, numbered options, back line, footer. */
export const numberedText = (prompt: Prompting): string => paragraphs(prompt.text, numberedLines(prompt), prompt.footer)

function rows({ nodeId, choices, back }: Prompting): { id: string; title: string; description?: string }[] {
  const all: { id: string; title: string; description?: string }[] = choices.map(({ id, label, title, description }) => (
    { id: wireId(nodeId, id), title: oneLine(title || label) || id, ...(description ? { description: oneLine(description) } : {}) }))
  if (back) all.push({ id: backWireId(nodeId), title: oneLine(back.label) || back.key })
  return all
}

interface Body { readonly body: string; readonly footer?: string }
function bodyOf(prompt: Prompting, listed: string | undefined): Body {
  const short = prompt.footer !== undefined && measure(prompt.footer, 'characters') <= longestFooter
  const body = paragraphs(prompt.text, listed, short ? undefined : prompt.footer)
  const stated = body === '' ? (prompt.english ? 'Choose an option' : 'Elija una opción') : body
  return short && prompt.footer !== '' ? { body: stated, footer: prompt.footer } : { body: stated }
}
/** Descriptions have no place on a button: they go into the body. Where some apps draw no buttons, all options do. */
function buttonBody(prompt: Prompting, channel: Capabilities): Body {
  if (channel.buttons?.everywhere === false) return bodyOf(prompt, numberedLines(prompt))
  const described = prompt.choices.filter((choice) => choice.description)
  return bodyOf(prompt, described.map((choice) => `${choice.title || choice.label}: ${choice.description ?? ''}`).join('\n'))
}

/** Which form the prompt takes. `buttons` or `list` asked for on a channel that cannot draw these options: text. */
export function formOf(prompt: Prompting, channel: Capabilities): Form {
  if (prompt.presentation === 'text') return 'text'
  const choices = rows(prompt)
  // Networks refuse two options with one title.
  if (new Set(choices.map(({ title }) => title)).size < choices.length) return 'text'
  const asButtons = buttonsFit(channel, buttonBody(prompt, channel).body, choices.map(({ title }) => ({ title })))
  if (prompt.presentation !== 'list' && asButtons) return 'buttons'
  const asList = listFits(channel, bodyOf(prompt, undefined).body, choices)
  return prompt.presentation !== 'buttons' && asList ? 'list' : 'text'
}

/** The messages of a prompt, in order; the last one holds the options. Empty when there is nothing to say. */
export function present(prompt: Prompting, channel: Capabilities): Content[] {
  const form = formOf(prompt, channel)
  const { header } = prompt
  const inside = header && form === 'buttons' && header.kind !== 'audio' && channel.buttons?.headers.includes(header.kind)
  const before: Content[] = header && !inside && canSend(channel, header.kind) ? [{ kind: header.kind, file: header.file }] : []
  if (form === 'text') return [...before, ...splitText(numberedText(prompt), channel.text).map((text): Content => ({ kind: 'text', text }))]
  const choices = rows(prompt)
  if (form === 'list') {
    const [button, title] = prompt.english ? ['See options', 'Options'] as const : ['Ver opciones', 'Opciones'] as const
    return [...before, { kind: 'list', ...bodyOf(prompt, undefined), button, sections: [{ title, choices }] }]
  }
  const plain = choices.map(({ id, title }) => ({ id, title }))
  return [...before, { kind: 'buttons', ...buttonBody(prompt, channel), ...(inside ? { header: header.file } : {}), choices: plain }]
}
