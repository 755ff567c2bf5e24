/** Sends a file (F048, F050). One that is stored and that the channel takes goes at once; others are fetched or converted first. */
import { canSend, fileProblem } from '../../../../plugins/sdk/capabilities.ts'
import { z } from 'zod'
import { mediaKinds, type Content, type MediaKind } from '../effects.ts'
import type { FileRef } from '../environment.ts'
import { nodeSchema, outputs, shortText, source, text } from '../fields.ts'
import type { Machine } from '../machine.ts'
import { defineNode, type NodeOf, type Outcome } from '../nodeType.ts'
import { oneLine } from '../text.ts'

const schema = nodeSchema('media', outputs(), {
  kind: z.enum(mediaKinds), source, caption: text.default(''), filename: shortText.optional(),
})
type Node = NodeOf<typeof schema>

/** What the channel can send in place of a kind it does not have: the file as a document, a voice note as audio. */
function sendable(m: Machine, kind: MediaKind): MediaKind | null {
  const other: readonly MediaKind[] = kind === 'voice' ? ['audio', 'document'] : kind === 'sticker' ? ['image'] : ['document']
  return [kind, ...other].find((one) => canSend(m.env.channel, one)) ?? null
}

function deliver(node: Node, m: Machine, kind: MediaKind, file: FileRef): Outcome {
  const caption = m.text(node.caption).trim()
  const name = oneLine(m.text(node.filename))
  const sent = name === '' ? file : { ...file, fileName: name }
  const below = caption !== '' && m.env.channel.parts[kind]?.caption === true
  const content: Content = { kind, file: sent, ...(below ? { caption } : {}) }
  m.send(content, 'message')
  if (!below) m.sendText(caption, 'message')
  return m.go(node.next)
}

function failed(node: Node, m: Machine, code: string): Outcome {
  if (node.on?.['error'] !== undefined) return m.fail(code)
  m.notice('media_failed', code)
  return m.go(node.next)
}

export const media = defineNode<Node>({
  type: 'media',
  schema,
  editor: {
    group: 'talk', icon: 'image', label: { es: 'Archivo', en: 'File' },
    help: { es: 'Envía una imagen, un video, un audio o un documento.', en: 'Sends an image, a video, an audio or a document.' },
  },
  interactive: false,
  pauses: false,
  outputs: ['error'],
  texts: ['source.url', 'caption', 'filename'],
  references: { files: ['source.mediaId'] },
  enter: (node, m) => {
    const kind = sendable(m, node.kind)
    if (!kind) return failed(node, m, 'not_supported')
    const found = m.file(node.source)
    if (!found) return failed(node, m, 'media_unavailable')
    const known = 'fileId' in found ? m.env.catalog.file(found.fileId) : null
    if (known && !fileProblem(m.env.channel, kind, known)) return deliver(node, m, kind, known)
    const limits = m.env.channel.parts[kind]
    const fileName = oneLine(m.text(node.filename)) || null
    const [maxBytes, mimeTypes] = [limits?.maxBytes ?? null, limits?.mimeTypes ?? null]
    return m.call({ type: 'media', source: found, as: kind, fileName, maxBytes, mimeTypes }, kind)
  },
  result: (node, m, result, purpose) => {
    if (!result.ok || result.type !== 'media') return failed(node, m, result.ok ? 'unknown' : result.code)
    return deliver(node, m, mediaKinds.find((kind) => kind === purpose) ?? node.kind, result.file)
  },
  check: (node, check) => {
    for (const { name, capabilities } of check.channels) {
      const sends = canSend(capabilities, node.kind) || canSend(capabilities, 'document')
      if (!sends) check.report('channel_media', 'kind', `${node.kind} (${name})`)
    }
  },
})
