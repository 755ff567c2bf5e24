import { expect } from 'chai'
import { createChannel, removeChannel, routeChannel, switchChannel, updateChannel, type NewChannel } from '../../server/actions/channels.ts'
import { channelLog, findChannel, listChannels, unknownAccounts, unparsedRequests } from '../../server/actions/queries/channels.ts'
import { createQueue, removeQueue } from '../../server/actions/queues.ts'
import { recordInbound } from '../../server/actions/inbound/record.ts'
import { disableUser } from '../../server/actions/users.ts'
import { openSecrets } from '../../server/actions/secrets.ts'
import { modelsOf } from '../../server/store/models/index.ts'
import loopback from '../../plugins/sdk/testkit/loopback.ts'
import { defineBridge, type BridgeDefinition, type InboundEvent } from '../../plugins/sdk/index.ts'
import type { Actor } from '../../server/domain/permissions.ts'
import type { Destination } from '../../server/domain/routing.ts'
import { eachDatabase } from '../databases.ts'
import { failure } from '../support/failure.ts'
import { addUser, agent, auditOf, cli, company, eventsOf, supervisor, type Company } from './company.ts'

/** A bridge that nobody calls: its key is made by Turno, its password is its own. */
const page = defineBridge({
  type: 'page',
  channelType: 'page',
  displayName: 'Page',
  sdk: '^1.0.0',
  loginFlows: [],
  settingsSchema: {
    type: 'object',
    required: ['key', 'colour'],
    properties: {
      key: { type: 'string', title: 'Key', 'x-es': { title: 'Clave' }, 'x-identity': true, 'x-generate': 8 },
      colour: { type: 'string', enum: ['blue', 'green'], default: 'blue', title: 'Colour', 'x-es': { title: 'Color' } },
      origins: { type: 'array', items: { type: 'string' }, title: 'Origins', 'x-es': { title: 'Orígenes' } },
    },
  },
  secretsSchema: {
    type: 'object',
    properties: { password: { type: 'string', minLength: 4, title: 'Password', 'x-es': { title: 'Contraseña' } } },
  },
  open: () => {
    throw new Error('not opened here')
  },
}) as BridgeDefinition
const bridges = [loopback as BridgeDefinition, page]
const line = (account: string, more: Partial<NewChannel> = {}): NewChannel => ({
  name: `Línea ${account}`,
  bridge: 'loopback',
  settings: { account },
  ...more,
})
const nobody = '01JZZZZZZZZZZZZZZZZZZZZZZZ'

