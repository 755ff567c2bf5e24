import { expect } from 'chai'
import { createQueue } from '../../server/actions/queues.ts'
import { listSettings, setSetting } from '../../server/actions/settings.ts'
import { settingNames } from '../../server/domain/settings.ts'
import type { Actor } from '../../server/domain/permissions.ts'
import { eachDatabase } from '../databases.ts'
import { failure } from '../support/failure.ts'
import { agent, auditOf, cli, company, supervisor, type Company } from './company.ts'

describe('Settings', () => {
  eachDatabase((database) => {
    let here: Company
    before(async () => {
      here = await company(database)
    })
    const value = async (name: string, scope?: string) => (await listSettings(here.core, cli, scope)).find((one) => one.name === name)

    it('are all there, with their defaults', async () => {
      expect((await listSettings(here.core, cli)).map((one) => one.name)).to.deep.equal(settingNames)
      expect(await value('presence.grace')).to.deep.equal({ name: 'presence.grace', value: 60, byDefault: 60, set: false })
    })

    it('are set, audited and taken back to the default', async () => {
      await setSetting(here.core, cli, { name: 'presence.grace', value: 90 })
      expect(await value('presence.grace')).to.include({ value: 90, set: true })
      expect((await here.core.catalog.read()).setting('presence.grace')).to.equal(90)
      expect((await auditOf(here.core, 'setting.update')).at(-1)).to.deep.include({
        subjectId: 'presence.grace',
        before: { scope: 'global', value: null },
        after: { scope: 'global', value: 90 },
      })
      await setSetting(here.core, cli, { name: 'presence.grace', value: null })
      expect(await value('presence.grace')).to.include({ value: 60, set: false })
    })

    it('hold for one queue where that makes sense', async () => {
      const queue = await createQueue(here.core, cli, { name: 'Ventas' })
      const scope = `queue:${queue.id}`
      await setSetting(here.core, cli, { name: 'transfer.enqueue', value: false, scope })
      expect(await value('transfer.enqueue', scope)).to.include({ value: false, set: true })
      expect(await value('transfer.enqueue')).to.include({ value: true })
      await setSetting(here.core, cli, { name: 'transfer.authorCooldown', value: 5 })
      expect(await value('transfer.authorCooldown', scope)).to.include({ value: 5, set: false })
      const view = await here.core.catalog.read()
      expect([view.setting('transfer.enqueue', { queueId: queue.id }), view.setting('transfer.enqueue')]).to.deep.equal([false, true])
      expect(await value('agents.max', scope)).to.equal(undefined)
    })

    const refusals: [what: string, actor: Actor, input: { name: string; value: unknown; scope?: string }, code: string][] = [
      ['by a supervisor', supervisor, { name: 'presence.grace', value: 90 }, 'forbidden'],
      ['by an agent', agent, { name: 'presence.grace', value: 90 }, 'forbidden'],
      ['of no name', cli, { name: 'presence.gracia', value: 90 }, 'not_found'],
      ['of a name that every object has', cli, { name: 'constructor', value: 90 }, 'not_found'],
      ['to a value of another type', cli, { name: 'presence.grace', value: 'mucho' }, 'validation'],
      ['to a place that is no time zone', cli, { name: 'general.timezone', value: 'America/Macondo' }, 'validation'],
      ['to a queue that is not there', cli, { name: 'routing.fallbackQueue', value: '01JZZZZZZZZZZZZZZZZZZZZZZZ' }, 'invalid_destination'],
      ['to a queue’s name', cli, { name: 'routing.fallbackQueue', value: 'recepción' }, 'invalid_destination'],
      [
        'for one queue when it holds for all',
        cli,
        { name: 'agents.max', value: 1, scope: 'queue:01JZZZZZZZZZZZZZZZZZZZZZZZ' },
        'validation',
      ],
      [
        'for a queue that is not there',
        cli,
        { name: 'transfer.enqueue', value: true, scope: 'queue:01JZZZZZZZZZZZZZZZZZZZZZZZ' },
        'not_found',
      ],
      ['for something else', cli, { name: 'transfer.enqueue', value: true, scope: 'planet:mars' }, 'validation'],
    ]
    for (const [what, actor, input, code] of refusals) {
      it(`are not set ${what}: ${code}`, async () => {
        const before = await here.core.db.all('SELECT * FROM settings ORDER BY scope, name')
        expect(await failure(setSetting(here.core, actor, input))).to.include({ code })
        expect(await here.core.db.all('SELECT * FROM settings ORDER BY scope, name')).to.deep.equal(before)
      })
    }
  })
})
