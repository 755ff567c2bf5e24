import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { exitCodeOf } from '../../cli/exit.ts'
import { sheetOf, tableOf } from '../../cli/table.ts'
import { openQuestions } from '../../cli/prompts/channelForm.ts'
import { carriesPassword, withPassword } from '../../cli/secretInput.ts'
import { localeOf, wordsOf } from '../../cli/words.ts'
import { cliConfig, place, type Place } from './turno.ts'

const texts = (locale: string): Record<string, string> =>
  JSON.parse(readFileSync(new URL(`../../cli/locales/${locale}.json`, import.meta.url), 'utf8')) as Record<string, string>

describe('The commands', () => {
  let here: Place
  before(() => {
    here = place()
  })
  after(() => here.remove())

  it('all say what they do, with an example', async () => {
    const commands = (await cliConfig()).commands.filter((command) => command.pluginName === 'turno')
    expect(commands.map((command) => command.id)).to.include.members([
      'install',
      'start',
      'status',
      'doctor',
      'db:migrate',
      'queues:members:add',
      'channels:replay',
    ])
    for (const command of commands) {
      expect(command.summary, command.id).to.match(/^[A-Z].*\.$/)
      expect(command.examples, command.id).to.have.length.greaterThan(0)
      for (const [name, flag] of Object.entries(command.flags))
        if (name !== 'json' && name !== 'help') expect(flag.description ?? flag.summary, `${command.id} --${name}`).to.match(/\.|\)$/)
      expect(command.id === 'start' || command.enableJsonFlag, command.id).to.equal(true)
    }
  })

  it('list at the bare topic, and by the word list too', async () => {
    const { commands } = await cliConfig()
    for (const topic of ['users', 'agents', 'queues', 'queues:members', 'pause-reasons', 'channels', 'settings']) {
      expect(commands.find((command) => command.id === topic)?.aliases, topic).to.include(`${topic}:list`)
    }
  })

  it('take every secret by file or standard input', async () => {
    const { commands } = await cliConfig()
    const own = commands.filter((command) => command.pluginName === 'turno')
    const flags = own.flatMap((command) => Object.entries(command.flags).map(([name, flag]) => ({ command: command.id, name, flag })))
    const secret = flags.filter(({ name }) => /password|secret|token/.test(name))
    expect(secret).to.have.length.greaterThan(8)
    for (const { command, name, flag } of secret)
      expect(/-(stdin|file)$/.test(name) || flag.type === 'boolean', `${command} --${name}`).to.equal(true)
  })

  const wrong: [what: string, args: string[], code: number][] = [
    ['a command that is not there', ['agentes'], 2],
    ['a flag that is not there', ['users', '--everybody'], 2],
    ['an argument that is missing', ['users', 'show'], 2],
    ['a value that is not allowed', ['users', '--role', 'boss'], 2],
    ['a flag that is missing, with nobody to ask', ['queues', 'create'], 2],
    ['an installation that is not there', ['users'], 5],
    ['a key that is no setting', ['status', '--set', 'http.prot=1'], 2],
    ['a setting without a value', ['status', '--set', 'http.port'], 2],
    ['a configuration file that is not there', ['status', '--config', '/nowhere/turno.yaml'], 2],
  ]
  for (const [what, args, code] of wrong) {
    it(`answer ${what} with exit code ${code}, in words and in JSON`, async () => {
      const said = await here.turno(...args)
      expect(said).to.include({ code, stdout: '' })
      expect(said.stderr).not.to.equal('')
      if (args[0] === 'agentes') return
      const inJson = await here.turno(...args, '--json')
      expect(inJson.code).to.equal(code)
      expect(inJson.json<{ error: { code: string } }>().error.code).to.be.a('string')
    })
  }

  it('refuse secrets as arguments, and do not repeat them', async () => {
    for (const args of [
      ['status', '--set', 'database.url=mysql://turno:hunter2hunter2@db/turno'],
      ['status', '--set', 'metrics.token=hunter2hunter2'],
      ['install', '--database', 'mysql://turno:hunter2hunter2@db/turno'],
      ['install', '--redis', 'redis://:hunter2hunter2@cache/0'],
    ]) {
      const said = await here.turno(...args)
      expect(said.code, args.join(' ')).to.equal(2)
      expect(said.stderr).to.contain('must not be an argument').and.not.contain('hunter2')
    }
  })

  it('show the configuration with its origins, secrets masked', async () => {
    const file = join(here.folder, 'turno.yaml')
    writeFileSync(file, 'database:\n  url: mysql://turno:hunter2hunter2@db.example/turno\nmetrics:\n  token: hunter2hunter2hunter2\n')
    const plain = await here.turno('config', 'show', '--config', file, '--set', 'log.level=warn')
    expect(plain.stdout)
      .to.match(/log\.level +"warn" +--set/)
      .and.to.match(/http\.port +0 +TURNO_HTTP_PORT/)
      .and.to.contain(`mysql://turno:•••@db.example/turno`)
    const json = (await here.turno('config', 'show', '--key', 'database', '--config', file, '--json')).json()
    expect(json.values).to.deep.include({ key: 'database.pool', value: 8, origin: 'default', environment: 'TURNO_DATABASE_POOL' })
    expect(plain.stdout + JSON.stringify(json)).not.to.contain('hunter2')
  })

  it('validate a configuration: 0, or 7 with every problem', async () => {
    expect((await here.turno('config', 'validate')).code).to.equal(0)
    const file = join(here.folder, 'bad.yaml')
    writeFileSync(file, 'http:\n  host: ""\nlog:\n  level: loud\n')
    const said = await here.inSpanish('config', 'validate', '--config', file)
    expect(said.code).to.equal(7)
    expect(said.stdout).to.contain('log.level').and.to.contain('http.host')
    const inJson = await here.turno('config', 'validate', '--config', file, '--json')
    const { valid, problems } = inJson.json<{ valid: boolean; problems: unknown[] }>()
    expect([inJson.code, valid, problems.length]).to.deep.equal([7, false, 2])
  })

  it('say the same in Spanish', async () => {
    const said = await here.inSpanish('status')
    expect(said.stderr).to.contain('Turno aún no está instalado aquí.').and.to.contain('turno install')
    expect((await here.turno('status', '--locale', 'es')).stderr).to.contain('Turno aún no está instalado aquí.')
  })
})

