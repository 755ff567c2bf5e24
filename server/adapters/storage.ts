/** Files in a folder, by the sha256 of their content: `ab/cd/abcd…`. The same content is stored once. */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { DomainError } from '../domain/errors.ts'
import type { Storage } from '../domain/ports.ts'

/** An upload that a crash cut short is removed after this long. */
const abandonedAfter = 24 * 3600 * 1000

export function fileStorage(folder: string): Storage {
  const incoming = join(folder, 'incoming')
  let prepared: Promise<void> | undefined
  const prepare = async (): Promise<void> => {
    await mkdir(incoming, { recursive: true })
    for (const name of await readdir(incoming)) {
      const path = join(incoming, name)
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }))
      if (mtimeMs < Date.now() - abandonedAfter) await rm(path, { force: true })
    }
  }
  const place = (sha256: string): string => {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new DomainError('not_found')
    return join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256)
  }

  return {
    async put(stream, maxBytes) {
      // A failure is not remembered, so that a folder that comes back works again.
      await (prepared ??= prepare().catch((error: unknown) => { prepared = undefined; throw error }))
      const temporary = join(incoming, randomUUID())
      const hash = createHash('sha256')
      let size = 0
      const measure = new Transform({
        transform(chunk: Buffer | string, encoding, done) {
          const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
          size += bytes.length
          hash.update(bytes)
          if (size > maxBytes) done(new DomainError('media_too_large', { maxBytes }))
          else done(null, bytes)
        },
      })
      try {
        await pipeline(stream, measure, createWriteStream(temporary, { flags: 'wx', mode: 0o640, flush: true }))
        const sha256 = hash.digest('hex')
        await keep(temporary, place(sha256))
        return { sha256, size }
      } finally {
        await rm(temporary, { force: true })
      }
    },
    open: (sha256, range) => createReadStream(place(sha256), range),
    async stat(sha256) {
      try {
        return { size: (await stat(place(sha256))).size }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
    },
    remove: (sha256) => rm(place(sha256), { force: true }),
  }
}

/** The name appears with its whole content or not at all, and survives a power cut once this resolves. */
async function keep(temporary: string, path: string): Promise<void> {
  if (await access(path).then(() => true, () => false)) return
  const folder = dirname(path)
  const made = await mkdir(folder, { recursive: true })
  await rename(temporary, path)
  await sync(folder)
  if (made) for (const parent of [dirname(folder), dirname(dirname(folder))]) await sync(parent)
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
