/**
 * Fetches a file that came with a message, decrypts it while it streams, and checks its MAC and its hash before the
 * last bytes are given out. The library does neither, and would follow any address that a customer writes into a
 * message: here only WhatsApp's own hosts are asked.
 */
import { createDecipheriv, createHash, createHmac, hkdfSync, timingSafeEqual, type Decipher, type Hash, type Hmac } from 'node:crypto'
import { Readable, Transform, type TransformCallback } from 'node:stream'
import { fetch as undiciFetch, type Dispatcher } from 'undici'
import type { WAMessage } from '@whiskeysockets/baileys'
import type { BridgeHost, MediaFacet, RemoteMedia } from '../sdk/index.ts'
import { BridgeError, isBridgeError } from '../sdk/index.ts'
import { routes, type LineOptions } from './baileys/socket.ts'
import type { MediaDescriptor, MediaKind } from './mediaRef.ts'
import { MediaSeal } from './mediaRef.ts'
import type { Session } from './session.ts'

const ORIGIN = 'https://web.whatsapp.com'
const HOST = 'mmg.whatsapp.net'
const REUPLOAD_MS = 30_000
/** The host sets the limits of what it keeps; this one only stops a runaway. */
const MAX_BYTES = 2 * 1024 * 1024 * 1024
const MAC_BYTES = 10

const infoOf: Readonly<Record<MediaKind, string>> = {
  image: 'WhatsApp Image Keys', sticker: 'WhatsApp Image Keys', video: 'WhatsApp Video Keys', audio: 'WhatsApp Audio Keys', document: 'WhatsApp Document Keys',
}

type Encrypted = Exclude<MediaDescriptor, { kind: 'plain' }>
const spoiled = (what: string): BridgeError => new BridgeError('permanent', 'media_unavailable', `The file is damaged: ${what}`)

/** AES-256-CBC with ten bytes of HMAC behind; the last block and the MAC are held back until both are checked. */
class Decrypter extends Transform {
  readonly #cipher: Decipher
  readonly #hmac: Hmac
  readonly #plain: Hash = createHash('sha256')
  readonly #expected: Buffer | undefined
  #tail: Buffer = Buffer.alloc(0)
  #size = 0

