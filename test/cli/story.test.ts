/** A whole installation from the command line, on each database: what a person would do in the first hour. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { eachDatabase, type TestDatabase } from '../databases.ts'
import { place, type Outcome, type Place } from './turno.ts'

interface Listed {
  username: string
  name: string
  id: string
  slug: string
  members: number
}

describe('The CLI', () => {
  eachDatabase((database: TestDatabase) => {
    let here: Place
    /** Every word that was printed, for the search for secrets at the end. */
    let printed = ''
    const turno = async (...args: string[]): Promise<Outcome> => {
      const said = await here.turno(...args)
      printed += said.stdout + said.stderr
      return said
    }
    const json = async <T>(...args: string[]): Promise<T> => {
      const said = await turno(...args, '--json')
      expect(said.code, said.stderr + said.stdout).to.equal(0)
      return said.json<T>()
    }
    const done = async (...args: string[]): Promise<string> => {
      const said = await turno(...args)
      expect(said.code, said.stderr).to.equal(0)
      return said.stdout
    }
    const refused = async (code: number, error: string, ...args: string[]): Promise<void> => {
      const said = await turno(...args, '--json')
      expect([said.code, said.json<{ error: { code: string } }>().error.code], args.join(' ')).to.deep.equal([code, error])
    }
    const secretFile = (name: string, text: string): string => {
      const path = join(here.folder, name)
      writeFileSync(path, `${text}\n`)
      return path
    }
    before(() => {
      here = place(database.url)
    })
    after(() => here.remove())

    it('installs unattended, keeps the addresses in a private file, and refuses a second time', async () => {
      await refused(2, 'flag_required', 'install')
      await refused(
        2,
        'weak_password',
        'install',
        '--company',
        'X',
        '--queue',
        'Y',
        '--admin-username',
        'admin',
        '--admin-name',
        'Ana',
        '--admin-password-file',
        secretFile('weak', '1234567890'),
      )
      const result = await json<{
        admin: { username: string; mustChangePassword: boolean }
        generatedPassword: null
        queue: { slug: string }
        configFile: string
        address: string
      }>(
        'install',
        '--company',
        'Clínica Andina',
        '--queue',
        'Recepción',
        '--admin-username',
        'admin',
        '--admin-name',
        'Ana Ruiz',
        '--country',
        'mx',
        '--max-chats',
        '5',
        '--admin-password-file',
        secretFile('password', 'Cóndores y nubes'),
        '--base-url',
        'https://chat.andina.example/',
      )
      expect(result).to.deep.include({ generatedPassword: null, address: 'https://chat.andina.example' })
      expect(result.admin).to.include({ username: 'admin', mustChangePassword: false })
      expect(result.queue.slug).to.equal('recepcion')
      expect(readFileSync(result.configFile, 'utf8')).to.equal('http:\n  publicUrl: https://chat.andina.example/\n')
      for (const path of [result.configFile, join(here.env.TURNO_DATA as string, 'secret.key')])
        expect(statSync(path).mode & 0o077, path).to.equal(0)
      await refused(5, 'already_installed', 'install', '--company', 'X', '--queue', 'Y', '--admin-username', 'otra', '--admin-name', 'Otra')
    })

    it('creates agents in queues, and shows a password once', async () => {
      await done('queues', 'create', '--name', 'Citas médicas', '--waiting-message', 'es=Ya le atendemos.')
      const made = await json<{ user: Listed; generatedPassword: string }>(
        'agents',
        'create',
        '--username',
        'Laura',
        '--name',
        'Laura Gómez',
        '--queue',
        'citas medicas',
        '--queue',
        'recepcion',
      )
      expect(made.generatedPassword).to.match(/^(\w{4}-){4}\w{4}$/)
      printed = printed.replaceAll(made.generatedPassword, '')
      expect(
        await done(
          'agents',
          'create',
          '--username',
          'andres',
          '--name',
          'Andrés Pardo',
          '--password-file',
          secretFile('p2', 'Palabra-Secreta-9'),
        ),
      ).not.to.contain('Password')
      await refused(4, 'not_found', 'agents', 'create', '--username', 'nadie', '--name', 'Nadie', '--queue', 'la que no está')
      await refused(5, 'name_taken', 'agents', 'create', '--username', 'LAURA', '--name', 'Otra')
      const { agents } = await json<{ agents: (Listed & { queues: Listed[]; load: number; capacity: number })[] }>('agents')
      expect(agents.map((agent) => [agent.username, agent.load, agent.capacity, agent.queues.map((queue) => queue.slug)])).to.deep.equal([
        ['andres', 0, 5, []],
        ['laura', 0, 5, ['citas_medicas', 'recepcion']],
      ])
      expect(printed).not.to.contain(made.generatedPassword)
    })

    it('lists at the topic and by list, in columns', async () => {
      expect(await done('users', 'list')).to.equal(await done('users'))
      const lines = (await done('users')).trim().split('\n')
      expect(lines[0]).to.match(/^USER NAME +NAME +ROLE +ATTENDS +ENABLED +E-MAIL$/)
      expect(lines.slice(1).map((line) => line.split(/ {2,}/).slice(0, 3))).to.deep.equal([
        ['admin', 'Ana Ruiz', 'admin'],
        ['andres', 'Andrés Pardo', 'agent'],
        ['laura', 'Laura Gómez', 'agent'],
      ])
      expect((await here.inSpanish('users')).stdout).to.match(/^USUARIO +NOMBRE +ROL +ATIENDE +ACTIVO +CORREO/)
      expect((await json<{ users: Listed[] }>('users', '--role', 'agent')).users.map((user) => user.username)).to.deep.equal([
        'andres',
        'laura',
      ])
    })

    it('changes users, and asks before it takes something away', async () => {
      await done(
        'users',
        'create',
        '--username',
        'rosa',
        '--name',
        'Rosa Molina',
        '--role',
        'supervisor',
        '--email',
        'Rosa@Andina.example',
        '--password-file',
        secretFile('p3', 'Palabra-Secreta-8'),
      )
      expect(
        await json('users', 'update', 'rosa@andina.example', '--name', 'Rosa María Molina', '--also-agent', '--max-chats', '2'),
      ).to.include({ name: 'Rosa María Molina', alsoAgent: true, maxChats: 2 })
      expect(await json('users', 'update', 'rosa', '--email', '', '--max-chats', 'default', '--no-also-agent')).to.include({
        email: null,
        maxChats: null,
        alsoAgent: false,
      })
      expect(await done('users', 'show', 'rosa')).to.match(/Rosa María Molina/i)
      const again = await json<{ generatedPassword: string }>('users', 'set-password', 'rosa')
      printed = printed.replaceAll(again.generatedPassword, '')
      await refused(2, 'yes_required', 'users', 'disable', 'rosa')
      expect(await json('users', 'disable', 'rosa', '--yes')).to.include({ enabled: false, released: 0 })
      expect((await json<{ users: Listed[] }>('users', '--no-enabled')).users.map((user) => user.username)).to.deep.equal(['rosa'])
      expect(await json('users', 'enable', 'rosa')).to.include({ enabled: true })
      await refused(5, 'last_admin', 'users', 'remove', 'admin', '--yes')
      await done('users', 'remove', 'rosa', '--yes')
      await refused(4, 'not_found', 'users', 'show', 'rosa')
    })

    it('grants and denies what an agent may do', async () => {
      await done('agents', 'update', 'laura', '--grant', 'chat.take', '--deny', 'chat.transfer', '--max-chats', '3', '--queue', 'recepcion')
      const laura = await json<{ permissions: { name: string; allowed: boolean; own: boolean }[]; capacity: number; queues: Listed[] }>(
        'agents',
        'show',
        'laura',
      )
      expect(laura.permissions)
        .to.deep.include({ name: 'chat.take', allowed: true, own: true })
        .and.to.deep.include({ name: 'chat.transfer', allowed: false, own: true })
      expect([laura.capacity, laura.queues.map((queue) => queue.slug)]).to.deep.equal([3, ['recepcion']])
      await refused(2, 'validation', 'agents', 'update', 'laura', '--grant', 'fly')
      await refused(5, 'agent_offline', 'agents', 'pause', 'laura', '--reason', await pauseReason())
      await refused(5, 'not_paused', 'agents', 'unpause', 'laura')
      await done('agents', 'sign-out', 'laura', '--yes')
    })

    async function pauseReason(): Promise<string> {
      const reason = await json<{ code: string }>('pause-reasons', 'create', '--name', 'Pausa activa', '--max-minutes', '10')
      return reason.code
    }

    it('keeps the pause reasons', async () => {
      expect(
        await json('pause-reasons', 'update', 'pausa_activa', '--name', 'Estiramiento', '--no-active', '--max-minutes', '0'),
      ).to.include({ name: 'Estiramiento', active: false, maxMinutes: null, code: 'pausa_activa' })
      expect(await done('pause-reasons')).to.match(/pausa_activa +Estiramiento +no +no +–/)
      await done('pause-reasons', 'remove', 'pausa_activa', '--yes')
      expect(await done('pause-reasons')).to.contain('agents cannot pause')
    })

    it('keeps the queues and their members', async () => {
      const members = async (): Promise<string[]> =>
        (await json<{ members: Listed[] }>('queues', 'members', 'recepcion')).members.map((member) => member.username)
      await done('queues', 'members', 'add', 'recepcion', '--agent', 'andres')
      expect(await members()).to.deep.equal(['laura', 'andres'])
      await done('queues', 'members', 'set', 'recepcion', '--agent', 'andres', '--priority', '2', '--yes')
      expect(await members()).to.deep.equal(['andres'])
      await refused(2, 'yes_required', 'queues', 'members', 'remove', 'recepcion', '--agent', 'andres')
      await done('queues', 'members', 'remove', 'recepcion', '--agent', 'andres', '--yes')
      expect(await members()).to.deep.equal([])
      await refused(4, 'not_found', 'queues', 'members', 'add', 'recepcion', '--agent', 'admin')
      expect(await json('queues', 'update', 'citas_medicas', '--name', 'Citas', '--join-message', 'es=Hola.')).to.deep.include({
        slug: 'citas',
        messages: { waiting: { es: 'Ya le atendemos.' }, join: { es: 'Hola.' } },
      })
      expect(await done('queues', 'show', 'citas')).to.contain('es: Ya le atendemos.')
      await refused(5, 'name_taken', 'queues', 'create', '--name', 'CITAS')
      await refused(5, 'in_use', 'queues', 'remove', 'recepcion', '--yes')
      await done('settings', 'set', 'routing.fallbackQueue', '--value', 'Citas')
      await done('queues', 'remove', 'recepcion', '--yes')
      expect((await json<{ queues: Listed[] }>('queues')).queues.map((queue) => queue.slug)).to.deep.equal(['citas'])
    })

    it('keeps the channels, and their secrets to itself', async () => {
      const site = await json<{ id: string; identity: string; secrets: string[]; settings: object }>(
        'channels',
        'create',
        '--bridge',
        'widget',
        '--name',
        'Sitio web',
        '--to',
        'queue:citas',
        '--setting',
        'name=Clínica Andina',
        '--setting',
        'allowedOrigins=https://andina.example',
        '--secret-file',
        `identifySecret=${secretFile('identify', 'Palabra-Secreta-de-la-página')}`,
      )
      expect(site.identity).to.match(/^[0-9a-f]{24}$/)
      expect(site.secrets).to.deep.equal(['tokenKey', 'identifySecret'])
      expect(site.settings).to.deep.include({ name: 'Clínica Andina', allowedOrigins: ['https://andina.example'], theme: 'auto' })
      await refused(
        2,
        'secret_argument',
        'channels',
        'create',
        '--bridge',
        'widget',
        '--name',
        'Otro',
        '--setting',
        'identifySecret=Palabra-Secreta-x',
      )
      await refused(4, 'not_found', 'channels', 'create', '--bridge', 'paloma', '--name', 'Otro')
      await refused(
        2,
        'validation',
        'channels',
        'create',
        '--bridge',
        'widget',
        '--name',
        'Otro',
        '--setting',
        'name=x',
        '--setting',
        'theme=pink',
      )
      expect(
        await json('channels', 'update', 'sitio web', '--setting', 'theme=dark', '--setting', 'allowedOrigins='),
      ).to.deep.nested.include({ 'settings.theme': 'dark', 'settings.allowedOrigins': [], revision: 2 })
      expect(await json('channels', 'route', 'sitio_web', '--to', 'agent:laura')).to.have.nested.property('destination.type', 'agent')
      await refused(2, 'target', 'channels', 'route', 'sitio_web', '--to', 'laura')
      expect(await done('channels', 'show', 'sitio_web')).to.contain('identifySecret = •••')
      expect(await done('channels', 'disable', 'sitio_web', '--yes')).to.contain('Sitio web')
      expect(await done('channels', 'status')).to.match(/sitio_web +Sitio web +widget +[0-9a-f]{24} +disabled +agent Laura Gómez/)
      await done('channels', 'enable', 'sitio_web')
      expect(await json('channels', 'log', 'sitio_web')).to.deep.equal({ exchanges: [] })
      await refused(5, 'not_supported', 'channels', 'replay', 'sitio_web')
      await done('channels', 'remove', 'sitio_web', '--yes')
      expect(await done('channels')).to.equal('No channels.\n')
    })

    it('keeps the settings', async () => {
      await done('settings', 'set', 'presence.grace', '--value', '90')
      expect(await json('settings', 'show', 'presence.grace')).to.deep.equal({
        name: 'presence.grace',
        value: 90,
        byDefault: 60,
        set: true,
      })
      await done('settings', 'set', 'general.country', '--value', 'NO')
      await done('settings', 'set', 'transfer.enqueue', '--value', 'false', '--queue', 'citas')
      expect(await done('settings', '--queue', 'citas', '--changed')).to.match(/transfer\.enqueue +false +true/)
      await refused(2, 'validation', 'settings', 'set', 'presence.grace', '--value', 'mucho')
      await refused(4, 'not_found', 'settings', 'set', 'presence.gracia', '--value', '1')
      await refused(4, 'not_found', 'settings', 'set', 'routing.fallbackQueue', '--value', 'la que no está')
      await done('settings', 'set', 'presence.grace', '--default')
      const changed = (await json<{ settings: { name: string; value: unknown }[] }>('settings', '--changed')).settings
      expect(Object.fromEntries(changed.map((one) => [one.name, one.value])))
        .to.deep.include({ 'general.country': 'NO', 'agents.defaultMaxChats': 5 })
        .and.not.have.property('presence.grace')
    })

    it('says how it is doing', async () => {
      const status = await json<{ running: boolean; edition: string; agents: object; chats: object }>('status')
      expect(status).to.deep.include({
        running: false,
        edition: 'embedded',
        agents: { online: 0, paused: 0, enabled: 2 },
        chats: { waiting: 0, assigned: 0, open: 0 },
      })
      expect(await done('status')).to.contain('not running')
      expect(await json('db', 'status')).to.deep.include({ dialect: database.dialect, state: 'current', pending: [], unknown: [] })
      expect(await done('db', 'migrate')).to.contain('Nothing to do')
    })

    it('examines itself', async () => {
      const { healthy, checks } = await json<{
        healthy: boolean
        checks: { check: string; verdict: string; message: string; hint: string | null }[]
      }>('doctor')
      expect(healthy).to.equal(true)
      const verdicts = Object.fromEntries(checks.map((one) => [one.check, one.verdict]))
      expect(verdicts).to.include({
        node: 'ok',
        key: 'ok',
        redis: 'ok',
        port: 'ok',
        database: 'ok',
        clock: 'ok',
        migrations: 'ok',
        installation: 'ok',
        channels: 'ok',
        unparsed: 'ok',
        public_url: 'ok',
      })
      for (const one of checks) expect(one.verdict === 'ok' ? one.hint : (one.hint ?? '').length > 10, one.check).to.be.oneOf([null, true])
      expect((await here.inSpanish('doctor')).stdout)
        .to.contain('Clave de cifrado')
        .and.not.match(/doctor\./)
    })

    it('fails with 7 when something is wrong, and says what', async () => {
      const key = join(here.env.TURNO_DATA as string, 'secret.key')
      const good = readFileSync(key)
      writeFileSync(key, `${Buffer.alloc(32, 7).toString('base64')}\n`)
      const said = await turno('doctor', '--json')
      expect(said.code).to.equal(7)
      expect(said.json<{ checks: { check: string; verdict: string; outcome: string }[] }>().checks.at(-1)).to.deep.include({
        check: 'installation',
        verdict: 'fail',
        outcome: 'secret_key_wrong',
      })
      await refused(5, 'secret_key_wrong', 'users')
      writeFileSync(key, good)
      expect((await turno('doctor', '--set', 'redis.url=redis://127.0.0.1:1/0')).code).to.equal(7)
    })

    it('answers 6 when the database does not', async () => {
      expect((await here.turno('users', '--set', 'database.url=mysql://nobody@127.0.0.1:1/turno')).code).to.equal(6)
    })

    it('kept every secret to itself', () => {
      expect(existsSync(join(here.folder, 'identify'))).to.equal(true)
      expect(printed).not.to.match(/Palabra-Secreta|Cóndores y nubes|argon2/)
      expect(printed).to.contain('•••')
    })
  })
})
