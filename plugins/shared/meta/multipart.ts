/** `multipart/form-data` as a stream of known length: files go up to 100 MB and some gateways refuse chunked bodies. */
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type { HostMedia } from '../../sdk/bridge.ts'

export function multipart(fields: Readonly<Record<string, string>>, fileField: string, file: HostMedia): { body: ReadableStream; headers: Record<string, string> } {
  // Unguessable: a customer's file that contains it could add fields of its own.
  const boundary = `turno-${randomUUID()}`
  const parts = Object.entries(fields).map(([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
  const head = Buffer.from(`${parts.join('')}--${boundary}\r\nContent-Disposition: form-data; name="${fileField}"; filename="${quoted(file.fileName)}"\r\nContent-Type: ${file.mimeType}\r\n\r\n`)
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  async function* bytes(): AsyncGenerator<Buffer> {
    yield head
    for await (const chunk of file.open()) yield Buffer.from(chunk)
    yield tail
  }
  return {
    body: Readable.toWeb(Readable.from(bytes())) as ReadableStream,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-length': String(head.length + file.size + tail.length) },
  }
}

/** As browsers write it: a name may not end the header or the quotation. */
const quoted = (name: string): string => name.replace(/[\r\n]/g, ' ').replace(/"/g, '%22')
