import { expect } from 'chai'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, loadConfig, type LoadOptions, type Problem } from '../../config/load.ts'
import { maskUrl, redactConfig } from '../../config/redact.ts'
import { leaves } from '../../config/schema.ts'

describe('the configuration', () => {
  let folder: string
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'turno-config-')) })
  afterEach(() => rmSync(folder, { recursive: true }))

  const write = (text: string, name = 'config.yaml'): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const load = (options: LoadOptions = {}) => loadConfig({ cwd: folder, ...options, env: { TURNO_DATA: folder, ...options.env } })
  const problems = (options: LoadOptions): readonly Problem[] => {
    try {
      load(options)
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigError)
      return (error as ConfigError).problems
    }
    throw new Error('Expected problems, and there were none')
  }

  it('is complete without a file, with all data in the data folder', () => {
    const { config, origins, file } = load()
    expect(config).to.deep.include({ dataDir: folder, redis: { url: null, prefix: 'turno' }, metrics: { token: null }, plugins: {} })
    expect(config.database.url).to.equal(`sqlite:${folder}/turno.db`)
    expect(config.secrets.keyFile).to.equal(`${folder}/secret.key`)
    expect(config.storage.path).to.equal(`${folder}/files`)
    expect(config.http).to.include({ port: 8080, maxBody: 1048576 })
    expect(file).to.deep.equal({ path: join(folder, 'config.yaml'), exists: false })
    expect(origins).to.include({ dataDir: 'TURNO_DATA', 'http.port': 'default' })
  })

  it('takes an option over the environment, that over the file, and that over the default', () => {
    const path = write('http:\n  port: 1\n  host: file\nlog:\n  level: warn\n')
    const { config, origins } = load({ env: { TURNO_HTTP_PORT: '2', TURNO_HTTP_HOST: 'env' }, flags: { 'http.port': '3' } })
    expect([config.http.port, config.http.host, config.log.level, config.database.pool]).to.deep.equal([3, 'env', 'warn', 8])
    expect(origins).to.include({ 'http.port': '--set', 'http.host': 'TURNO_HTTP_HOST', 'log.level': path, 'database.pool': 'default' })
  })

  it('reads numbers, switches, lists and structures from texts', () => {
    const { config } = load({
      env: {
        TURNO_HTTP_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8', TURNO_HTTP_COOKIE_SECURE: 'true', TURNO_HTTP_MAX_BODY: '2mb',
        TURNO_REDIS_PREFIX: '12', TURNO_PLUGINS: '{"whatsapp-web":{"url":"wss://x"}}', TURNO_LOG_PRETTY: 'auto', TURNO_HTTP_PUBLIC_URL: 'https://a.example/',
      },
    })
    expect(config.http).to.deep.include({ trustedProxies: ['127.0.0.1', '10.0.0.0/8'], maxBody: 2097152, publicUrl: 'https://a.example' })
    expect(config.http.cookie.secure).to.equal(true)
    expect([config.redis.prefix, config.log.pretty]).to.deep.equal(['12', 'auto'])
    expect(config.plugins).to.deep.equal({ 'whatsapp-web': { url: 'wss://x' } })
  })

  it('places relative paths in the data folder, and a relative data folder beside the file that names it', () => {
    mkdirSync(join(folder, 'etc'))
    const path = write('dataDir: ../var\ndatabase:\n  url: sqlite:db/t.db\nstorage:\n  path: /srv/files\n', 'etc/turno.yaml')
    const { config } = loadConfig({ cwd: folder, env: { TURNO_CONFIG: path } })
    expect(config.dataDir).to.equal(join(folder, 'var'))
    expect([config.database.url, config.storage.path]).to.deep.equal([`sqlite:${folder}/var/db/t.db`, '/srv/files'])
  })

  it('reads a secret from a file that the environment names', () => {
    const path = write('mysql://u:p@db/turno\n', 'url.txt')
    expect(load({ env: { TURNO_DATABASE_URL_FILE: path } }).config.database.url).to.equal('mysql://u:p@db/turno')
    expect(problems({ env: { TURNO_DATABASE_URL_FILE: `${path}.none` } })[0]).to.include({ path: 'database.url', origin: 'TURNO_DATABASE_URL_FILE' })
  })

  it('tells every problem with its place and what to do', () => {
    const path = write('http:\n  prot: 1\n  port: many\nnonsense: {a: 1}\nlog:\n')
    const found = problems({ env: { TURNO_HTTP_HOSTT: 'x', TURNO_DATABASE_POOL: '0' }, flags: { 'sqlite.synchronous': 'maybe' } })
    expect(found.map(({ path: at, origin }) => [at, origin])).to.have.deep.members([
      ['TURNO_HTTP_HOSTT', 'environment'], ['http.prot', path], ['nonsense', path], ['http.port', path],
      ['database.pool', 'TURNO_DATABASE_POOL'], ['sqlite.synchronous', '--set'],
    ])
    const hints = Object.fromEntries(found.map(({ path: at, hint }) => [at, hint]))
    expect(hints['http.prot']).to.equal('Did you mean http.port?')
    expect(hints.TURNO_HTTP_HOSTT).to.equal('Did you mean TURNO_HTTP_HOST?')
    expect(hints['http.port']).to.equal(`Change http.port in ${path}`)
    expect(found.every(({ message }) => message.length > 0)).to.equal(true)
  })

  for (const [key, value] of [
    ['database.url', 'postgres://x/y'], ['database.url', 'sqlite:'], ['redis.url', 'localhost'], ['http.publicUrl', 'example.com'], ['http.port', '70000'],
    ['http.trustedProxies', '10.0.0.0/33'], ['http.trustedProxies', 'localhost'], ['http.maxBody', '1 parsec'], ['metrics.token', 'short'], ['redis.prefix', 'a b'],
  ] as const) {
    it(`refuses ${key} ${value}`, () => expect(problems({ flags: { [key]: value } }).map(({ path }) => path)).to.deep.equal([key]))
  }

  it('leaves variables alone that belong to somebody else', () => {
    load({ env: { TURNO_CACHE_DIR: '/x', TURNO_DATA_DIR: '/x', TURNO_TEST_MYSQL_URL: 'x', TURNO_DISABLE_AUTOCOMPLETE: '1' } })
  })

  it('refuses a file that was named and does not exist, and one that is no YAML', () => {
    expect(problems({ file: 'none.yaml' })[0]?.message).to.equal('does not exist')
    expect(problems({ file: write('a: [', 'bad.yaml') })[0]?.message).to.match(/cannot be read/)
  })

  it('documents each key by a comment in default.yaml', () => {
    const text = readFileSync(new URL('../../config/default.yaml', import.meta.url), 'utf8')
    for (const { path } of leaves.filter((leaf) => leaf.path !== 'storage.path')) {
      const key = path.split('.').at(-1) as string
      expect(text, path).to.match(new RegExp(`# .*\\n *${key}:`))
    }
  })

  it('shows no secret', () => {
    const { config } = load({
      env: {
        TURNO_DATABASE_URL: 'mysql://u:hunter2@db/x', TURNO_REDIS_URL: 'redis://:hunter2@r:6379/0', TURNO_METRICS_TOKEN: 'hunter2hunter2hunter2',
        TURNO_PLUGINS: '{"x":{"apiKey":"hunter2","nested":{"password":"hunter2"},"url":"https://a:hunter2@b/?token=hunter2"}}',
      },
    })
    const shown = redactConfig(config)
    expect(JSON.stringify(shown)).to.not.contain('hunter2')
    expect(shown.secrets).to.deep.equal(config.secrets)
    expect(shown.database.url).to.equal('mysql://u:•••@db/x')
    expect(JSON.stringify(problems({ flags: { 'database.url': 'postgres://u:hunter2@db/x', 'metrics.token': 'hunter2' } }))).to.not.contain('hunter2')
  })

  for (const [text, shown] of [
    ['mysql://u:p@ss@h/x', 'mysql://u:•••@h/x'], ['redis://:p@h', 'redis://:•••@h'], ['sqlite:/a:b@c', 'sqlite:/a:b@c'], ['http://h/?a=1&access_token=x&b=2', 'http://h/?a=1&access_token=•••&b=2'],
  ] as const) {
    it(`masks ${text}`, () => expect(maskUrl(text)).to.equal(shown))
  }
})
