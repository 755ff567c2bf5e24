import type { MessageKind, MessageStatus } from '../../../../server/http/contract/chats.ts'
import type { IconName } from '../components/iconNames.ts'

/** The icon of a kind, in list previews and quotes; none for plain text. */
export const kindIcons: Partial<Record<MessageKind, IconName>> = {
  image: 'image', video: 'play', audio: 'mic', voice: 'mic', document: 'doc', sticker: 'smile', location: 'pin', contacts: 'user',
  template: 'doc', call: 'phone', order: 'list', form: 'list', unsupported: 'warn', note: 'lock',
}

export const statusIcons: Record<MessageStatus, IconName> = {
  queued: 'clock', sending: 'clock', uncertain: 'warn', sent: 'check', delivered: 'checks', read: 'checks', played: 'checks', failed: 'alert',
}