describe('The words of the CLI', () => {
  it('are in both languages, with the same values in them', () => {
    const [es, en] = [texts('es'), texts('en')]
    expect(Object.keys(es)).to.deep.equal(Object.keys(en))
    const holes = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((hole) => hole[1] as string).sort()
    for (const [key, text] of Object.entries(en)) expect(holes(es[key] as string), key).to.deep.equal(holes(text))
  })

  it('are all there that the commands ask for', () => {
    const known = texts('en')
    const folder = new URL('../../cli/', import.meta.url)
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    const asked = sources.flatMap((source) =>
      [
        ...source.matchAll(/(?:words|done|confirm)\((?:flags\.yes, )?'([\w.]+)'/g),
        ...source.matchAll(/(?:title|text): '([\w.]+)'/g),
        ...source.matchAll(/\['((?:column|status|install|db)\.\w+)'/g),
      ].map((match) => match[1] as string),
    )
    expect(asked).to.have.length.greaterThan(100)
    expect(asked.filter((key) => known[key] === undefined)).to.deep.equal([])
    const refusals = sources.flatMap((source) => [...source.matchAll(/new CliError\('([\w.]+)'/g)].map((match) => match[1] as string))
    expect(refusals.filter((key) => !known[key] || !known[`${key}.help`])).to.deep.equal([])
    const findings = sources.flatMap((source) => [...source.matchAll(/(ok|warn|fail)\('(\w+)'(?:, '(\w+)'|, [^()]*?, '(\w+)')?/g)])
    for (const [, verdict, check, outcome, okOutcome] of findings) {
      if (outcome === undefined && verdict !== 'ok') continue
      const key = `doctor.${check}.${outcome ?? okOutcome ?? 'ok'}`
      expect(known[key], key).to.be.a('string')
      if (verdict !== 'ok') expect(known[`${key}.hint`], `${key}.hint`).to.be.a('string')
    }
  })

  const languages: [argv: string[], env: Record<string, string>, locale: string][] = [
    [[], {}, 'en'],
    [[], { LANG: 'es_CO.UTF-8' }, 'es'],
    [[], { LANG: 'de_DE.UTF-8' }, 'en'],
    [[], { LANG: 'es_CO.UTF-8', LC_ALL: 'C' }, 'en'],
    [['users', '--locale', 'es'], { LANG: 'C' }, 'es'],
    [['--locale=en'], { LANG: 'es_CO.UTF-8' }, 'en'],
  ]
  for (const [argv, env, locale] of languages)
    it(`are ${locale} for ${[...argv, JSON.stringify(env)].join(' ')}`, () => expect(localeOf(argv, env)).to.equal(locale))

  it('take values into their holes', () => expect(wordsOf('es')('users.released', { n: 3 })).to.equal('Chats entregados: 3'))
})

describe('What commands print', () => {
  it('is a table as wide as its content, however the letters are written', () => {
    const rows = [
      { a: 'ñandú', b: 1 },
      { a: null, b: 22 },
    ]
    const table = tableOf(
      [
        { title: 'name', value: (row: (typeof rows)[0]) => row.a },
        { title: 'n', value: (row) => row.b },
      ],
      rows,
    )
    expect(table).to.equal('NAME   N\nñandú  1\n–      22')
    expect(
      sheetOf([
        ['uno', 'a\n b'],
        ['veintidós', 0],
      ]),
    ).to.equal('uno        a b\nveintidós  0')
  })

  const statuses: [status: number, code: number][] = [
    [400, 2],
    [401, 1],
    [403, 1],
    [404, 4],
    [409, 5],
    [415, 2],
    [422, 2],
    [500, 1],
    [502, 6],
    [503, 6],
  ]
  for (const [status, code] of statuses)
    it(`ends with ${code} for what is ${status} over HTTP`, () => expect(exitCodeOf(status)).to.equal(code))

  it('knows an address with a password, and puts one in', () => {
    expect(['mysql://a:b@h/d', 'mysql://a@h/d', 'sqlite:/x', 'plain'].map(carriesPassword)).to.deep.equal([true, false, false, false])
    expect(withPassword('mysql://a@h:3306/d', 'p@ss/w?rd')).to.equal('mysql://a:p%40ss%2Fw%3Frd@h:3306/d')
  })

  it('asks for what a bridge needs and Turno neither knows nor makes', () => {
    const schema = {
      type: 'object',
      required: ['b', 'a', 'made', 'known', 'given'],
      properties: { a: { 'x-order': 1 }, b: { 'x-order': 2 }, made: { 'x-generate': 8 }, known: { default: 1 }, given: {}, optional: {} },
    }
    expect(openQuestions(schema, { given: 'x' })).to.deep.equal(['a', 'b'])
  })
})
