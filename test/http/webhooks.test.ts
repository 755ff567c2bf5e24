import { expect } from 'chai'
import type { BridgeDefinition } from '../../plugins/sdk/bridge.ts'
import { loopback, signLoopback } from '../../plugins/sdk/testkit/loopback.ts'
import { eachDatabase } from '../databases.ts'
import { refusalOf, Site } from '../support/site.ts'
import { World } from '../world.ts'

const secret = 'a secret of the endpoint'
/** Loopback with the corners that some networks have: a handshake, an acknowledgement of its own, a parser that gives up. */
const cornered: BridgeDefinition = {
  ...(loopback as BridgeDefinition), type: 'cornered',
  open(channel, host) {
    const bridge = (loopback as BridgeDefinition).open(channel, host)
    const webhook = bridge.webhook as NonNullable<typeof bridge.webhook>
    return Object.assign(Object.create(bridge) as typeof bridge, {
      webhook: {
        handshake: (request: Parameters<typeof webhook.verify>[0]) => (request.query['hub.challenge'] ? { status: 200, contentType: 'text/plain', body: request.query['hub.challenge'] } : null),
        verify: (request: Parameters<typeof webhook.verify>[0]) => {
          if (request.headers['x-break']) throw new Error('no such algorithm')
          return webhook.verify(request)
        },
        parse: (request: Parameters<typeof webhook.verify>[0]) => {
          if (Buffer.from(request.rawBody).includes('poison')) throw new Error('unexpected field')
          return webhook.parse(request)
        },
        acknowledgement: { status: 200, contentType: 'text/xml', body: '<Response/>' },
      },
    })
  },
}

