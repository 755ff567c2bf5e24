/** Carries out what menus ask of outside services (domain/menu/calls.ts). Answers always: a failure is a result too. */
import { Readable } from 'node:stream'
import type { CallRequest, CallResult, EmailRequest, FileSource, HttpRequest, MediaRequest, ProcessRequest, AssistantRequest } from '../domain/menu/calls.ts'
import { maskSecrets, secretsOf, withSecrets } from '../domain/menu/calls.ts'
import type { FileRef, Json } from '../domain/menu/environment.ts'
import { mimeMatches } from '../../plugins/sdk/capabilities.ts'
import type { Core } from '../actions/core.ts'
import { addMedia, storedFile } from '../actions/media.ts'
import { mailServerOf, providerOf, secretValues } from '../actions/menus/services.ts'
import { addressGuard, type Guard } from '../adapters/addressGuard.ts'
import { chat, ProviderFailure, transcribe, type AssistantProvider } from '../adapters/assistant.ts'
import { takeStream } from '../adapters/fileIntake.ts'
import { guardedRequest, HttpFailure } from '../adapters/httpClient.ts'
import { sendMail } from '../adapters/mail.ts'
import { DomainError } from '../domain/errors.ts'

const mostBytes = 1024 * 1024
const mostMediaBytes = 100 * 1024 * 1024
/** A customer's file that is still on its way is waited for. */
const mediaStepMs = 500

type Failed = Extract<CallResult, { ok: false }>
const failed = (code: Failed['code'], message?: string): Failed => ({ ok: false, code, ...(message === undefined ? {} : { message: message.slice(0, 300) }) })

export class MenuServices {
  private readonly core: Core
  constructor(core: Core) {
    this.core = core
  }

  async carryOut(request: CallRequest): Promise<CallResult> {
    try {
      switch (request.type) {
        case 'http': return await this.http(request)
        case 'email': return await this.email(request)
        case 'media': return await this.media(request)
        case 'assistant': return await this.assistant(request)
        case 'process': return await this.process(request)
      }
    } catch (error) {
      return failureOf(error)
    }
  }

  private async guard(): Promise<Guard> {
    return addressGuard((await this.core.catalog.read()).setting('http.allow'))
  }

  private async http(wanted: HttpRequest): Promise<CallResult> {
    const secrets = await secretValues(this.core, secretsOf(wanted))
    const missing = secretsOf(wanted).find((name) => !secrets.has(name))
    if (missing !== undefined) return failed('unknown_secret', missing)
    const request = withSecrets(wanted, (name) => secrets.get(name) ?? '')
    const guard = await this.guard()
    const url = new URL(request.url)
    for (const [name, value] of request.query) url.searchParams.append(name, value)
    const headers: Record<string, string> = { accept: 'application/json, text/*;q=0.8, */*;q=0.5', ...Object.fromEntries(request.headers.map(([name, value]) => [name.toLowerCase(), value])) }
    await authorise(guard, request, secrets, headers)
    const body = bodyOf(request, headers)
    const started = this.core.clock.now()
    for (let tries = 0; ; tries++) {
      try {
        const answer = await guardedRequest(guard, { method: request.method, url: url.href, headers, body, timeoutMs: request.timeout * 1000, maxBytes: mostBytes })
        if (answer.status >= 500 && tries < request.retries) continue
        return { ok: true, type: 'http', status: answer.status, body: answer.body.toString('utf8'), note: { tries: tries + 1, ms: this.core.clock.now() - started, url: maskSecrets(wanted.url, wanted.mark) } }
      } catch (error) {
        if (!(error instanceof HttpFailure) || tries >= request.retries || error.code === 'blocked_address') throw error
      }
    }
  }

