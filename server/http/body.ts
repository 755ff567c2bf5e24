/** Bodies of requests, read whole up to a limit: raw for webhooks, JSON for our own pages. */
import type { IncomingMessage } from 'node:http'
import { DomainError } from '../domain/errors.ts'

/** Throws `payload_too_large`; the rest is then not read, and the connection ends with the answer. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw new DomainError('payload_too_large', { maxBytes })
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length
      if (size > maxBytes) throw new DomainError('payload_too_large', { maxBytes })
      chunks.push(chunk as Buffer)
    }
  } catch (error) {
    // The caller went away in the middle.
    throw error instanceof DomainError ? error : new DomainError('bad_request', { reason: 'aborted' }, { cause: error })
  }
  return Buffer.concat(chunks, size)
}

/** Throws `bad_request` for what is not JSON, said or written so. No body counts as an empty object. */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const body = await readBody(request, maxBytes)
  if (body.length === 0) return {}
  // A form of another site cannot say so without asking first.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) throw new DomainError('bad_request', { reason: 'content_type' })
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown
  } catch (error) {
    throw new DomainError('bad_request', { reason: 'json' }, { cause: error })
  }
}
