import { expect } from 'chai'
import { loadConfig } from '../../config/load.ts'
import type { BridgeDefinition } from '../../plugins/sdk/bridge.ts'
import { loopback } from '../../plugins/sdk/testkit/loopback.ts'
import { type RunningServer, startServer } from '../../server/app.ts'
import { Installed } from '../support/installed.ts'

describe('a running server', () => {
  let installed: Installed
  let server: RunningServer | undefined
  before(async () => {
    installed = await Installed.make({ dialect: 'sqlite', agents: 1, maxChats: 0 })
    const { config } = loadConfig({ env: { TURNO_DATA: installed.dataDir, TURNO_DATABASE_URL: installed.databaseUrl, TURNO_LOG_LEVEL: 'silent', TURNO_HTTP_PORT: '0' } })
    server = await startServer(config, { bridges: [loopback as BridgeDefinition] })
  })
  after(async () => {
    await server?.stop()
    await installed.remove()
  })
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${server?.port}${path}`)

  it('is ready with its database, its migrations and its workers, and says how it does', async () => {
    const ready = await get('/readyz')
    expect([ready.status, await ready.json()]).to.deep.equal([200, { status: 'ready', checks: { database: 'ok', workers: 'ok' } }])
    const figures = await (await get('/metrics')).text()
    expect(figures).to.match(/^turno_inbox_waiting 0$/m).and.match(/^turno_screens 0$/m).and.match(/^turno_inbox_oldest_seconds 0$/m)
  })

  it('ends what it is asked when it is told to stop, and is gone then', async () => {
    // A password takes its time to look at.
    const asked = fetch(`http://127.0.0.1:${server?.port}/app/session`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ app: 'agent', username: 'nadie', password: 'x' }),
    })
    await new Promise((resolve) => setImmediate(resolve))
    const [answer] = await Promise.all([asked, get('/healthz').then(() => server?.stop())])
    expect(answer.status).to.equal(401)
    const refused = await get('/healthz').then(() => null, (error: Error) => error)
    expect(refused).to.be.instanceOf(Error)
  })
})
