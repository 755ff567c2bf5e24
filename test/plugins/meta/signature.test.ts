import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { webhookRequest } from '../../../plugins/sdk/testkit/index.ts'
import { hubHandshake, verifySignature } from '../../../plugins/shared/meta/signature.ts'

interface Vectors {
  readonly meta: { readonly appSecret: string; readonly rawBody: string; readonly header: Record<string, string>; readonly valid: boolean; readonly why?: string }[]
  readonly handshake: { readonly query: string; readonly verifyToken: string; readonly status: number; readonly body?: string }[]
}
const vectors = JSON.parse(readFileSync(new URL('../../fixtures/meta-signature-vectors.json', import.meta.url), 'utf8')) as Vectors

describe('a webhook of Meta', () => {
  for (const { appSecret, rawBody, header, valid, why } of vectors.meta) {
    it(`is ${valid ? 'taken' : 'refused'}: ${why ?? 'wrong digest'}`, () => {
      expect(verifySignature(appSecret, webhookRequest({ body: rawBody, headers: header }))).to.equal(valid)
    })
  }

  it('is refused where no secret is known, even signed with an empty one', () => {
    const [good] = vectors.meta
    for (const secret of [undefined, '']) expect(verifySignature(secret, webhookRequest({ body: good?.rawBody ?? '', headers: good?.header ?? {} }))).to.equal(false)
  })
})

describe('the handshake of Meta', () => {
  for (const { query, verifyToken, status, body } of vectors.handshake) {
    it(`answers ${status} to ${query}`, () => {
      const reply = hubHandshake(verifyToken, webhookRequest({ method: 'GET', url: `https://turno.example/wh/e?${query}` }))
      expect(reply?.status).to.equal(status)
      if (body !== undefined) expect(reply).to.deep.include({ body, contentType: 'text/plain; charset=utf-8' })
      else expect(reply?.body).to.not.include('1158201444')
    })
  }

  it('is refused where no token is known', () => {
    expect(hubHandshake('', webhookRequest({ method: 'GET', url: 'https://turno.example/wh/e?hub.mode=subscribe&hub.challenge=1&hub.verify_token=' }))?.status).to.equal(403)
  })

  it('is no handshake when it is an event', () => {
    expect(hubHandshake('right', webhookRequest({ json: {} }))).to.equal(null)
  })
})
