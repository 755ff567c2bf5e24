/** What a message says: from the network's own form to parts. Pure; `file` turns a file's description into a reference. */
import type { proto } from '@whiskeysockets/baileys'
import type { Json, MediaRef, Part, Referral } from '../sdk/index.ts'
import { isStatus } from './ids.ts'
import type { MediaKind } from './mediaRef.ts'
import { readVcard } from './vcard.ts'

type Message = proto.IMessage
export interface FileFields {
  readonly url?: string | null
  readonly directPath?: string | null
  readonly mediaKey?: Uint8Array | null
  readonly fileSha256?: Uint8Array | null
  readonly fileEncSha256?: Uint8Array | null
  readonly fileLength?: number | { toNumber(): number } | null
  readonly mimetype?: string | null
}
export type MakeFile = (kind: MediaKind, fields: FileFields, fileName?: string) => MediaRef
/** A picture of an advert, at an address of the network's own picture servers. */
export type MakePicture = (url: string) => MediaRef | undefined

const WRAPPERS = [
  'ephemeralMessage', 'viewOnceMessage', 'viewOnceMessageV2', 'viewOnceMessageV2Extension', 'documentWithCaptionMessage', 'editedMessage',
  'associatedChildMessage', 'groupMentionedMessage', 'lottieStickerMessage', 'botInvokeMessage', 'groupStatusMessage', 'groupStatusMessageV2',
  'statusMentionMessage', 'pollCreationMessageV4', 'botForwardedMessage', 'questionMessage', 'questionReplyMessage',
] as const

/** Takes a message out of its envelopes: disappearing, view once, edited, a copy of the account's own phone. */
export function unwrap(message: Message | null | undefined): Message {
  let current = message ?? {}
  for (let depth = 0; depth < 6; depth++) {
    const inner = current.deviceSentMessage?.message ?? WRAPPERS.map((name) => current[name]?.message).find(Boolean)
    if (!inner) break
    current = inner
  }
  return current
}

/** Not messages: keys, votes, pins, albums' frames and the like. */
const SILENT = new Set([
  'senderKeyDistributionMessage', 'fastRatchetKeySenderKeyDistributionMessage', 'messageContextInfo', 'protocolMessage', 'pollUpdateMessage',
  'pinInChatMessage', 'keepInChatMessage', 'encReactionMessage', 'encCommentMessage', 'encEventResponseMessage', 'stickerSyncRmrMessage',
  'albumMessage', 'call', 'bcallMessage', 'callLogMesssage', 'messageHistoryBundle', 'messageHistoryNotice', 'placeholderMessage',
  'secretEncryptedMessage', 'reactionMessage', 'limitSharingMessage', 'requestPhoneNumberMessage', 'pollResultSnapshotMessage', 'pollResultSnapshotMessageV3',
])

/** The name of what the message is; null when it is nothing that a person said. */
export function contentType(message: Message): string | null {
  const names = Object.entries(message).filter(([, value]) => value !== null && value !== undefined).map(([name]) => name)
  return names.find((name) => !SILENT.has(name)) ?? null
}

const text = (value: string | null | undefined): string => value ?? ''
const optional = <K extends string, V>(name: K, value: V | null | undefined): Partial<Record<K, V>> =>
  value === null || value === undefined || value === '' ? {} : { [name]: value } as Partial<Record<K, V>>
const seconds = (value: number | null | undefined): { durationMs?: number } => (value ? { durationMs: value * 1000 } : {})
const unsupported = (name: string, said?: string): Part => ({ kind: 'unsupported', remoteType: name.replace(/Message(V\d+)?$/, ''), ...optional('text', said) })

function mediaPart(message: Message, file: MakeFile): Part | null {
  const { imageMessage: image, audioMessage: audio, documentMessage: document, stickerMessage: sticker } = message
  const video = message.videoMessage ?? message.ptvMessage
  if (image) return { kind: 'image', media: file('image', image), ...optional('caption', image.caption) }
  if (video) {
    return { kind: 'video', media: file('video', video), ...optional('caption', video.caption), ...seconds(video.seconds), ...(video.gifPlayback ? { animated: true } : {}) }
  }
  if (audio) return { kind: audio.ptt ? 'voice' : 'audio', media: file('audio', audio), ...seconds(audio.seconds) }
  if (document) {
    const name = document.fileName || document.title || undefined
    return { kind: 'document', media: file('document', document, name), ...optional('caption', document.caption) }
  }
  if (sticker) return { kind: 'sticker', media: file('sticker', sticker), ...(sticker.isAnimated || sticker.isLottie ? { animated: true } : {}) }
  return null
}

function placePart(message: Message): Part | null {
  const place = message.locationMessage ?? message.liveLocationMessage
  if (!place) return null
  const { degreesLatitude: latitude, degreesLongitude: longitude } = place
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return unsupported('location')
  if ('name' in place) return { kind: 'location', latitude, longitude, ...optional('name', place.name), ...optional('address', place.address) }
  return { kind: 'location', latitude, longitude, ...optional('name', message.liveLocationMessage?.caption) }
}

function cardsPart(message: Message): Part | null {
  const one = message.contactMessage
  if (one) return { kind: 'contacts', contacts: [readVcard(text(one.vcard), one.displayName)] }
  const many = message.contactsArrayMessage?.contacts
  return many && many.length > 0 ? { kind: 'contacts', contacts: many.map((card) => readVcard(text(card.vcard), card.displayName)) } : null
}

