/**
 * Table tests: what the network sent and the events it means, what we send and the request it becomes.
 * They return named checks, so any runner takes them: `for (const check of checks) it(check.name, check.run)`.
 */
import assert from 'node:assert/strict'
import type { Bridge, BridgeErrorCode, InboundEvent, OutboundMessage, SendResult, WebhookRequest } from '../bridge.ts'
import { isBridgeError } from '../bridge.ts'
import { fakeHost, type FakeHost } from './fakeHost.ts'
import type { Answering, RecordedRequest } from './fetch.ts'

export interface NamedCheck { readonly name: string; run(): Promise<void> }

export type OpenBridge = (fake: FakeHost) => Bridge

export interface ParseCase { readonly name: string; readonly request: WebhookRequest; readonly events: readonly InboundEvent[] }

/** A captured request, and exactly the events it gives; also that `verify` takes the capture. */
export function parseTable(open: OpenBridge, cases: readonly ParseCase[]): NamedCheck[] {
  return cases.map((one) => ({
    name: one.name,
    run: async () => {
      const { webhook } = open(fakeHost())
      assert.ok(webhook, 'the bridge has no webhook')
      assert.equal(webhook.verify(one.request), true, 'the request is refused')
      assert.deepEqual(webhook.parse(one.request), one.events)
    },
  }))
}

/** What must be true of a request; headers and body are compared only where given, extra headers do not matter. */
export type ExpectedRequest = Pick<RecordedRequest, 'method' | 'url'> & Partial<Pick<RecordedRequest, 'headers' | 'body'>>

export interface SendCase {
  readonly name: string
  readonly message: OutboundMessage
  /** In turn; an Error breaks the connection. */
  readonly answers: readonly Answering[]
  readonly requests: readonly ExpectedRequest[]
  /** One of the two. */
  readonly result?: Partial<SendResult>
  readonly error?: { readonly kind: 'transient' | 'permanent' | 'uncertain'; readonly code: BridgeErrorCode; readonly retryAfterMs?: number }
}

function checkRequest(actual: RecordedRequest | undefined, expected: ExpectedRequest, index: number): void {
  assert.ok(actual, `request ${index + 1} was not made: ${expected.method} ${expected.url}`)
  assert.equal(`${actual.method} ${actual.url}`, `${expected.method} ${expected.url}`)
  for (const [name, value] of Object.entries(expected.headers ?? {})) assert.equal(actual.headers[name.toLowerCase()], value, `header ${name}`)
  if (expected.body !== undefined) assert.deepEqual(actual.body, expected.body)
}

/** One message each: the requests it becomes, and what the caller gets. */
export function sendTable(open: OpenBridge, cases: readonly SendCase[]): NamedCheck[] {
  return cases.map((one) => ({
    name: one.name,
    run: async () => {
      const fake = fakeHost()
      fake.network.answer(...one.answers)
      const outcome = await open(fake).send(one.message, new AbortController().signal).then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      )
      one.requests.forEach((expected, index) => checkRequest(fake.network.requests[index], expected, index))
      assert.equal(fake.network.requests.length, one.requests.length, 'number of requests')
      if (one.error) {
        assert.ok('error' in outcome, 'it was sent')
        if (!isBridgeError(outcome.error)) throw outcome.error
        const { kind, code, detail } = outcome.error
        assert.deepEqual({ kind, code }, { kind: one.error.kind, code: one.error.code })
        if (one.error.retryAfterMs !== undefined) assert.equal(detail.retryAfterMs, one.error.retryAfterMs)
      } else {
        if ('error' in outcome) throw outcome.error
        for (const [field, value] of Object.entries(one.result ?? {})) assert.deepEqual(Object.entries(outcome.result).find(([name]) => name === field)?.[1], value)
      }
    },
  }))
}
