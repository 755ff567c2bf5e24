import { expect } from 'chai'
import { install, requireInstallation } from '../../server/actions/install.ts'
import { listSettings } from '../../server/actions/settings.ts'
import { verifyPassword } from '../../server/actions/passwords.ts'
import { migrate } from '../../server/store/migrate.ts'
import { modelsOf } from '../../server/store/models/index.ts'
import { eachDatabase } from '../databases.ts'
import { failure } from '../support/failure.ts'
import { testCore } from '../support/core.ts'
import { andina, cli } from './company.ts'

describe('Installing', () => {
  eachDatabase((database) => {
    it('refuses before there is an installation', async () => {
      const core = testCore(await database.open())
      expect(await failure(requireInstallation(core))).to.include({ code: 'not_installed' })
    })

    it('refuses values that are not valid, and leaves the database empty', async () => {
      const core = testCore(await database.open())
      const refused = await failure(
        install(core, cli, { ...andina, timezone: 'America/Macondo', admin: { ...andina.admin, username: 'a b' } }),
      )
      expect(refused.code).to.equal('validation')
      expect((refused.details?.fields as { path: string }[]).map((field) => field.path)).to.have.members(['timezone', 'admin.username'])
      expect(await failure(install(core, cli, { ...andina, admin: { ...andina.admin, password: 'corta' } }))).to.include({
        code: 'weak_password',
      })
      expect(await failure(requireInstallation(core))).to.include({ code: 'not_installed' })
    })

    it('goes on where an installation was cut short after the schema', async () => {
      const core = testCore(await database.open())
      await migrate(core.db)
      expect(await failure(requireInstallation(core))).to.include({ code: 'not_installed' })
      const { installId, admin, queue, generatedPassword } = await install(core, cli, { ...andina, defaultMaxChats: 5, country: 'MX' })
      expect(await requireInstallation(core)).to.deep.equal({ installId })
      expect(generatedPassword).to.equal(null)
      expect(admin).to.include({ username: 'admin', role: 'admin', mustChangePassword: false, enabled: true })
      expect(queue).to.include({ name: 'Recepción', slug: 'recepcion' })
      const settings = new Map((await listSettings(core, cli)).filter((one) => one.set).map((one) => [one.name as string, one.value]))
      expect(Object.fromEntries(settings)).to.deep.equal({
        'general.companyName': 'Clínica Andina',
        'general.locale': 'es',
        'general.timezone': 'America/Bogota',
        'general.country': 'MX',
        'agents.defaultMaxChats': 5,
        'routing.fallbackQueue': queue.id,
      })
    })

    it('refuses a second time', async () => {
      const core = testCore(await database.open())
      expect(await failure(install(core, cli, andina))).to.include({ code: 'already_installed' })
      expect(await modelsOf(core.db).users.count()).to.equal(1)
    })

    it('keeps the password as a hash that only the password opens', async () => {
      const core = testCore(await database.open())
      const user = await modelsOf(core.db).users.findOne()
      expect(user?.passwordHash).to.match(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
      expect(await verifyPassword(user?.passwordHash as string, 'Cóndores y nubes')).to.equal(true)
      expect(await verifyPassword(user?.passwordHash as string, 'cóndores y nubes')).to.equal(false)
      expect(await verifyPassword('no hash at all', 'Cóndores y nubes')).to.equal(false)
    })

    it('knows another installation’s key', async () => {
      const core = testCore(await database.open(), { key: 'of somebody else' })
      expect(await failure(requireInstallation(core))).to.include({ code: 'secret_key_wrong' })
    })
  })

  eachDatabase((database) => {
    it('makes up a password where none is given, which must be changed', async () => {
      const core = testCore(await database.open())
      const { admin, generatedPassword } = await install(core, cli, { ...andina, admin: { username: 'Jefa', name: 'Jefa' } })
      expect(admin).to.include({ username: 'jefa', mustChangePassword: true })
      expect(generatedPassword).to.match(/^(\w{4}-){4}\w{4}$/)
      const user = await modelsOf(core.db).users.findByPk(admin.id)
      expect(await verifyPassword(user?.passwordHash as string, generatedPassword as string)).to.equal(true)
    })
  })

  eachDatabase((database) => {
    it('lets one of two installers win', async () => {
      const cores = await Promise.all([0, 1].map(async () => testCore(await database.open())))
      const results = await Promise.allSettled(cores.map((core) => install(core, cli, andina)))
      expect(results.map((result) => result.status)).to.have.members(['fulfilled', 'rejected'])
      const lost = results.find((result) => result.status === 'rejected') as PromiseRejectedResult
      expect((lost.reason as { code: string }).code).to.equal('already_installed')
      expect(await modelsOf((cores[0] as (typeof cores)[0]).db).users.count()).to.equal(1)
    })
  })

  eachDatabase((database) => {
    it('refuses a database that holds something else', async () => {
      const core = testCore(await database.open())
      await core.db.run('CREATE TABLE wp_posts (id INTEGER)')
      expect(await failure(install(core, cli, andina))).to.include({ code: 'database_not_ours' })
      expect(await failure(requireInstallation(core))).to.include({ code: 'database_not_ours' })
    })
  })
})
