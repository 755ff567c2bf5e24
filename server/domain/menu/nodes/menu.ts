/** Options, as buttons, a list or numbered text (F018, F045–F050). */
import { z } from 'zod'
import { canSend } from '../../../../plugins/sdk/capabilities.ts'
import { code, nodeSchema, outputs, reference, showing, source, target, text, values, variableName, waiting, when } from '../fields.ts'
import { ask, chosen, forgetAttempts, invalidOption, offered, wrongAnswer } from '../interactive.ts'
import type { Reading } from '../input.ts'
import type { Machine } from '../machine.ts'
import { defineNode, type NodeOf, type Outcome } from '../nodeType.ts'
import type { FileRef } from '../environment.ts'
import { checkOptions, checkShown } from '../optionChecks.ts'

export const answerKinds = ['image', 'video', 'audio', 'voice', 'document', 'sticker', 'location', 'contacts'] as const

const option = z.strictObject({
  id: code, label: text, title: text.optional(), description: text.optional(), keywords: z.array(z.string().max(200)).max(50).default([]),
  to: target.optional(), when: when.optional(), set: values.optional(), tags: z.array(reference).max(20).default([]),
  record: z.boolean().default(true),
})
const schema = nodeSchema('menu', outputs('media', 'invalid', 'attempts', 'timeout'), {
  ...waiting, ...showing,
  text,
  options: z.array(option).min(1).max(100),
  mediaKinds: z.array(z.enum(answerKinds)).default([...answerKinds]),
  back: z.strictObject({ label: text, key: z.string().min(1).max(10).default('0') }).optional(),
  header: z.strictObject({ kind: z.enum(['image', 'video', 'audio', 'document']), source }).optional(),
  footer: text.optional(),
  store: z.strictObject({ variable: variableName }).optional(),
  fuzzy: z.number().min(0).max(1).default(0),
})
type Node = NodeOf<typeof schema>

/** The header file once it is known: stored ones at once, others after a call. */
function header(node: Node, m: Machine): FileRef | null | 'asked' {
  if (!node.header || !canSend(m.env.channel, node.header.kind)) return null
  const key = m.key()
  const fetched = m.run.headers[key]
  if (fetched !== undefined) return fetched
  const found = m.file(node.header.source)
  if (!found) {
    m.trace('warn', 'header without a file')
    return null
  }
  const known = 'fileId' in found ? m.env.catalog.file(found.fileId) : null
  if (known) return known
  const limits = m.env.channel.parts[node.header.kind]
  m.call({
    type: 'media', source: found, as: node.header.kind, fileName: null,
    maxBytes: limits?.maxBytes ?? null, mimeTypes: limits?.mimeTypes ?? null,
  }, 'header')
  return 'asked'
}

function show(node: Node, m: Machine): Outcome {
  const visible = node.options.filter((one) => one.when === undefined || m.test(one.when))
  if (visible.length === 0 && !node.back) return m.fail('no_options')
  const file = header(node, m)
  if (file === 'asked') return 'wait'
  const choices = visible.map((one) => ({
    id: one.id, label: m.text(one.label), keywords: one.keywords,
    ...(one.title === undefined ? {} : { title: m.text(one.title) }),
    ...(one.description === undefined ? {} : { description: m.text(one.description) }),
  }))
  const back = node.back ? { key: node.back.key, label: m.text(node.back.label) } : null
  const contents = offered(node, m, {
    text: m.text(node.text), footer: m.text(node.footer), header: file && node.header ? { kind: node.header.kind, file } : null, choices, back,
  })
  return ask(node, m, contents, choices, back)
}

function choose(node: Node, m: Machine, index: number): Outcome {
  const shown = m.run.prompt?.choices[index]
  const picked = node.options.find((one) => one.id === shown?.id)
  if (!shown || !picked) return wrong(node, m)
  forgetAttempts(m, node.id)
  m.run.choice = { id: picked.id, label: shown.label, number: index + 1 }
  if (picked.record) {
    m.run.option = { menuId: m.menu.menuId, nodeId: node.id, nodeName: node.name, optionId: picked.id, label: shown.label }
    m.event('menu.option_selected', { optionId: picked.id, label: shown.label })
    m.emit({ kind: 'option', option: m.run.option })
  }
  m.touch()
  if (node.store) m.assign(node.store.variable, picked.id)
  m.assignAll(picked.set)
  if (picked.tags.length > 0) m.emit({ kind: 'tags', add: picked.tags, remove: [] })
  return m.go(picked.to)
}

const wrong = (node: Node, m: Machine): Outcome => wrongAnswer(node, m, { message: invalidOption(node, m), again: () => show(node, m) })

export const menu = defineNode<Node>({
  type: 'menu',
  schema,
  editor: {
    group: 'ask', icon: 'list', label: { es: 'Menú', en: 'Menu' },
    help: {
      es: 'Muestra opciones con botones, lista o números y sigue por la elegida.',
      en: 'Shows options as buttons, a list or numbers, and goes on with the chosen one.',
    },
  },
  interactive: true,
  pauses: true,
  failsAtOnce: (node) => !node.back && node.options.every((one) => one.when !== undefined),
  outputs: ['media', 'invalid', 'attempts', 'timeout'],
  targets: ['options.*.to'],
  ends: ['options.*.to'],
  texts: [
    'text', 'options.*.label', 'options.*.title', 'options.*.description', 'options.*.set.*', 'back.label', 'header.source.url', 'footer',
    'invalidMessage', 'inactivity.reminder',
  ],
  conditions: ['options.*.when'],
  references: { files: ['header.source.mediaId'] },
  writes: ['store.variable', 'options.*.set~'],
  enter: show,
  answer: (node, m, reading: Reading) => {
    const matched = chosen(node, m, reading, node.fuzzy)
    if (matched.kind === 'choice') return choose(node, m, matched.index)
    if (matched.kind === 'back') {
      forgetAttempts(m, node.id)
      return m.go('@back')
    }
    const media = node.on?.['media']
    if (media !== undefined && node.mediaKinds.some((kind) => kind === reading.kind)) {
      forgetAttempts(m, node.id)
      return m.go(media)
    }
    return wrong(node, m)
  },
  result: (node, m, result) => {
    const file = result.ok && result.type === 'media' ? result.file : null
    if (!file) m.trace('warn', 'header failed', { code: result.ok ? 'unknown' : result.code })
    m.run.headers = { ...m.run.headers, [m.key()]: file }
    return show(node, m)
  },
  check: (node, check) => {
    const named = node.options.map(({ title, label, keywords }, index) => ({ path: `options.${index}`, names: [title, label, ...keywords] }))
    checkOptions(check, named, node.back)
    checkShown(check, node, { text: node.text, footer: node.footer, choices: node.options, back: node.back })
    const kind = node.header?.kind
    for (const { name, capabilities } of check.channels) {
      if (kind !== undefined && !canSend(capabilities, kind)) check.report('channel_media', 'header.kind', `${kind} (${name})`)
    }
  },
})