  constructor(descriptor: Encrypted) {
    super()
    const keys = Buffer.from(hkdfSync('sha256', Buffer.from(descriptor.mediaKey, 'base64'), Buffer.alloc(0), infoOf[descriptor.kind], 112))
    this.#cipher = createDecipheriv('aes-256-cbc', keys.subarray(16, 48), keys.subarray(0, 16))
    this.#hmac = createHmac('sha256', keys.subarray(48, 80)).update(keys.subarray(0, 16))
    this.#expected = descriptor.sha256 ? Buffer.from(descriptor.sha256, 'base64') : undefined
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#size += chunk.length
    if (this.#size > MAX_BYTES) return done(new BridgeError('permanent', 'media_too_large', 'The file is larger than anything WhatsApp carries'))
    const bytes = Buffer.concat([this.#tail, chunk])
    const ready = Math.max(0, bytes.length - MAC_BYTES)
    this.#tail = bytes.subarray(ready)
    const encrypted = bytes.subarray(0, ready)
    this.#hmac.update(encrypted)
    this.#give(this.#cipher.update(encrypted))
    done()
  }

  override _flush(done: TransformCallback): void {
    try {
      const mac = this.#hmac.digest().subarray(0, MAC_BYTES)
      if (this.#tail.length !== MAC_BYTES || !timingSafeEqual(mac, this.#tail)) return done(spoiled('wrong MAC'))
      const last = this.#cipher.final()
      this.#plain.update(last)
      if (this.#expected && !this.#plain.digest().equals(this.#expected)) return done(spoiled('wrong hash'))
      if (last.length > 0) this.push(last)
      done()
    } catch {
      done(spoiled('it cannot be decrypted'))
    }
  }

  #give(plain: Buffer): void {
    if (plain.length === 0) return
    this.#plain.update(plain)
    this.push(plain)
  }
}

export interface MediaParts {
  readonly host: BridgeHost
  readonly options: Pick<LineOptions, 'proxy' | 'server'>
  readonly session: () => Session
}

export function mediaFacet(parts: MediaParts): MediaFacet {
  const { host, options } = parts
  const { dispatcher } = routes(options)
  // A server of one's own keeps its files on itself.
  const trusted = (name: string): boolean => name.endsWith('.whatsapp.net') || (options.server !== undefined && name.startsWith('127.0.0.1:'))

  const request = async (url: string, signal: AbortSignal): Promise<Response> => {
    const init = { headers: { origin: ORIGIN }, signal, redirect: 'error' as const }
    try {
      return dispatcher ? await undiciFetch(url, { ...init, dispatcher: dispatcher as Dispatcher }) as unknown as Response : await host.fetch(url, init)
    } catch (cause) {
      throw new BridgeError('transient', 'network', 'The file could not be fetched', { cause })
    }
  }

  const addressOf = (descriptor: Encrypted): string => {
    const name = descriptor.host && trusted(descriptor.host) ? descriptor.host : HOST
    const url = URL.canParse(descriptor.directPath, `https://${name}`) ? new URL(descriptor.directPath, `https://${name}`) : null
    if (!url || url.host !== name) throw spoiled('it has no valid address')
    return url.href
  }

  /** The phone still has the file and uploads it again; it must be online. */
  const uploadedAgain = async (descriptor: Encrypted, signal: AbortSignal): Promise<Encrypted> => {
    const { message: key } = descriptor
    const content = { [`${descriptor.kind}Message`]: { mediaKey: Buffer.from(descriptor.mediaKey, 'base64'), directPath: descriptor.directPath, url: addressOf(descriptor) } }
    const message = { key, message: content } as unknown as WAMessage
    const gone = new BridgeError('transient', 'media_unavailable', 'The file has expired, and the phone has not sent it again')
    const timeout = new Promise<never>((_resolve, reject) => {
      const timer = setTimeout(() => reject(gone), REUPLOAD_MS)
      timer.unref()
      signal.addEventListener('abort', () => { clearTimeout(timer); reject(gone) }, { once: true })
    })
    try {
      const updated = await Promise.race([parts.session().socket.updateMediaMessage(message), timeout])
      const fields = Object.values(updated.message ?? {}).find((value): value is { directPath?: string } => typeof value === 'object' && value !== null && 'directPath' in value)
      return { ...descriptor, directPath: fields?.directPath ?? descriptor.directPath }
    } catch (error) {
      if (isBridgeError(error) && error.kind === 'transient') throw error
      throw new BridgeError('permanent', 'media_unavailable', 'The file has expired, and the phone no longer has it', { cause: error })
    }
  }

  const open = async (descriptor: Encrypted, signal: AbortSignal, again: boolean): Promise<Response> => {
    const response = await request(addressOf(descriptor), signal)
    if (response.ok) return response
    await response.body?.cancel()
    if ((response.status === 404 || response.status === 410) && again) return open(await uploadedAgain(descriptor, signal), signal, false)
    const expired = response.status === 404 || response.status === 410
    throw new BridgeError(expired ? 'permanent' : 'transient', expired ? 'media_unavailable' : 'network', `The file's host answered ${response.status}`, { remoteCode: String(response.status) })
  }

  return {
    async fetch(ref: RemoteMedia, signal: AbortSignal) {
      const descriptor = (await MediaSeal.open(host.store)).unseal(ref.id)
      if (!descriptor) throw new BridgeError('permanent', 'media_unavailable', 'The file belongs to an earlier link of this number')
      if (descriptor.kind === 'plain') {
        const response = await request(descriptor.url, signal)
        if (!response.ok || !response.body) throw new BridgeError('permanent', 'media_unavailable', `The picture's host answered ${response.status}`)
        return { stream: Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]), mimeType: response.headers.get('content-type') ?? 'image/jpeg' }
      }
      const response = await open(descriptor, signal, true)
      if (!response.body) throw spoiled('it is empty')
      const source = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])
      const decrypter = new Decrypter(descriptor)
      source.once('error', (cause) => decrypter.destroy(new BridgeError('transient', 'network', 'The file broke off', { cause })))
      return {
        stream: source.pipe(decrypter), mimeType: descriptor.mimeType ?? 'application/octet-stream',
        ...(descriptor.size ? { size: descriptor.size } : {}), ...(descriptor.fileName ? { fileName: descriptor.fileName } : {}),
      }
    },
  }
}