eachDatabase((database) => {
  describe('what providers call', () => {
    let world: World
    let site: Site
    let hook: string, corneredHook: string
    before(async () => {
      world = await World.build(database, { bridges: [cornered] })
      site = await Site.open(world.core, { bridges: world.bridges })
      const endpointOf = async (id: string): Promise<string> => ((await world.db.get<{ endpointId: string }>('SELECT endpointId FROM channels WHERE id = ?', [id]))?.endpointId as string)
      hook = `/hooks/loopback/${await endpointOf(await world.channel('uno'))}`
      await world.db.run("INSERT INTO endpoints (id, bridge, name, secrets, createdAt) SELECT ?, 'cornered', name, secrets, createdAt FROM endpoints WHERE bridge = 'loopback'", [world.core.ids.next()])
      corneredHook = `/hooks/cornered/${(await world.db.get<{ id: string }>("SELECT id FROM endpoints WHERE bridge = 'cornered'"))?.id}`
    })
    after(async () => {
      await site.close()
      await world.close()
    })
    const call = (path: string, { body, headers }: { body: string; headers: Record<string, string> }) => site.browser().ask(path, { method: 'POST', raw: body, headers })
    const stored = async (): Promise<{ requests: number; events: number }> => ({
      requests: (await world.db.get<{ n: number }>('SELECT COUNT(*) AS n FROM inbox_requests'))?.n ?? 0, events: (await world.db.get<{ n: number }>('SELECT COUNT(*) AS n FROM inbox_events'))?.n ?? 0,
    })
    const added = async (work: () => Promise<unknown>): Promise<{ requests: number; events: number }> => {
      const before = await stored()
      await work()
      const after = await stored()
      return { requests: after.requests - before.requests, events: after.events - before.events }
    }

    it('is answered when it is stored, and becomes a chat', async () => {
      const signed = signLoopback(secret, [{ account: 'uno', id: 'w1', from: 'c1', text: 'hola', at: world.clock.at }])
      const answer = await call(hook, signed)
      expect(answer.status).to.equal(200)
      expect(await stored()).to.deep.equal({ requests: 1, events: 1 })
      await world.settle()
      expect((await world.chat('c1')).state).to.equal('QUEUED')
      expect(await added(() => call(hook, signed)), 'a redelivery is one event').to.deep.include({ events: 0 })
    })

    it('is refused without the right signature, and nothing is kept', async () => {
      const { body } = signLoopback(secret, [{ account: 'uno', id: 'w2', from: 'c2', text: 'hola' }])
      const wrong = signLoopback('another secret', [{ account: 'uno', id: 'w2', from: 'c2', text: 'hola' }])
      expect(await added(async () => {
        expect(refusalOf(await call(hook, wrong))).to.equal('401 bad_signature')
        expect(refusalOf(await call(hook, { body, headers: {} }))).to.equal('401 bad_signature')
        expect(refusalOf(await call(hook, { body: `${body} `, headers: signLoopback(secret, []).headers }))).to.equal('401 bad_signature')
        expect(refusalOf(await call(corneredHook, { body, headers: { ...signLoopback(secret, []).headers, 'x-break': '1' } })), 'a check that fails').to.equal('401 bad_signature')
      })).to.deep.equal({ requests: 0, events: 0 })
    })

    it('is not found at an address that nobody has', async () => {
      const signed = signLoopback(secret, [])
      for (const path of [`/hooks/loopback/${world.core.ids.next()}`, '/hooks/loopback/x', hook.replace('loopback', 'cornered'), hook.replace('loopback', 'nada')]) {
        expect(refusalOf(await call(path, signed)), path).to.equal('404 not_found')
      }
    })

    it('is kept for administrators where the identity is nobody’s', async () => {
      expect(await added(async () => expect((await call(hook, signLoopback(secret, [{ account: 'nadie', id: 'w3', from: 'c3', text: 'hola' }]))).status).to.equal(200))).to.deep.equal({ requests: 1, events: 1 })
      expect((await world.db.get<{ state: string; channelId: string | null }>("SELECT state, channelId FROM inbox_events WHERE account = 'nadie'"))?.channelId).to.equal(null)
    })

    it('is kept raw where the body is not understood, acknowledged as the network wants it', async () => {
      const signed = signLoopback(secret, [{ account: 'uno', id: 'w4', from: 'c4', text: 'poison' }])
      expect(await added(async () => {
        const answer = await call(corneredHook, signed)
        expect([answer.status, answer.headers.get('content-type'), answer.text]).to.deep.equal([200, 'text/xml; charset=utf-8', '<Response/>'])
      })).to.deep.equal({ requests: 1, events: 0 })
      const row = await world.db.get<{ state: string; error: string; body: Uint8Array }>("SELECT state, error, body FROM inbox_requests WHERE state = 'unparsed'")
      expect(row).to.deep.include({ state: 'unparsed', error: 'unexpected field' })
      expect(Buffer.from(row?.body as Uint8Array).toString()).to.equal(signed.body)
    })

    it('answers a handshake before it looks for a signature', async () => {
      const answer = await site.browser().get(`${corneredHook}?hub.challenge=1158201444`)
      expect([answer.status, answer.text]).to.deep.equal([200, '1158201444'])
      expect(refusalOf(await site.browser().get(corneredHook))).to.equal('401 bad_signature')
    })

    it('is refused when it is too large', async () => {
      const { headers } = signLoopback(secret, [])
      expect(await added(async () => expect(refusalOf(await call(hook, { body: 'x'.repeat(5 * 1024 * 1024), headers }))).to.equal('413 payload_too_large'))).to.deep.equal({ requests: 0, events: 0 })
    })

    it('is not told that it was stored when it was not', async () => {
      const broken = await Site.open({ ...world.core, db: Object.assign(Object.create(world.db) as typeof world.db, { transaction: async () => { throw new Error('disk full') } }) }, { bridges: world.bridges })
      try {
        const answer = await broken.browser().ask(hook, { method: 'POST', raw: signLoopback(secret, [{ account: 'uno', id: 'w5', from: 'c5', text: 'x' }]).body, headers: signLoopback(secret, [{ account: 'uno', id: 'w5', from: 'c5', text: 'x' }]).headers })
        expect(refusalOf(answer)).to.equal('500 internal')
        expect(answer.text).not.to.contain('disk full')
        expect(world.log.lines.at(-1)).to.deep.include({ level: 'error', message: 'request failed' })
      } finally {
        await broken.close()
      }
    })
  })
})
