import { expect } from 'chai'
import { isBridgeError } from '../../../plugins/sdk/index.ts'
import { recordingFetch } from '../../../plugins/sdk/testkit/index.ts'
import type { FakeAnswer } from '../../../plugins/sdk/testkit/index.ts'
import { errors as instagram } from '../../../plugins/instagram/errors.ts'
import { errors as messenger } from '../../../plugins/messenger/errors.ts'
import { Graph } from '../../../plugins/shared/meta/graph.ts'
import type { ErrorTable } from '../../../plugins/shared/meta/errors.ts'
import { errors as cloud } from '../../../plugins/whatsapp-cloud/errors.ts'

/** What a send makes of an answer: `kind code remoteCode`, and how long to wait. */
async function outcome(table: ErrorTable, answer: FakeAnswer | Error, sending = true): Promise<readonly [string, number | undefined]> {
  const network = recordingFetch()
  network.answer(answer)
  const graph = new Graph({ fetch: network.fetch, baseUrl: 'https://graph.facebook.com', version: 'v25.0', token: async () => 't', errors: table })
  const error = await graph.post('1/messages', {}, { sending }).then(() => null, (reason: unknown) => reason)
  if (!isBridgeError(error)) throw new Error(`not a BridgeError: ${String(error)}`)
  return [`${error.kind} ${error.code} ${error.detail.remoteCode}`, error.detail.retryAfterMs]
}
const refusal = (code: number, subcode?: number, status = 400): FakeAnswer => ({ status, json: { error: { message: 'm', type: 'OAuthException', code, ...(subcode && { error_subcode: subcode }) } } })

type Row = readonly [codes: readonly (number | readonly [number, number])[], expected: string]
const tables: readonly { readonly name: string; readonly table: ErrorTable; readonly rows: readonly Row[] }[] = [
  {
    name: 'WhatsApp Cloud', table: cloud, rows: [
      [[1, 2, 131000, 131016, 131057, 133004], 'transient provider_error'],
      [[4, 80007, 130429, 131056], 'transient rate_limited'],
      [[131048], 'permanent rate_limited'],
      [[131049, 130472], 'permanent recipient_limited'],
      [[131047], 'permanent window_closed'],
      [[131050], 'permanent opted_out'],
      [[131026], 'permanent not_on_network'],
      [[0, 3, 10, 33, 190, [190, 463], 200, 299, 131045, 133010], 'permanent auth_failed'],
      [[368, 131031, 131037, 130497], 'permanent account_blocked'],
      [[131042], 'permanent payment_required'],
      [[100, [100, 33], 131005, 131008, 131009, 131021, 135000], 'permanent bad_request'],
      [[131051], 'permanent not_supported'],
      [[131052, 131053], 'permanent media_unavailable'],
      [[132000, 132005, 132007, 132012, 132068, 132069, [100, 2388040], [100, 2388047], [100, 2388072], [100, 2388073], [100, 2388293], [100, 2388299], [100, 2388019]], 'permanent template_invalid'],
      [[132001, 132015, 132016], 'permanent template_not_approved'],
      [[999999], 'permanent unknown'],
    ],
  },
  {
    name: 'Messenger', table: messenger, rows: [
      [[[10, 2018278]], 'permanent window_closed'],
      [[551, [551, 1545041], [200, 1545041]], 'permanent recipient_blocked'],
      [[613, 4, 32, 80006], 'transient rate_limited'],
      [[1, 2, [2, 2018344], 1200, -1], 'transient provider_error'],
      [[190, [190, 463], [190, 467], 102, 10, 200, 230], 'permanent auth_failed'],
      [[368, [10, 1893063]], 'permanent account_blocked'],
      [[[100, 2018001]], 'permanent not_on_network'],
      [[[100, 2018109]], 'permanent media_too_large'],
      [[[100, 2018047], [100, 2018008]], 'permanent media_unavailable'],
      [[100], 'permanent bad_request'],
    ],
  },
  {
    name: 'Instagram', table: instagram, rows: [
      [[[10, 2534022], [10, 2018278]], 'permanent window_closed'],
      [[[100, 2534014]], 'permanent not_on_network'],
      [[[100, 2534068]], 'permanent not_supported'],
      [[[10, 2534122], [10, 1893063], [100, 2534029], 368], 'permanent account_blocked'],
      [[551], 'permanent recipient_blocked'],
      [[613, 4, 32, 80006], 'transient rate_limited'],
      [[1, 2], 'transient provider_error'],
      [[190, 200, 230, 10], 'permanent auth_failed'],
      [[100], 'permanent bad_request'],
    ],
  },
]

