/** Messenger's side of what it shares with Instagram: which webhooks are its own, and how it is spoken to. */
import type { Capabilities, InboundEvent } from '../sdk/bridge.ts'
import type { MessagingDialect } from '../shared/meta/messaging/build.ts'
import { parseMessaging } from '../shared/meta/messaging/parse.ts'
import type { MessagingNetwork } from '../shared/meta/messaging/parse.ts'

export const network: MessagingNetwork = { object: 'page', kind: 'psid' }

export const parse = (rawBody: Uint8Array): InboundEvent[] => parseMessaging(network, rawBody)

/** Reactions are sent as the emoji itself. */
export const dialect = (capabilities: Capabilities): MessagingDialect => ({ capabilities, typed: true, metadata: true, reaction: emoji => emoji })
