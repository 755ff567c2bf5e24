/** Files from the storage: with ranges, revalidated rather than trusted, and never as a page. */
import type { ParameterizedContext } from 'koa'
import { DomainError } from '../domain/errors.ts'
import { isShownInline } from '../domain/fileTypes.ts'
import type { Storage } from '../domain/ports.ts'

export interface ServedFile {
  readonly sha256: string
  readonly mime: string
  readonly name: string
}

/** Throws `media_unavailable` when the content is not there. */
export async function serveFile(ctx: ParameterizedContext, storage: Storage, file: ServedFile): Promise<void> {
  const found = await storage.stat(file.sha256)
  if (!found) throw new DomainError('media_unavailable')
  ctx.set('Content-Disposition', disposition(file))
  ctx.set('Accept-Ranges', 'bytes')
  // Compressed, a part would no longer be the part that was asked for.
  ctx.compress = false
  // The right to see it may end: a browser asks again, and is mostly told that nothing changed.
  if (!ctx.response.get('Cache-Control') || ctx.response.get('Cache-Control') === 'no-store') ctx.set('Cache-Control', 'private, no-cache')
  ctx.set('Content-Security-Policy', file.mime === 'application/pdf' ? "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'" : "default-src 'none'; sandbox")
  ctx.etag = file.sha256
  ctx.type = file.mime
  ctx.status = 200
  if (ctx.get('if-none-match').split(',').some((tag) => tag.trim().replace(/^W\//, '') === `"${file.sha256}"`)) {
    ctx.status = 304
    return
  }
  // A range of another version is not a part of this one.
  const ifRange = ctx.get('if-range')
  const range = ifRange && ifRange !== ctx.response.get('ETag') ? null : rangeOf(ctx.get('range'), found.size)
  if (range === 'unsatisfiable') {
    ctx.status = 416
    ctx.set('Content-Range', `bytes */${found.size}`)
    ctx.body = ''
    return
  }
  if (range) {
    ctx.status = 206
    ctx.set('Content-Range', `bytes ${range.start}-${range.end}/${found.size}`)
  }
  ctx.length = range ? range.end - range.start + 1 : found.size
  // HEAD opens nothing. Setting a stream as body forgets the length, so it is said again.
  if (ctx.method === 'HEAD') return
  const { length, type } = ctx.response
  ctx.body = storage.open(file.sha256, range ?? undefined)
  ctx.length = length
  ctx.type = type
}

interface Range { readonly start: number; readonly end: number }

/** One range of bytes; several, or another unit, are answered with the whole. */
export function rangeOf(header: string, size: number): Range | 'unsatisfiable' | null {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? []
  if (first === undefined || (first === '' && last === '')) return null
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' || last === undefined ? size - 1 : Math.min(Number(last), size - 1)
  return start > end || start >= size ? 'unsatisfiable' : { start, end }
}

function disposition({ mime, name }: ServedFile): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${isShownInline(mime) ? 'inline' : 'attachment'}; filename="${plain}"; filename*=UTF-8''${encoded}`
}