  private async email(wanted: EmailRequest): Promise<CallResult> {
    const server = await mailServerOf(this.core, wanted.server)
    if (!server) return failed('refused', 'unknown server')
    const secrets = await secretValues(this.core, secretsOf(wanted))
    const mail = withSecrets(wanted, (name) => secrets.get(name) ?? '')
    const attachments: { name: string; mime: string; content: Buffer }[] = []
    for (const source of mail.attachments) attachments.push(await this.read(source, mail.timeout))
    try {
      await sendMail(server, { to: mail.to, cc: mail.cc, subject: mail.subject, text: mail.text, html: mail.html, replyTo: mail.replyTo, attachments }, mail.timeout * 1000)
    } catch (error) {
      const { code, message } = error as { code?: string; message?: string }
      return failed(code === 'ETIMEDOUT' ? 'timeout' : code === 'ECONNECTION' || code === 'ESOCKET' || code === 'EDNS' ? 'network' : 'refused', message)
    }
    return { ok: true, type: 'email' }
  }

  private async media(wanted: MediaRequest): Promise<CallResult> {
    const file = 'fileId' in wanted.source ? await this.stored(wanted.source.fileId, 30) : await this.fetch(wanted.source.url, wanted.fileName, wanted.maxBytes)
    if (wanted.maxBytes !== null && file.size > wanted.maxBytes) return failed('media_too_large')
    if (wanted.mimeTypes && !mimeMatches(file.mimeType, wanted.mimeTypes)) return failed('media_type', file.mimeType)
    return { ok: true, type: 'media', file: wanted.fileName ? { ...file, fileName: wanted.fileName } : file }
  }

  private async assistant(wanted: AssistantRequest): Promise<CallResult> {
    const provider = await providerOf(this.core, wanted.provider)
    if (!provider) return failed('provider_error', 'unknown provider')
    const answer = await chat(await this.guard(), provider, {
      model: wanted.model, turns: [{ role: 'system', content: wanted.instructions }, ...wanted.turns.map((turn) => ({ role: turn.role, content: turn.text }))], maxTokens: wanted.maxTokens,
      schema: wanted.schema, handover: true, timeoutMs: wanted.timeout * 1000,
    })
    return { ok: true, type: 'assistant', text: answer.text, ...(answer.handover ? { handover: true } : {}) }
  }

  /** Each step takes the text of the one before. */
  private async process(wanted: ProcessRequest): Promise<CallResult> {
    const guard = await this.guard()
    const timeoutMs = wanted.timeout * 1000
    let text = wanted.text
    let data: Json | undefined
    const ask = async (provider: AssistantProvider, instructions: string, content: string | readonly Json[], schema: Json | null = null): Promise<string> =>
      (await chat(guard, provider, { model: null, turns: [{ role: 'system', content: instructions }, { role: 'user', content }], maxTokens: 1024, schema, timeoutMs })).text
    for (const step of wanted.steps) {
      const provider = await providerOf(this.core, step.provider)
      if (!provider) return failed('provider_error', 'unknown provider')
      if (step.type === 'transcribe') {
        if (!wanted.file) continue
        const file = await this.read(wanted.file, wanted.timeout)
        if (!file.mime.startsWith('audio/')) continue
        text = await transcribe(guard, provider, { bytes: file.content, mime: file.mime, name: file.name }, step.language, timeoutMs)
      } else if (step.type === 'describe') {
        if (!wanted.file) continue
        const file = await this.read(wanted.file, wanted.timeout)
        if (!file.mime.startsWith('image/')) continue
        text = await ask(provider, step.instructions ?? 'Describe la imagen en una frase.', [{ type: 'image_url', image_url: { url: `data:${file.mime};base64,${file.content.toString('base64')}` } }])
      } else if (step.type === 'translate') text = await ask(provider, `Translate the text into the language “${step.to}”. Answer with the translation alone.`, text)
      else {
        const answer = await ask(provider, 'Extract the data from the text as JSON of the given schema. Answer with JSON alone; what is not there is null.', text, step.schema)
        try {
          data = JSON.parse(answer) as Json
        } catch {
          return failed('provider_error', 'the answer is no JSON')
        }
      }
    }
    return { ok: true, type: 'process', text, ...(data === undefined ? {} : { data }) }
  }

