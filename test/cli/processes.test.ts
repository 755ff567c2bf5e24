/** What needs processes of their own: standard input, a terminal, two at a time on one SQLite file. */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { openDatabase } from '../../server/store/open.ts'
import { place, turnoOnTerminal, turnoProcess, type Place } from './turno.ts'
import { verifyPassword } from '../../server/actions/passwords.ts'

describe('The CLI as a process', function () {
  this.timeout(120_000)
  let here: Place
  const databaseUrl = (): string => `sqlite:${here.env.TURNO_DATA as string}/turno.db`
  before(async () => {
    here = place()
    const said = await turnoProcess(
      here,
      [
        'install',
        '--company',
        'Clínica Andina',
        '--queue',
        'Recepción',
        '--admin-username',
        'admin',
        '--admin-name',
        'Ana',
        '--admin-password-stdin',
      ],
      'Cóndores y nubes\n',
    )
    expect(said.code, said.stderr).to.equal(0)
    expect(said.stdout + said.stderr).not.to.contain('Cóndores')
  })
  after(() => here.remove())

  it('takes a password from standard input, without its line end', async () => {
    const db = await openDatabase({ url: databaseUrl() })
    const row = await db.get<{ passwordHash: string; mustChangePassword: number }>(
      "SELECT passwordHash, mustChangePassword FROM users WHERE username = 'admin'",
    )
    await db.close()
    expect(row?.mustChangePassword).to.equal(0)
    expect(await verifyPassword(row?.passwordHash as string, 'Cóndores y nubes')).to.equal(true)
  })

  it('takes secrets as JSON from standard input, and never quotes what it could not read', async () => {
    const bad = await turnoProcess(
      here,
      ['channels', 'create', '--bridge', 'widget', '--name', 'Web', '--setting', 'name=Web', '--secrets-stdin'],
      '{"identifySecret": "Palabra-Secreta',
    )
    expect(bad.code).to.equal(2)
    expect(bad.stdout + bad.stderr).not.to.contain('Palabra')
    const good = await turnoProcess(
      here,
      ['channels', 'create', '--bridge', 'widget', '--name', 'Web', '--setting', 'name=Web', '--secrets-stdin', '--json'],
      '{"identifySecret": "Palabra-Secreta-larga"}',
    )
    expect(good.code, good.stderr).to.equal(0)
    expect(good.stdout).not.to.contain('Palabra')
  })

  it('works while another process holds the file and writes to it', async () => {
    const db = await openDatabase({ url: databaseUrl() })
    let holding = true
    const writes = (async () => {
      let n = 0
      while (holding) {
        await db.transaction(async (tx) => {
          await tx.run("INSERT INTO meta (name, value) VALUES ('busy', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", [
            String(++n),
          ])
        })
        await new Promise((resolve) => setImmediate(resolve))
      }
      return n
    })()
    const said = await Promise.all([
      turnoProcess(here, ['queues', 'create', '--name', 'Ventas']),
      turnoProcess(here, ['agents', 'create', '--username', 'laura', '--name', 'Laura Gómez', '--queue', 'recepcion', '--json']),
      turnoProcess(here, ['pause-reasons', 'create', '--name', 'Almuerzo']),
    ])
    holding = false
    expect(await writes).to.be.greaterThan(100)
    for (const one of said) expect(one.code, one.stderr).to.equal(0)
    expect(await db.all('SELECT slug FROM queues ORDER BY slug')).to.deep.equal([{ slug: 'recepcion' }, { slug: 'ventas' }])
    await db.close()
  })

  it('installs a bridge of somebody else’s, and offers it', async () => {
    const folder = join(here.folder, 'paloma')
    mkdirSync(folder)
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'turno-bridge-paloma', version: '1.0.0', type: 'module', oclif: {}, turno: { bridge: './index.js' } }),
    )
    writeFileSync(
      join(folder, 'index.js'),
      `export default { type: 'paloma', channelType: 'paloma', displayName: 'Paloma', sdk: '^1.0.0', loginFlows: [],
        settingsSchema: { type: 'object', properties: {} }, secretsSchema: { type: 'object', properties: {} }, open() {} }`,
    )
    await promisify(execFile)('npm', ['pack', '--silent'], { cwd: folder })
    const added = await turnoProcess(here, ['plugins', 'install', `file:${join(folder, 'turno-bridge-paloma-1.0.0.tgz')}`])
    expect(added.code, added.stderr).to.equal(0)
    const made = await turnoProcess(here, ['channels', 'create', '--bridge', 'paloma', '--name', 'Mensajera', '--json'])
    expect(JSON.parse(made.stdout)).to.include({ bridge: 'paloma', channelType: 'paloma', slug: 'mensajera' })
    expect((await turnoProcess(here, ['plugins', 'uninstall', 'turno-bridge-paloma'])).code).to.equal(0)
    const examined = await turnoProcess(here, ['doctor'])
    expect(examined.code).to.equal(7)
    expect(examined.stdout).to.contain('Mensajera (paloma)')
    expect((await turnoProcess(here, ['channels', 'remove', 'mensajera', '--yes'])).code).to.equal(0)
  })

  it('asks on a terminal for what is missing, and for a confirmation', async () => {
    const made = await turnoOnTerminal(here, ['queues', 'create'], [['Name of the queue', 'Urgencias']])
    expect(made.code, made.output).to.equal(0)
    expect(made.output).to.contain('Created queue Urgencias (urgencias).')
    const kept = await turnoOnTerminal(here, ['queues', 'remove', 'urgencias'], [['Remove queue Urgencias?', 'n']])
    expect(kept.code).to.equal(1)
    expect(kept.output).to.contain('Not confirmed')
    const removed = await turnoOnTerminal(here, ['queues', 'remove', 'urgencias'], [['Remove queue Urgencias?', 'y']])
    expect(removed.code, removed.output).to.equal(0)
  })

  it('does not show a password that is typed', async () => {
    const said = await turnoOnTerminal(
      here,
      [
        'install',
        '--data-dir',
        `${here.folder}/asked`,
        '--company',
        'X',
        '--queue',
        'Y',
        '--admin-username',
        'jefa',
        '--max-chats',
        '4',
        '--country',
        'CO',
      ],
      [
        ['Name of the administrator', 'Jefa'],
        ['Their password', 'Palabra-Secreta-7'],
      ],
    )
    expect(said.code, said.output).to.equal(0)
    expect(said.output).to.contain('(the one you gave)').and.not.contain('Palabra')
  })

  it('installs a demonstration, and shows its passwords and addresses', async () => {
    const made = await turnoOnTerminal(here, ['install', '--data-dir', `${here.folder}/other`, '--demo'], [])
    expect(made.code, made.output).to.equal(0)
    expect(made.output).to.contain('Yesenia Cárdenas').and.to.contain('/demo/?key=')
  })
})
