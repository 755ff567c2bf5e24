/**
 * What is needed to fetch a file later: where it is, its key, and the message it came with (its sender's phone may have
 * to upload it again). The host keeps this as an opaque id, so it is sealed with a key that never leaves the channel's
 * store: nobody can read a file's key in a log, and nobody can make the server fetch an address of their choice.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { BridgeStore, RemoteMedia } from '../sdk/index.ts'

export type MediaKind = 'image' | 'video' | 'audio' | 'document' | 'sticker'

export type MediaDescriptor =
  | {
      readonly kind: MediaKind
      readonly directPath: string
      /** Host of the sender's URL; used only where it is trusted. */
      readonly host?: string
      /** Base64, as the two below. */
      readonly mediaKey: string
      readonly sha256?: string
      readonly encSha256?: string
      readonly mimeType?: string
      readonly size?: number
      readonly fileName?: string
      readonly message: { readonly remoteJid: string; readonly id: string; readonly fromMe: boolean; readonly participant?: string }
    }
  /** A picture of an advert: not encrypted. */
  | { readonly kind: 'plain'; readonly url: string }

export class MediaSeal {
  readonly #key: Buffer

  private constructor(key: Buffer) {
    this.#key = key
  }

  static async open(store: BridgeStore): Promise<MediaSeal> {
    const stored = await store.get('media-seal')
    if (stored) return new MediaSeal(Buffer.from(stored))
    const key = randomBytes(32)
    await store.write(new Map([['media-seal', key]]))
    return new MediaSeal(key)
  }

  seal(descriptor: MediaDescriptor): string {
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv)
    return Buffer.concat([iv, cipher.update(JSON.stringify(descriptor)), cipher.final(), cipher.getAuthTag()]).toString('base64url')
  }

  /** Null for what this channel did not seal. */
  unseal(id: string): MediaDescriptor | null {
    const bytes = Buffer.from(id, 'base64url')
    if (bytes.length < 29) return null
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, 12))
      decipher.setAuthTag(bytes.subarray(-16))
      return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')) as MediaDescriptor
    } catch {
      return null
    }
  }

  remote(descriptor: MediaDescriptor): RemoteMedia {
    const id = this.seal(descriptor)
    if (descriptor.kind === 'plain') return { at: 'remote', id }
    const { mimeType, size, fileName, sha256 } = descriptor
    return {
      at: 'remote', id,
      ...(mimeType ? { mimeType } : {}), ...(size ? { size } : {}), ...(fileName ? { fileName } : {}),
      ...(sha256 ? { sha256: Buffer.from(sha256, 'base64').toString('hex') } : {}),
    }
  }
}