function parseJson(raw: string): Json | undefined {
  try {
    return JSON.parse(raw) as Json
  } catch {
    return undefined
  }
}

/** What a customer pressed. */
function choicePart(message: Message): Part | null {
  const button = message.buttonsResponseMessage
  if (button) return { kind: 'choice', via: 'button', id: text(button.selectedButtonId), title: text(button.selectedDisplayText) }
  const list = message.listResponseMessage
  if (list) return { kind: 'choice', via: 'list', id: text(list.singleSelectReply?.selectedRowId), title: text(list.title) }
  const template = message.templateButtonReplyMessage
  if (template) return { kind: 'choice', via: 'template', id: text(template.selectedId), title: text(template.selectedDisplayText) }
  const interactive = message.interactiveResponseMessage
  if (!interactive) return null
  const raw = text(interactive.nativeFlowResponseMessage?.paramsJson)
  const values = parseJson(raw)
  const said = text(interactive.body?.text)
  if (typeof values === 'object' && values !== null && 'id' in values && typeof values['id'] === 'string') {
    return { kind: 'choice', via: 'button', id: values['id'], title: said || values['id'] }
  }
  const name = interactive.nativeFlowResponseMessage?.name
  const isObject = typeof values === 'object' && values !== null && !Array.isArray(values)
  return name ? { kind: 'form', name, values: isObject ? values as Readonly<Record<string, Json>> : null, raw } : unsupported('interactiveResponse', said)
}

/** Texts of messages that businesses send: buttons, lists, templates. */
function businessText(message: Message): string {
  const { buttonsMessage: buttons, listMessage: list, templateMessage: template, interactiveMessage: interactive } = message
  const hydrated = template?.hydratedTemplate ?? template?.hydratedFourRowTemplate
  const lines = [
    buttons?.headerType === 1 ? '' : buttons?.text, buttons?.contentText, buttons?.footerText, ...(buttons?.buttons ?? []).map((one) => one.buttonText?.displayText),
    list?.title, list?.description, ...(list?.sections ?? []).flatMap((one) => (one.rows ?? []).map((row) => row.title)),
    hydrated?.hydratedTitleText, hydrated?.hydratedContentText, hydrated?.hydratedFooterText,
    interactive?.header?.title, interactive?.body?.text, interactive?.footer?.text, template?.interactiveMessageTemplate?.body?.text,
  ]
  return lines.filter(Boolean).join('\n')
}

const poll = (message: Message): proto.Message.IPollCreationMessage | null | undefined =>
  message.pollCreationMessage ?? message.pollCreationMessageV2 ?? message.pollCreationMessageV3 ?? message.pollCreationMessageV5

function wordsOf(message: Message): string {
  const asked = poll(message)
  if (asked) return [asked.name, ...(asked.options ?? []).map((one) => `- ${text(one.optionName)}`)].join('\n')
  return text(message.eventMessage?.name ?? message.groupInviteMessage?.caption ?? message.orderMessage?.message ?? message.productMessage?.product?.title
    ?? message.groupInviteMessage?.groupName ?? message.sendPaymentMessage?.noteMessage?.extendedTextMessage?.text)
}

/** One message is one part here; null when nobody said anything. */
export function partOf(message: Message, file: MakeFile): Part | null {
  const name = contentType(message)
  if (!name) return null
  const said = message.conversation ?? message.extendedTextMessage?.text
  if (said) return { kind: 'text', text: said }
  const part = mediaPart(message, file) ?? placePart(message) ?? cardsPart(message) ?? choicePart(message)
  if (part) return part
  const business = businessText(message)
  return business ? { kind: 'text', text: business } : unsupported(name, wordsOf(message))
}

/** Quote, advert, status, forwarding: they hang on whichever content the message has. */
export function contextOf(message: Message): proto.IContextInfo | null {
  for (const value of Object.values(message)) {
    if (typeof value === 'object' && value !== null && 'contextInfo' in value && value.contextInfo) return value.contextInfo as proto.IContextInfo
  }
  return null
}

export function referralOf(context: proto.IContextInfo, file: MakeFile, picture: MakePicture): Referral | undefined {
  const advert = context.externalAdReply
  if (advert && (advert.ctwaClid || advert.sourceType === 'ad' || advert.sourceId || advert.showAdAttribution)) {
    const media = picture(text(advert.originalImageUrl ?? advert.thumbnailUrl))
    return {
      kind: 'ad', ...optional('title', advert.title), ...optional('body', advert.body), ...optional('url', advert.sourceUrl),
      ...optional('sourceId', advert.sourceId), ...optional('clickId', advert.ctwaClid), ...optional('ref', advert.ref), ...(media ? { media } : {}),
    }
  }
  if (isStatus(text(context.remoteJid)) || context.statusAttributionType) {
    const status = unwrap(context.quotedMessage)
    const part = partOf(status, file)
    const media = part && 'media' in part ? part.media : undefined
    const body = part?.kind === 'text' ? part.text : part && 'caption' in part ? part.caption : undefined
    return { kind: 'status', ...optional('body', body), ...optional('sourceId', context.stanzaId), ...(media ? { media } : {}) }
  }
  return undefined
}
