/** Language models behind any address that speaks OpenAI's chat completions and audio transcriptions. No streaming. */
import { FormData } from 'undici'
import type { Json } from '../domain/menu/environment.ts'
import type { Guard } from './addressGuard.ts'
import { guardedRequest, HttpFailure } from './httpClient.ts'

export interface AssistantProvider { readonly baseUrl: string; readonly model: string; readonly secret: string | null }
export interface ChatTurn { readonly role: 'system' | 'user' | 'assistant'; readonly content: string | readonly Json[] }
export interface ChatRequest {
  readonly model: string | null
  readonly turns: readonly ChatTurn[]
  readonly maxTokens: number
  /** Ask for JSON of this shape. */
  readonly schema?: Json | null
  /** Offer the model a tool with which it hands over to a person. */
  readonly handover?: boolean
  readonly timeoutMs: number
}
export interface ChatAnswer { readonly text: string; readonly handover: boolean }

/** The service answered, but not with an answer. */
export class ProviderFailure extends Error {
  override readonly name = 'ProviderFailure'
}

const mostBytes = 1024 * 1024
const handoverTool = {
  type: 'function',
  function: { name: 'handover', description: 'Hand the conversation over to a human agent, when the person asks for one or you cannot help.', parameters: { type: 'object', properties: { reason: { type: 'string' } } } },
}

const headersOf = (provider: AssistantProvider): Record<string, string> => (provider.secret ? { authorization: `Bearer ${provider.secret}` } : {})
const addressOf = (provider: AssistantProvider, path: string): string => `${provider.baseUrl.replace(/\/+$/, '')}/${path}`

/** @throws HttpFailure, ProviderFailure */
export async function chat(guard: Guard, provider: AssistantProvider, wanted: ChatRequest): Promise<ChatAnswer> {
  const body = {
    model: wanted.model ?? provider.model, messages: wanted.turns, max_tokens: wanted.maxTokens, stream: false,
    ...(wanted.schema ? { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: wanted.schema } } } : {}),
    ...(wanted.handover ? { tools: [handoverTool], tool_choice: 'auto' } : {}),
  }
  const answer = await guardedRequest(guard, {
    method: 'POST', url: addressOf(provider, 'chat/completions'), headers: { 'content-type': 'application/json', ...headersOf(provider) }, body: JSON.stringify(body), timeoutMs: wanted.timeoutMs, maxBytes: mostBytes,
  })
  const read = jsonOf(answer.status, answer.body) as { choices?: { message?: { content?: string | null; tool_calls?: { function?: { name?: string } }[] } }[] }
  const message = read.choices?.[0]?.message
  if (!message) throw new ProviderFailure('the answer has no message')
  return { text: message.content ?? '', handover: message.tool_calls?.some((call) => call.function?.name === 'handover') ?? false }
}

/** Speech to text. @throws HttpFailure, ProviderFailure */
export async function transcribe(guard: Guard, provider: AssistantProvider, audio: { bytes: Uint8Array; mime: string; name: string }, language: string | null, timeoutMs: number): Promise<string> {
  const form = new FormData()
  form.set('file', new Blob([new Uint8Array(audio.bytes)], { type: audio.mime }), audio.name || 'audio.ogg')
  form.set('model', provider.model)
  if (language) form.set('language', language)
  const answer = await guardedRequest(guard, { method: 'POST', url: addressOf(provider, 'audio/transcriptions'), headers: headersOf(provider), body: form, timeoutMs, maxBytes: mostBytes })
  const { text } = jsonOf(answer.status, answer.body) as { text?: unknown }
  if (typeof text !== 'string') throw new ProviderFailure('the answer has no text')
  return text
}

function jsonOf(status: number, body: Buffer): unknown {
  if (status < 200 || status > 299) throw new ProviderFailure(`the service answered ${status}`)
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new ProviderFailure('the answer is no JSON')
  }
}

export { HttpFailure }
