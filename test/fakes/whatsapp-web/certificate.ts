/** A certificate for 127.0.0.1, made once per process by openssl: Node can use one, but not make one. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Certificate { readonly key: string; readonly cert: string }

let made: Promise<Certificate> | undefined

async function make(): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'fake-whatsapp-'))
  try {
    const key = join(folder, 'key.pem')
    const cert = join(folder, 'cert.pem')
    await promisify(execFile)('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30',
      '-subj', '/CN=fake-whatsapp', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert,
    ])
    return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export function certificate(): Promise<Certificate> {
  made ??= make()
  return made
}
