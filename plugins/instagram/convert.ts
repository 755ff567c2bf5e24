/** Instagram's side of what it shares with Messenger: which webhooks are its own, and how it is spoken to. */
import type { Capabilities, InboundEvent } from '../sdk/bridge.ts'
import type { MessagingDialect } from '../shared/meta/messaging/build.ts'
import { parseMessaging } from '../shared/meta/messaging/parse.ts'
import type { MessagingNetwork } from '../shared/meta/messaging/parse.ts'

export const network: MessagingNetwork = { object: 'instagram', kind: 'igsid' }

export const parse = (rawBody: Uint8Array): InboundEvent[] => parseMessaging(network, rawBody)

/** Words that Instagram has for reactions; any other emoji goes as it is. Variation marks do not count. */
const words: Readonly<Record<string, string>> = { '❤': 'love', '😆': 'smile', '😠': 'angry', '😢': 'sad', '😮': 'wow', '👍': 'like', '👎': 'dislike' }

export const dialect = (capabilities: Capabilities, login: 'instagram' | 'facebook'): MessagingDialect => ({
  capabilities,
  typed: login === 'facebook',
  // Nothing that we set comes back: an echo is known by its message id.
  metadata: false,
  reaction: emoji => words[emoji.replace(/\uFE0F/g, '')] ?? emoji,
})
