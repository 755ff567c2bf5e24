/** Sends an e-mail and waits until the mail server has taken it (F047). */
import { z } from 'zod'
import { nodeSchema, outputs, reference, shortText, text } from '../fields.ts'
import { fileOf, type Machine } from '../machine.ts'
import { defineNode, type NodeOf, type Outcome } from '../nodeType.ts'
import { oneLine } from '../text.ts'
import { readPath } from '../variables.ts'

const attachment = z.union([z.strictObject({ mediaId: reference }), z.strictObject({ variable: z.string().min(1).max(300) })])
const addresses = z.array(shortText).max(50)
const schema = nodeSchema('email', outputs(), {
  server: reference,
  to: addresses.min(1),
  cc: addresses.default([]),
  subject: text.default(''),
  text: text.default(''),
  html: text.optional(),
  attachments: z.array(attachment).max(20).default([]),
  replyTo: shortText.optional(),
  timeout: z.number().positive().max(120).default(20),
})
type Node = NodeOf<typeof schema>

const isAddress = (value: string) => /^[^\s@<>,;]+@[^\s@<>,;]+$/.test(value) && value.length <= 254

/** Without `error` the chat goes on and supervisors are told. */
function failed(node: Node, m: Machine, code: string): Outcome {
  if (node.on?.['error'] !== undefined) return m.fail(code)
  m.notice('email_failed', code)
  return m.go(node.next)
}

export const email = defineNode<Node>({
  type: 'email',
  schema,
  editor: {
    group: 'services', icon: 'mail', label: { es: 'Correo', en: 'E-mail' },
    help: { es: 'Envía un correo con lo que el cliente respondió.', en: 'Sends an e-mail with what the customer answered.' },
  },
  interactive: false,
  pauses: false,
  outputs: ['error'],
  texts: ['to.*', 'cc.*', 'subject', 'text', 'html', 'replyTo'],
  references: { mailServers: ['server'], files: ['attachments.*.mediaId'] },
  enter: (node, m) => {
    const { mark, extra } = m.secrets()
    // One template may write several addresses; line breaks would smuggle in headers.
    const list = (templates: readonly string[]) => templates
      .flatMap((template) => oneLine(m.text(template)).split(/[,;]/)).map((one) => one.trim()).filter(isAddress)
    const to = list(node.to)
    if (to.length === 0) return failed(node, m, 'bad_address')
    const attachments = node.attachments
      .map((one) => ('mediaId' in one ? { fileId: one.mediaId } : fileOf(readPath(m.scope(), one.variable))))
      .filter((one) => one !== null)
    return m.call({
      type: 'email', server: node.server, to, cc: list(node.cc), subject: oneLine(m.text(node.subject)), text: m.text(node.text, extra),
      html: node.html === undefined ? null : m.text(node.html, extra), attachments,
      replyTo: node.replyTo === undefined ? null : list([node.replyTo])[0] ?? null, timeout: node.timeout, mark,
    }, 'email')
  },
  result: (node, m, result) => (result.ok ? m.go(node.next) : failed(node, m, result.code)),
})