  private async stored(id: string, seconds: number): Promise<FileRef & { sha256: string }> {
    for (let waited = 0; ; waited += mediaStepMs) {
      const file = await storedFile(this.core.db, id)
      if (file) {
        const size = (await this.core.storage.stat(file.sha256))?.size
        if (size === undefined) throw new CallFailed('media_unavailable')
        return { fileId: id, mimeType: file.mime, size, fileName: file.name, sha256: file.sha256 }
      }
      if (waited >= seconds * 1000) throw new CallFailed('media_unavailable')
      await new Promise((resolve) => setTimeout(resolve, mediaStepMs))
    }
  }

  private async fetch(url: string, name: string | null, maxBytes: number | null): Promise<FileRef> {
    const most = Math.min(maxBytes ?? mostMediaBytes, mostMediaBytes)
    const answer = await guardedRequest(await this.guard(), { method: 'GET', url, timeoutMs: 60_000, maxBytes: most })
    if (answer.status < 200 || answer.status > 299) throw new CallFailed('media_unavailable', `answered ${answer.status}`)
    const taken = await takeStream(Readable.from([answer.body]), { storage: this.core.storage, maxBytes: most, name: name ?? decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '') })
    const media = await addMedia(this.core, taken, {})
    return { fileId: media.id, mimeType: media.mime, size: media.size, fileName: media.name }
  }

  private async read(source: FileSource, seconds: number): Promise<{ name: string; mime: string; content: Buffer }> {
    const file = 'fileId' in source ? source : await this.fetch(source.url, null, null)
    const { sha256, mimeType, fileName } = await this.stored(file.fileId, seconds)
    const chunks: Buffer[] = []
    for await (const chunk of this.core.storage.open(sha256)) chunks.push(chunk as Buffer)
    return { name: fileName, mime: mimeType, content: Buffer.concat(chunks) }
  }
}

class CallFailed extends Error {
  readonly code: Failed['code']
  constructor(code: Failed['code'], message: string = code) {
    super(message)
    this.code = code
  }
}

function failureOf(error: unknown): Failed {
  if (error instanceof CallFailed || error instanceof HttpFailure) return failed(error.code, error.message)
  if (error instanceof ProviderFailure) return failed('provider_error', error.message)
  if (error instanceof DomainError) return failed(error.code === 'media_too_large' ? 'media_too_large' : error.code === 'media_type' ? 'media_type' : 'unknown', error.code)
  return failed('unknown', error instanceof Error ? error.message : String(error))
}

async function authorise(guard: Guard, { auth, timeout }: HttpRequest, secrets: ReadonlyMap<string, string>, headers: Record<string, string>): Promise<void> {
  if (auth.type === 'none') return
  const secret = secrets.get(auth.secret) ?? ''
  if (auth.type === 'bearer') headers.authorization = `Bearer ${secret}`
  else if (auth.type === 'basic') headers.authorization = `Basic ${Buffer.from(auth.user === '' ? secret : `${auth.user}:${secret}`).toString('base64')}`
  else if (auth.tokenUrl === null) headers[auth.header.toLowerCase()] = secret
  else {
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(auth.scope === null ? {} : { scope: auth.scope }) })
    const answer = await guardedRequest(guard, {
      method: 'POST', url: auth.tokenUrl, headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${Buffer.from(secret).toString('base64')}` }, body: form.toString(), timeoutMs: timeout * 1000, maxBytes: mostBytes,
    })
    const { access_token: token } = (answer.status === 200 ? JSON.parse(answer.body.toString('utf8')) : {}) as { access_token?: unknown }
    if (typeof token !== 'string') throw new CallFailed('refused', `the token address answered ${answer.status}`)
    headers[auth.header.toLowerCase()] = `Bearer ${token}`
  }
}

function bodyOf({ body }: HttpRequest, headers: Record<string, string>): string | undefined {
  if (body === null) return undefined
  const [type, text] = body.kind === 'json' ? ['application/json', JSON.stringify(body.value)] : body.kind === 'form' ? ['application/x-www-form-urlencoded', new URLSearchParams(body.fields.map(([name, value]): [string, string] => [name, value])).toString()] : ['text/plain; charset=utf-8', body.text]
  headers['content-type'] ??= type
  return text
}
