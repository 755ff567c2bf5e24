/** The host that keeps encrypted files: uploads by POST, downloads by GET, over HTTPS on loopback. */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { certificate } from './certificate.ts'

export type MediaKind = 'Image' | 'Video' | 'Audio' | 'Document'

/** What a message says of a file. */
export interface MediaFields {
  readonly url: string
  readonly directPath: string
  readonly mediaKey: Buffer
  readonly fileSha256: Buffer
  readonly fileEncSha256: Buffer
  readonly fileLength: number
  readonly mediaKeyTimestamp: number
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const keysOf = (mediaKey: Uint8Array, kind: MediaKind): { iv: Buffer; cipher: Buffer; mac: Buffer } => {
  const bytes = Buffer.from(hkdfSync('sha256', mediaKey, Buffer.alloc(0), `WhatsApp ${kind} Keys`, 112))
  return { iv: bytes.subarray(0, 16), cipher: bytes.subarray(16, 48), mac: bytes.subarray(48, 80) }
}

export class MediaHost {
  readonly #files = new Map<string, Buffer>()
  #server: https.Server | undefined
  #port = 0
  /** Answers every upload with this status, to see what a client does. */
  refuseUploads = 0
  downloads = 0

  async start(): Promise<void> {
    this.#server = https.createServer(await certificate(), (request, response) => {
      const path = (request.url ?? '').split('?')[0] ?? ''
      if (request.method === 'POST') {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('end', () => {
          if (this.refuseUploads) return void response.writeHead(this.refuseUploads).end('{}')
          const body = Buffer.concat(chunks)
          const named = Buffer.from(path.split('/').at(-1) ?? '', 'base64url')
          if (!named.equals(sha256(body))) return void response.writeHead(400).end('{"error":"hash"}')
          const directPath = `/v/${randomBytes(8).toString('hex')}.enc`
          this.#files.set(directPath, body)
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ url: `https://${this.host}${directPath}`, direct_path: directPath }))
        })
        return
      }
      this.downloads++
      const file = this.#files.get(path)
      if (!file) return void response.writeHead(404).end()
      response.writeHead(200, { 'content-length': file.length }).end(file)
    })
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  get host(): string {
    return `127.0.0.1:${this.#port}`
  }

  /** Encrypts a file and keeps it, as a customer's phone does before it sends the message. */
  put(kind: MediaKind, plain: Uint8Array, mediaKey: Buffer = randomBytes(32)): MediaFields {
    const { iv, cipher, mac } = keysOf(mediaKey, kind)
    const aes = createCipheriv('aes-256-cbc', cipher, iv)
    const encrypted = Buffer.concat([aes.update(plain), aes.final()])
    const body = Buffer.concat([encrypted, createHmac('sha256', mac).update(iv).update(encrypted).digest().subarray(0, 10)])
    const directPath = `/v/${randomBytes(8).toString('hex')}.enc`
    this.#files.set(directPath, body)
    return {
      url: `https://${this.host}${directPath}`, directPath, mediaKey, fileSha256: sha256(plain), fileEncSha256: sha256(body),
      fileLength: plain.length, mediaKeyTimestamp: Math.floor(Date.now() / 1000),
    }
  }

  /** Decrypts what a client uploaded, and checks every hash that its message claims. */
  take(kind: MediaKind, claimed: { directPath?: string | null; mediaKey?: Uint8Array | null; fileSha256?: Uint8Array | null; fileEncSha256?: Uint8Array | null }): Buffer {
    const body = this.#files.get(claimed.directPath ?? '')
    if (!body) throw new Error('fake WhatsApp: the client never uploaded this file')
    const { iv, cipher, mac } = keysOf(claimed.mediaKey ?? Buffer.alloc(0), kind)
    const encrypted = body.subarray(0, -10)
    const expected = createHmac('sha256', mac).update(iv).update(encrypted).digest().subarray(0, 10)
    if (!timingSafeEqual(expected, body.subarray(-10))) throw new Error('fake WhatsApp: the file has a wrong MAC')
    const aes = createDecipheriv('aes-256-cbc', cipher, iv)
    const plain = Buffer.concat([aes.update(encrypted), aes.final()])
    if (!sha256(plain).equals(Buffer.from(claimed.fileSha256 ?? []))) throw new Error('fake WhatsApp: wrong fileSha256')
    if (!sha256(body).equals(Buffer.from(claimed.fileEncSha256 ?? []))) throw new Error('fake WhatsApp: wrong fileEncSha256')
    return plain
  }

  /** As if the file had expired. */
  remove(directPath: string): void {
    this.#files.delete(directPath)
  }

  /** Changes one byte of a stored file. */
  spoil(directPath: string): void {
    const body = this.#files.get(directPath)
    if (body) body[0] = (body[0] ?? 0) ^ 1
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()))
  }
}