for (const { name, table, rows } of tables) {
  describe(`the codes of ${name}`, () => {
    for (const [codes, expected] of rows) {
      for (const entry of codes) {
        const [code, subcode] = typeof entry === 'number' ? [entry, undefined] : entry
        const shown = subcode ? `${code}/${subcode}` : String(code)
        it(`${shown} is ${expected}`, async () => { expect((await outcome(table, refusal(code, subcode)))[0]).to.equal(`${expected} ${shown}`) })
      }
    }
  })
}

describe('an answer without a known code', () => {
  const rows: readonly { readonly name: string; readonly answer: FakeAnswer | Error; readonly sending?: boolean; readonly expected: string }[] = [
    { name: 'a gateway that gave up, on a send', answer: { status: 502, body: '<html>' }, expected: 'uncertain provider_error http_502' },
    { name: 'the same on anything else', answer: { status: 502, body: '<html>' }, sending: false, expected: 'transient provider_error http_502' },
    { name: 'a server that takes nothing', answer: { status: 503, body: '' }, expected: 'transient provider_error http_503' },
    { name: 'a bare 429', answer: { status: 429, body: '' }, expected: 'transient rate_limited http_429' },
    { name: 'a bare 401', answer: { status: 401, body: '' }, expected: 'permanent auth_failed http_401' },
    { name: 'a bare 400', answer: { status: 400, body: '' }, expected: 'permanent provider_error http_400' },
    { name: 'an error with 200', answer: { status: 200, json: { error: { code: 131047 } } }, expected: 'permanent window_closed 131047' },
    { name: 'a broken connection, on a send', answer: new TypeError('fetch failed'), expected: 'uncertain network TypeError' },
    { name: 'the same on anything else', answer: new TypeError('fetch failed'), sending: false, expected: 'transient network TypeError' },
    { name: 'an address that does not exist', answer: Object.assign(new TypeError('fetch failed'), { cause: { code: 'ENOTFOUND' } }), expected: 'transient network ENOTFOUND' },
    { name: 'a time-out', answer: new DOMException('late', 'TimeoutError'), expected: 'uncertain network TimeoutError' },
  ]
  for (const { name, answer, sending, expected } of rows) it(`${name} is ${expected}`, async () => { expect((await outcome(cloud, answer, sending))[0]).to.equal(expected) })
})

describe('how long to wait', () => {
  const usage = JSON.stringify({ 1: [{ type: 'messages', estimated_time_to_regain_access: 3 }], 2: [{ estimated_time_to_regain_access: 7 }] })
  const rows: readonly { readonly name: string; readonly answer: FakeAnswer; readonly ms: number | undefined }[] = [
    { name: 'is said by the code', answer: refusal(131056), ms: 6000 },
    { name: 'is a day after a warning for spam', answer: refusal(131048), ms: 86_400_000 },
    { name: 'is said better by the answer', answer: { ...refusal(130429), headers: { 'retry-after': '40' } }, ms: 40_000 },
    { name: 'is the longest of several limits', answer: { ...refusal(80007), headers: { 'x-business-use-case-usage': usage } }, ms: 420_000 },
    { name: 'is left to the core otherwise', answer: refusal(131000), ms: undefined },
  ]
  for (const { name, answer, ms } of rows) it(name, async () => { expect((await outcome(cloud, answer))[1]).to.equal(ms) })
})
