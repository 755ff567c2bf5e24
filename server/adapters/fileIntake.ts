/**
 * Takes a file from outside: looks into its content, refuses what is not what it says, measures pictures, makes a
 * reduced one, and puts both into the storage. Nothing stays behind of a file that is refused.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileTypeFromFile } from 'file-type'
import sharp from 'sharp'
import { DomainError } from '../domain/errors.ts'
import { acceptsType, kindOf, safeFileName, typeOf, type FileKind } from '../domain/fileTypes.ts'
import type { Storage } from '../domain/ports.ts'

export interface TakenFile {
  readonly sha256: string
  readonly size: number
  readonly mime: string
  readonly kind: FileKind
  readonly name: string
  readonly width: number | null
  readonly height: number | null
  readonly thumb: { readonly sha256: string; readonly size: number } | null
}

export interface Intake {
  readonly storage: Storage
  readonly maxBytes: number
  readonly name: string
  /** Types and families (`image/*`) that are taken; absent: any. */
  readonly accept?: readonly string[]
}

const thumbSide = 480
/** A picture of more points than this is refused: unpacked it would fill the memory. */
const mostPixels = 60_000_000
/** What sharp reads here without help; of other pictures the size stays unknown. */
const readable = new Set(['image/jpeg', 'image/png', 'image/apng', 'image/webp', 'image/gif', 'image/avif', 'image/tiff'])

/** Throws DomainError `media_type` and `media_too_large`. */
export async function takeStream(content: NodeJS.ReadableStream | Uint8Array, intake: Intake): Promise<TakenFile> {
  const folder = await mkdtemp(join(tmpdir(), 'turno-file-'))
  const path = join(folder, 'content')
  try {
    await pipeline(content instanceof Uint8Array ? Readable.from([content]) : content, upTo(intake.maxBytes), createWriteStream(path))
    return await takeFile(path, intake)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function upTo(maxBytes: number): Transform {
  let size = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      if (size > maxBytes) done(new DomainError('media_too_large', { maxBytes }))
      else done(null, chunk)
    },
  })
}

/** The same for a file that lies on the disk already. It is left there. */
export async function takeFile(path: string, intake: Intake): Promise<TakenFile> {
  const { size } = await stat(path)
  if (size > intake.maxBytes) throw new DomainError('media_too_large', { maxBytes: intake.maxBytes })
  const name = safeFileName(intake.name)
  const sniffed = (await fileTypeFromFile(path))?.mime ?? null
  const mime = typeOf(name, { mime: sniffed, text: sniffed === null && (await isText(path)) })
  if (mime === null || size === 0 || (intake.accept && !acceptsType(intake.accept, mime))) throw new DomainError('media_type', { name, found: sniffed })
  const picture = readable.has(sniffed ?? '') ? await measure(path, name) : { width: null, height: null, thumb: null }
  const stored = await intake.storage.put(createReadStream(path), intake.maxBytes)
  const thumb = picture.thumb && (await intake.storage.put(Readable.from([picture.thumb]), picture.thumb.length))
  return { ...stored, mime, kind: kindOf(mime), name, width: picture.width, height: picture.height, thumb }
}

interface Picture { readonly width: number; readonly height: number; readonly thumb: Buffer | null }

/** Reads the whole picture: one whose first bytes only are those of a picture fails here. */
async function measure(path: string, name: string): Promise<Picture> {
  try {
    const image = sharp(path, { limitInputPixels: mostPixels, failOn: 'error' }).rotate()
    const { width, height, orientation } = await image.metadata()
    const turned = (orientation ?? 1) >= 5
    const thumb = await image.resize(thumbSide, thumbSide, { fit: 'inside', withoutEnlargement: true }).webp({ quality: 76 }).toBuffer()
    return { width: turned ? height : width, height: turned ? width : height, thumb }
  } catch (error) {
    throw new DomainError('media_type', { name }, { cause: error })
  }
}

async function isText(path: string): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const chunk of createReadStream(path)) {
      if ((chunk as Buffer).includes(0)) return false
      decoder.decode(chunk as Buffer, { stream: true })
    }
    decoder.decode()
    return true
  } catch {
    // Not UTF-8.
    return false
  }
}
