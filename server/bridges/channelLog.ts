/** Every exchange with a provider, redacted, for administrators (architecture, Habits §14). Written in the background. */
import { recordExchanges, type Exchange } from '../actions/channelRuntime.ts'
import type { Core } from '../actions/core.ts'
import { isSecretName, readable, redact } from '../domain/redact.ts'

export class ChannelLog {
  private readonly core: Core
  private waiting: Exchange[] = []
  private writing: Promise<void> | null = null
  constructor(core: Core) {
    this.core = core
  }

  /** Lines that come while a batch is written go together with the next. */
  add(exchange: Exchange): void {
    this.waiting.push({ ...exchange, request: redact(exchange.request), response: redact(exchange.response) })
    this.writing ??= this.write()
  }

  async settled(): Promise<void> {
    await this.writing
  }

  private async write(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, 200)
      try {
        await recordExchanges(this.core, batch)
      } catch (error) {
        this.core.log.warn('channel log not written', { lines: batch.length, error: error instanceof Error ? error.message : String(error) })
      }
    }
    this.writing = null
  }
}

/** `fetch` with a time limit whose exchanges are in the channel's log. Query strings may carry tokens: they are masked. */
export function loggedFetch(log: ChannelLog, channelId: string, secrets: readonly string[]): typeof fetch {
  const mask = (text: string): string => secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text)
  return async (input, init) => {
    const started = performance.now()
    const url = new URL(input instanceof Request ? input.url : String(input))
    for (const name of [...url.searchParams.keys()]) if (isSecretName(name)) url.searchParams.set(name, '***')
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET')
    const request = { url: mask(url.href), body: typeof init?.body === 'string' ? readable(mask(init.body)) : undefined }
    const line = { channelId, endpointId: null, direction: 'out' as const, summary: `${method} ${url.host}${mask(url.pathname)}`, request }
    try {
      const response = await fetch(input, { ...init, signal: init?.signal ?? AbortSignal.timeout(30_000) })
      const text = /json|text|xml/.test(response.headers.get('content-type') ?? '') ? await response.clone().text() : undefined
      log.add({ ...line, status: response.status, durationMs: Math.round(performance.now() - started), response: text === undefined ? null : readable(mask(text)) })
      return response
    } catch (error) {
      log.add({ ...line, status: null, durationMs: Math.round(performance.now() - started), response: { error: error instanceof Error ? error.message : String(error) } })
      throw error
    }
  }
}
