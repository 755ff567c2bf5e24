/** Findings about options: names that clash, and what the channels cannot draw (§5.11, F054). */
import { measure, type Capabilities } from '../../../plugins/sdk/capabilities.ts'
import type { Check } from './check.ts'
import type { FlowNode } from './fields.ts'
import type { Showing } from './interactive.ts'
import { isTemplate } from './liquid.ts'
import { formOf, numberedText, type Choice, type Prompting } from './present.ts'
import { normaliseAnswer } from './text.ts'

const fixed = (text: string | undefined): text is string => text !== undefined && !isTemplate(text)
const backWords = ['atras', 'back', 'volver']

/** Two options must not answer to the same word; nor an option and the way back. */
export function checkOptions(
  check: Check, options: readonly { readonly path: string; readonly names: readonly (string | undefined)[] }[],
  back?: { readonly key: string; readonly label: string } | undefined, list = 'options',
): void {
  const taken = new Map<string, string>()
  for (const word of back ? [back.key, back.label, ...backWords] : []) if (fixed(word)) taken.set(normaliseAnswer(word), 'back')
  for (const { path, names } of options) {
    for (const name of new Set(names.filter(fixed).map(normaliseAnswer))) {
      const other = taken.get(name)
      if (name !== '' && other !== undefined && other !== path) check.report('duplicate_option', path, name)
      taken.set(name, other ?? path)
    }
  }
  const key = back ? Number(normaliseAnswer(back.key)) : NaN
  if (back && Number.isInteger(key) && key >= 1 && key <= options.length) check.report('duplicate_option', 'back.key', back.key)
  if (options.length > 10) check.report('long_option_list', list, String(options.length))
}

interface Option { readonly id: string; readonly label: string; readonly title?: string | undefined; readonly description?: string | undefined }
interface Shown {
  readonly text: string; readonly footer?: string | undefined
  readonly choices: readonly Option[]
  readonly back?: { readonly key: string; readonly label: string } | undefined
}
const choice = ({ id, label, title, description }: Option): Choice =>
  ({ id, label, ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { description }) })

/** Why neither buttons nor a list can be drawn. */
function reason(prompt: Prompting, channel: Capabilities): string {
  const titles = [...prompt.choices.map((choice) => choice.title || choice.label), ...(prompt.back ? [prompt.back.label] : [])]
  const longest = channel.lists && prompt.presentation !== 'buttons' ? channel.lists.titleLength : channel.buttons?.titleLength ?? 0
  const most = channel.lists && prompt.presentation !== 'buttons' ? channel.lists.maxRows : channel.buttons?.max ?? 0
  const long = titles.find((title) => measure(title, 'characters') > longest)
  if (long !== undefined && most > 0) return `«${long}» > ${longest}`
  return titles.length > most ? `${titles.length} > ${most}` : 'texto / text'
}

/** Templated texts are counted as they stand: what they will hold is not known. */
export function checkShown(check: Check, node: FlowNode & Showing, shown: Shown, path = 'options'): void {
  const { settings, locale } = check.document
  const presentation = node.presentation ?? settings.presentation
  const prompt: Prompting = {
    nodeId: node.id, text: shown.text, footer: shown.footer ?? '', back: shown.back ?? null, english: locale?.startsWith('en') ?? false,
    numbering: node.numbering ?? settings.numbering, presentation,
    choices: shown.choices.map(choice),
  }
  for (const { name, capabilities } of check.channels) {
    const drawn = capabilities.buttons !== null || capabilities.lists !== null
    const wanted = presentation === 'buttons' || presentation === 'list' || (presentation === 'auto' && drawn)
    const form = formOf(prompt, capabilities)
    if (wanted && form === 'text') check.report('channel_buttons', path, `${reason(prompt, capabilities)} (${name})`)
    const { max, unit } = capabilities.text
    if (form === 'text' && measure(numberedText(prompt), unit) > max) check.report('channel_text', path === 'options' ? 'text' : path, `> ${max} (${name})`)
  }
}
