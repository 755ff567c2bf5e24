/** Opens one connection to WhatsApp. A closed one is never used again: each attempt makes a new one. */
import https from 'node:https'
import { Agent, ProxyAgent, type Dispatcher } from 'undici'
import type { BinaryNode, GroupMetadata, SignalKeyStore, WAMessageKey, WASocket, WAVersion, proto } from '@whiskeysockets/baileys'
import type { Logger } from '../../sdk/index.ts'
import type { Journal } from '../journal.ts'
import type { AuthState } from './authState.ts'
import type { Baileys } from './load.ts'
import { libraryLogger } from './logger.ts'
import { ConnectAgent } from './proxy.ts'
import { COMMIT_RETRIES, repositoryMaker } from './repository.ts'
import { underPolicy, verifier } from './signatures.ts'

/** What of the settings a connection depends on. */
export interface LineOptions {
  readonly version?: WAVersion
  readonly proxy?: string
  readonly verifySignatures: boolean
  readonly markOnline: boolean
  /** A server of one's own instead of WhatsApp's: address, root key (32 bytes, hex) and certificate authority (PEM). */
  readonly server?: { readonly url: string; readonly rootKey?: string; readonly ca?: string }
  readonly keepAliveMs: number
  readonly queryTimeoutMs: number
  /** Life of each QR code; by default a minute for the first and twenty seconds for the others. */
  readonly qrMs?: number
}

export interface LineParts {
  readonly library: Baileys
  readonly auth: AuthState
  readonly journal: Journal
  readonly options: LineOptions
  readonly log: Logger
  readonly getMessage: (key: WAMessageKey) => Promise<proto.IMessage | undefined>
  readonly cachedGroup: (jid: string) => Promise<GroupMetadata | undefined>
}

export interface Line {
  readonly socket: WASocket
  readonly keys: SignalKeyStore
  /** Closes the connection and writes what is left. The library's own `close` event follows. */
  close(): Promise<void>
}

/** How uploads, downloads and the socket itself leave this machine; nothing set means the process's own way. */
export function routes(options: Pick<LineOptions, 'proxy' | 'server'>): { agent?: https.Agent; dispatcher?: Dispatcher } {
  const ca = options.server?.ca
  const tls = ca ? { ca } : {}
  if (options.proxy) {
    return { agent: new ConnectAgent(options.proxy, tls), dispatcher: new ProxyAgent({ uri: options.proxy, requestTls: tls, connect: tls }) }
  }
  return ca ? { agent: new https.Agent(tls), dispatcher: new Agent({ connect: tls }) } : {}
}

/** Messages of the phone to its own devices (history, keys) are large, and the network repeats them on demand. */
const isKept = (stanza: BinaryNode): boolean => stanza.attrs['category'] !== 'peer'

function rememberStanzas(): { see(stanza: BinaryNode): void; of(ciphertext: Uint8Array): BinaryNode | undefined } {
  const stanzas = new WeakMap<Uint8Array, BinaryNode>()
  return {
    see(stanza) {
      if (!isKept(stanza) || !Array.isArray(stanza.content)) return
      for (const child of stanza.content) if (child.tag === 'enc' && child.content instanceof Uint8Array) stanzas.set(child.content, stanza)
    },
    of: (ciphertext) => stanzas.get(ciphertext),
  }
}

/**
 * Has messages handled one after the other. The client handles several at a time up to their decryption, so the first
 * message of someone new, whose addresses it stores first, would be overtaken by the second; and what waited at the
 * server (`offline`) by what arrives now.
 */
function inOrder(socket: WASocket, before: (stanza: BinaryNode) => Promise<void> | void): void {
  const handlers = socket.ws.listeners('CB:message') as ((stanza: BinaryNode) => Promise<void>)[]
  socket.ws.removeAllListeners('CB:message')
  let work = Promise.resolve()
  socket.ws.on('CB:message', (stanza: BinaryNode) => {
    const { offline: _, ...attrs } = stanza.attrs
    const message = { ...stanza, attrs }
    work = work.then(async () => {
      await before(message)
      for (const handle of handlers) await handle(message)
    }).catch(() => undefined)
  })
}

/** What the own phone writes names both addresses of the other side; the client takes only one from it. */
async function learnAddresses(socket: WASocket, { attrs }: BinaryNode): Promise<void> {
  const { recipient, peer_recipient_lid: lid, peer_recipient_pn: phone } = attrs
  if (!recipient) return
  const pair = lid ? { pn: recipient, lid } : phone ? { pn: phone, lid: recipient } : null
  if (pair) await socket.signalRepository.lidMapping.storeLIDPNMappings([pair])
}

/** Opens the connection; what becomes of it is told by its `connection.update` events. */
export async function openLine(parts: LineParts): Promise<Line> {
  const { library, auth, options } = parts
  const logger = libraryLogger(parts.log)
  const stanzas = rememberStanzas()
  const { agent, dispatcher } = routes(options)
  const verify = await verifier()
  const policy = {
    strict: options.verifySignatures,
    ...(options.server?.rootKey ? { rootKey: Buffer.from(options.server.rootKey, 'hex') } : {}),
    onIgnored: () => parts.log.warn('whatsapp-web: a wrong signature was let through, as the settings ask', {}),
  }
  const socket = underPolicy(policy, () => library.makeWASocket({
    auth: { creds: auth.creds, keys: auth.keys },
    logger,
    browser: library.Browsers.ubuntu('Chrome'),
    ...(options.version ? { version: options.version } : {}),
    ...(options.server ? { waWebSocketUrl: options.server.url } : {}),
    // An agent for TLS cannot open a plain socket (a test server's).
    ...(agent && !options.server?.url.startsWith('ws:') ? { agent } : {}),
    ...(agent ? { fetchAgent: agent } : {}),
    ...(dispatcher ? { options: { dispatcher } as unknown as RequestInit } : {}),
    keepAliveIntervalMs: options.keepAliveMs,
    defaultQueryTimeoutMs: options.queryTimeoutMs,
    ...(options.qrMs === undefined ? {} : { qrTimeout: options.qrMs }),
    markOnlineOnConnect: options.markOnline,
    syncFullHistory: false,
    emitOwnEvents: false,
    generateHighQualityLinkPreview: false,
    // Statuses of others and channels are not messages to this line; replies to our own status are ordinary messages.
    shouldIgnoreJid: (jid) => library.isJidNewsletter(jid) || library.isJidStatusBroadcast(jid),
    transactionOpts: COMMIT_RETRIES,
    getMessage: parts.getMessage,
    cachedGroupMetadata: parts.cachedGroup,
    makeSignalRepository: repositoryMaker({
      library, keys: auth.keys, journal: parts.journal, stanzaOf: stanzas.of, ...(options.verifySignatures ? { verify } : {}),
    }),
  }))
  inOrder(socket, (stanza) => {
    stanzas.see(stanza)
    return learnAddresses(socket, stanza)
  })
  return {
    socket,
    keys: auth.keys,
    async close() {
      await socket.end(undefined)
      await auth.writer.flush()
    },
  }
}