describe('Channels', () => {
  eachDatabase((database) => {
    let here: Company
    before(async () => {
      here = await company(database, bridges)
    })

    it('are created with the schema’s defaults, made-up values, and an endpoint where the bridge is called', async () => {
      const shop = await createChannel(here.core, cli, { name: 'Tienda', bridge: 'page' })
      expect(shop).to.deep.include({
        slug: 'tienda',
        channelType: 'page',
        endpoint: null,
        secrets: [],
        status: 'unlinked',
        revision: 1,
        destination: { type: 'none' },
      })
      expect(shop.settings).to.include({ colour: 'blue' })
      expect(shop.settings.key).to.match(/^[0-9a-f]{16}$/)
      expect(shop.identity).to.equal(shop.settings.key)

      const called = await createChannel(here.core, cli, line('A', { destination: { type: 'queue', id: here.queue.id } }))
      expect(called).to.deep.include({ identity: 'A', secrets: ['appSecret'], destination: { type: 'queue', id: here.queue.id } })
      expect(called.endpoint?.url).to.equal(`https://turno.example/hooks/loopback/${called.endpoint?.id}`)
      expect(here.core.nudges).to.deep.include({ topic: 'control', keys: [called.id] })
      expect((await here.core.catalog.read()).channel(called.id)).to.deep.include({
        identity: 'A',
        destination: { type: 'queue', id: here.queue.id },
      })
    })

    it('keep secrets sealed, and out of answers and the audit', async () => {
      const { id } = await createChannel(here.core, cli, { name: 'Con clave', bridge: 'page', secrets: { password: 'palabra-secreta' } })
      const row = await modelsOf(here.core.db).channels.findByPk(id)
      expect(row?.secrets).to.be.a('string').and.not.contain('palabra')
      expect(openSecrets(here.core.sealer, row?.secrets)).to.deep.equal({ password: 'palabra-secreta' })
      await updateChannel(here.core, cli, { channelId: id, secrets: { password: 'palabra-nueva' } })
      const said = JSON.stringify([
        await listChannels(here.core, cli),
        await here.core.db.all('SELECT * FROM audit'),
        await here.core.db.all('SELECT * FROM event_log'),
      ])
      expect(said).not.to.contain('palabra-')
      expect((await findChannel(here.core, cli, 'con clave')).secrets).to.deep.equal(['password'])
      expect((await auditOf(here.core, 'channel.update')).at(-1)?.after).to.deep.equal({ secrets: ['password'] })
      expect((await updateChannel(here.core, cli, { channelId: id, secrets: { password: null } })).secrets).to.deep.equal([])
    })

    const refusals: [what: string, actor: Actor, input: () => NewChannel, code: string][] = [
      ['by a supervisor', supervisor, () => line('x'), 'forbidden'],
      ['of a bridge that is not installed', cli, () => ({ name: 'X', bridge: 'pigeon' }), 'not_found'],
      ['without a setting that is required', cli, () => ({ name: 'X', bridge: 'loopback' }), 'validation'],
      [
        'with a setting that is not one of those allowed',
        cli,
        () => ({ name: 'X', bridge: 'page', settings: { colour: 'red' } }),
        'validation',
      ],
      [
        'with a setting of the wrong type',
        cli,
        () => ({ name: 'X', bridge: 'page', settings: { origins: 'https://a.example' } }),
        'validation',
      ],
      ['with a setting that is misspelt', cli, () => ({ name: 'X', bridge: 'page', settings: { color: 'blue' } }), 'validation'],
      ['with a secret that is too short', cli, () => ({ name: 'X', bridge: 'page', secrets: { password: 'abc' } }), 'validation'],
      ['with a name that is taken', cli, () => ({ name: 'TIENDA', bridge: 'page' }), 'name_taken'],
      ['with an identity that is taken', cli, () => line('A', { name: 'Otra' }), 'identity_taken'],
      ['to a queue that is not there', cli, () => line('x', { destination: { type: 'queue', id: nobody } }), 'invalid_destination'],
      ['at an endpoint that is not there', cli, () => line('x', { endpointId: nobody }), 'not_found'],
    ]
    for (const [what, actor, input, code] of refusals) {
      it(`are not created ${what}: ${code}`, async () => {
        const before = await modelsOf(here.core.db).endpoints.count()
        const refused = await failure(createChannel(here.core, actor, input()))
        expect(refused).to.include({ code })
        expect(JSON.stringify(refused.details)).not.to.contain('abc')
        expect(await modelsOf(here.core.db).endpoints.count()).to.equal(before)
      })
    }

    it('name what is wrong with each value', async () => {
      const refused = await failure(createChannel(here.core, cli, { name: 'X', bridge: 'page', settings: { colour: 'red', origins: [1] } }))
      expect(refused.details?.fields).to.deep.equal([
        { path: 'settings.colour', message: 'must be equal to one of the allowed values: blue, green' },
        { path: 'settings.origins.0', message: 'must be string' },
      ])
    })

    it('differ by a letter’s case in their identity', async () => {
      expect((await createChannel(here.core, cli, line('a', { name: 'Minúscula' }))).identity).to.equal('a')
    })

    it('share an endpoint: its secret is one, and a change of it opens all of them again', async () => {
      const first = await findChannel(here.core, cli, 'Línea A')
      const second = await createChannel(here.core, cli, line('B', { endpointId: first.endpoint?.id as string }))
      expect(second.endpoint).to.deep.equal(first.endpoint)
      expect(second.secrets).to.deep.equal(['appSecret'])
      const refused = await failure(
        createChannel(here.core, cli, line('C', { endpointId: first.endpoint?.id as string, secrets: { appSecret: 'otro secreto' } })),
      )
      expect(refused).to.include({ code: 'validation' })
      here.core.nudges.length = 0
      const { revision } = await updateChannel(here.core, cli, { channelId: second.id, secrets: { appSecret: 'secreto nuevo' } })
      expect(revision).to.equal(2)
      expect((await findChannel(here.core, cli, first.id)).revision).to.equal(first.revision + 1)
      expect(here.core.nudges.find((nudge) => nudge.topic === 'control')?.keys).to.include.members([first.id, second.id])
      await removeChannel(here.core, cli, { channelId: second.id })
      expect(await modelsOf(here.core.db).endpoints.findByPk(first.endpoint?.id)).to.include({ archivedAt: null })
    })

    it('are updated by merging, and refuse an update made from an older look', async () => {
      const { id, revision } = await findChannel(here.core, cli, 'tienda')
      const changed = await updateChannel(here.core, cli, {
        channelId: id,
        name: 'Tienda en línea',
        settings: { origins: ['https://a.example'] },
        revision,
      })
      expect(changed).to.include({ slug: 'tienda_en_linea', revision: revision + 1 })
      expect(changed.settings).to.deep.include({ colour: 'blue', origins: ['https://a.example'] })
      expect(await failure(updateChannel(here.core, cli, { channelId: id, settings: { colour: 'green' }, revision }))).to.include({
        code: 'conflict',
      })
      expect((await updateChannel(here.core, cli, { channelId: id, settings: { origins: null } })).settings).not.to.have.property('origins')
      expect(await updateChannel(here.core, cli, { channelId: id, settings: { colour: 'blue' } })).to.include({ revision: revision + 2 })
    })

    it('never become another line', async () => {
      const { id } = await findChannel(here.core, cli, 'Línea A')
      expect(await failure(updateChannel(here.core, cli, { channelId: id, settings: { account: 'Z' } }))).to.include({
        code: 'different_identity',
      })
    })

    it('are routed to what can take a chat, and to nothing else', async () => {
      const { id } = await findChannel(here.core, cli, 'Línea A')
      const laura = await addUser(here.core)
      const off = await addUser(here.core)
      await disableUser(here.core, cli, { userId: off.id })
      const gone = await createQueue(here.core, cli, { name: 'Pasajera' })
      await removeQueue(here.core, cli, { queueId: gone.id })
      const route = (destination: Destination, actor: Actor = supervisor) => routeChannel(here.core, actor, { channelId: id, destination })
      expect((await route({ type: 'agent', id: laura.id })).destination).to.deep.equal({ type: 'agent', id: laura.id })
      expect((await route({ type: 'none' })).destination).to.deep.equal({ type: 'none' })
      for (const bad of [off.id, here.admin.id, nobody])
        expect(await failure(route({ type: 'agent', id: bad }))).to.include({ code: 'invalid_destination' })
      for (const bad of [gone.id, nobody])
        expect(await failure(route({ type: 'queue', id: bad }))).to.include({ code: 'invalid_destination' })
      expect(await failure(route({ type: 'menu', id: nobody }))).to.include({ code: 'invalid_destination' })
      expect(await failure(route({ type: 'none' }, agent))).to.include({ code: 'forbidden' })
      await route({ type: 'queue', id: here.queue.id })
      expect((await auditOf(here.core, 'channel.route')).at(-1)).to.deep.include({
        before: { destination: { type: 'none' } },
        after: { destination: { type: 'queue', id: here.queue.id } },
      })
    })

    it('are disabled and enabled again, which wakes what waits', async () => {
      const { id } = await findChannel(here.core, cli, 'Línea A')
      expect(await switchChannel(here.core, supervisor, { channelId: id, enabled: false })).to.include({
        enabled: false,
        status: 'disabled',
      })
      const events = (await eventsOf(here.core)).length
      expect(await switchChannel(here.core, supervisor, { channelId: id, enabled: false })).to.include({ enabled: false })
      expect(await eventsOf(here.core)).to.have.length(events)
      here.core.nudges.length = 0
      expect(await switchChannel(here.core, supervisor, { channelId: id, enabled: true })).to.include({
        enabled: true,
        status: 'reconnecting',
      })
      expect(here.core.nudges.map((nudge) => nudge.topic)).to.include.members(['control', 'drain', 'feed'])
      expect((await eventsOf(here.core)).at(-1)).to.deep.include({ type: 'channel.status_changed', channelId: id })
      expect(await failure(switchChannel(here.core, agent, { channelId: id, enabled: false }))).to.include({ code: 'forbidden' })
    })

    it('are archived when removed: secrets and keys erased, name and identity free again', async () => {
      const made = await createChannel(here.core, cli, line('D'))
      await here.core.db.run("INSERT INTO bridge_store (channelId, name, value) VALUES (?, 'creds', ?)", [made.id, Buffer.from('x')])
      expect(await failure(removeChannel(here.core, supervisor, { channelId: made.id }))).to.include({ code: 'forbidden' })
      await removeChannel(here.core, cli, { channelId: made.id })
      expect(await modelsOf(here.core.db).channels.findByPk(made.id)).to.deep.include({
        secrets: null,
        enabled: false,
        archivedAt: here.core.clock.now(),
      })
      expect(await here.core.db.all('SELECT * FROM bridge_store')).to.deep.equal([])
      expect((await eventsOf(here.core)).at(-1)).to.deep.include({ type: 'channel.unlinked', channelId: made.id })
      expect(await failure(findChannel(here.core, cli, made.id))).to.include({ code: 'not_found' })
      expect((await createChannel(here.core, cli, line('D'))).id).not.to.equal(made.id)
    })

    it('show an administrator their log and what nobody could read or place', async () => {
      const { core } = here
      const { id, endpoint } = await findChannel(core, cli, 'Línea D')
      const endpointId = endpoint?.id as string
      const { channelLog: log } = modelsOf(core.db)
      for (const n of [1, 2, 3]) {
        await log.create({
          id: core.ids.next(),
          channelId: n === 2 ? null : id,
          endpointId,
          at: n,
          direction: n === 3 ? 'out' : 'in',
          summary: `paso ${n}`,
          request: { n },
          status: 200,
        })
      }
      const seen = await channelLog(core, cli, { channelId: id, limit: 2 })
      expect(seen.map((one) => one.summary)).to.deep.equal(['paso 3', 'paso 2'])
      expect(seen[0]).to.deep.include({ direction: 'out', status: 200, durationMs: null, request: { n: 3 }, response: null })
      expect((await channelLog(core, cli, { channelId: id, before: seen[1]?.id as string })).map((one) => one.summary)).to.deep.equal([
        'paso 1',
      ])
      expect(await failure(channelLog(core, supervisor, { channelId: id }))).to.include({ code: 'forbidden' })

      const request = { method: 'POST', url: 'https://turno.example/wh/x', headers: {}, rawBody: Buffer.from('?') } as const
      await recordInbound(core, { endpointId, request, parseError: 'Unexpected token' })
      await recordInbound(core, {
        endpointId,
        request,
        events: [
          { kind: 'account', key: 'k', at: new Date(0), account: 'nadie', code: 'c', message: 'm', severity: 'info' } as InboundEvent,
        ],
      })
      await recordInbound(core, {
        endpointId, request: { ...request, url: 'https://turno.example/hooks/x?hub.verify_token=abc&n=1', rawBody: Buffer.from('{"text":"hola","access_token":"abc"}'), headers: { 'x-signature': 'abc', 'content-type': 'application/json' } },
        events: [{ kind: 'account', key: 'k2', at: new Date(0), account: 'D', code: 'c', message: 'm', severity: 'info' } as InboundEvent],
      })
      const [called, unread] = (await channelLog(core, cli, { channelId: id })).slice(0, 2)
      expect(called).to.deep.include({
        direction: 'in', status: 200, summary: 'POST /hooks/x?hub.verify_token=***&n=1', response: null,
        request: { headers: { 'x-signature': '***', 'content-type': 'application/json' }, body: { text: 'hola', access_token: '***' } },
      })
      expect(unread).to.deep.include({ direction: 'in', response: { unread: 'Unexpected token' } })
      expect((await channelLog(core, cli, { channelId: id, before: called?.id as string })).map((one) => one.id)).not.to.include(called?.id)
      expect(await unparsedRequests(core, cli)).to.have.length(1)
      expect((await unparsedRequests(core, cli, { endpointId }))[0]).to.include({ endpointId, error: 'Unexpected token' })
      expect(await unparsedRequests(core, cli, { endpointId: nobody })).to.deep.equal([])
      expect(await unknownAccounts(core, cli)).to.deep.equal([
        { endpointId, bridge: 'loopback', account: 'nadie', events: 1, lastAt: core.clock.now() },
      ])
    })
  })
})
