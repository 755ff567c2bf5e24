/** `turno start` as a service runs it: a process that is ready, is administered from beside it, and drains when told. */
import { spawn, type ChildProcess } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { place, project, turnoProcess, type Place } from './turno.ts'

describe('turno start', function () {
  this.timeout(120_000)
  let here: Place
  let server: ChildProcess
  let said = ''
  let url = ''
  before(async () => {
    here = place()
    const installed = await here.turno('install', '--demo')
    expect(installed.code, installed.stderr).to.equal(0)
    server = spawn(process.execPath, ['--import', 'tsx', 'bin/dev.js', 'start', '--set', 'log.level=warn'], {
      cwd: project,
      env: { ...process.env, ...here.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    url = await new Promise((resolve, reject) => {
      server.stdout?.on('data', (chunk: Buffer) => {
        said += chunk.toString('utf8')
        const ready = /Turno is ready: (\S+)/.exec(said)
        if (ready) resolve(ready[1] as string)
      })
      server.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)))
    })
  })
  after(() => {
    server.kill('SIGKILL')
    here.remove()
  })
  const port = (): string => new URL(url).port

  it('serves the pages that install named', async () => {
    for (const path of ['/healthz', '/readyz']) expect((await fetch(url + path)).status, path).to.equal(200)
    const status = (await here.turno('status', '--json')).json<{ running: boolean; processes: { pid: number }[]; channels: object }>()
    expect(status).to.deep.include({ running: true, channels: { connected: 1 } })
    expect(status.processes.map((one) => one.pid)).to.deep.equal([server.pid])
  })

  it('is well by its own doctor, through its address and its socket', async () => {
    const examined = await turnoProcess(here, ['doctor', '--json', '--set', `http.port=${port()}`, '--set', `http.publicUrl=${url}`])
    const { checks } = JSON.parse(examined.stdout) as { checks: { check: string; outcome: string; verdict: string }[] }
    const outcome = (check: string): string | undefined => checks.find((one) => one.check === check)?.outcome
    expect([outcome('port'), outcome('public_url'), outcome('websocket'), outcome('channels')]).to.deep.equal([
      'ours',
      'insecure',
      'ok',
      'ok',
    ])
  })

  it('takes up what is made beside it', async () => {
    const made = await here.turno(
      'channels',
      'create',
      '--bridge',
      'widget',
      '--name',
      'Otro sitio',
      '--setting',
      'name=Otro',
      '--to',
      'queue:recepcion',
      '--json',
    )
    expect(made.code, made.stdout).to.equal(0)
    const { identity, id } = made.json<{ identity: string; id: string }>()
    const link = async (): Promise<string> => (await here.turno('channels', 'show', id, '--json')).json<{ status: string }>().status
    for (let tries = 0; tries < 100 && (await link()) !== 'connected'; tries++) await pause(100)
    expect(await link()).to.equal('connected')
    const config = (key: string): Promise<number> => fetch(`${url}/b/widget/${key}/config`).then((answer) => answer.status)
    expect([await config(identity), await config('nobody-has-this')]).to.deep.equal([200, 404])
  })

  it('says so when its port is taken, with 6', async () => {
    const second = await turnoProcess(here, ['start', '--port', port()])
    expect(second.code).to.equal(6)
    expect(second.stderr).to.contain(`Port ${port()}`).and.contain('--port')
  })

  it('drains and ends when told', async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGTERM')
    expect(await ended).to.equal(0)
    expect(said).to.contain('Stopping')
    expect((await here.turno('status', '--json')).json<{ running: boolean }>().running).to.equal(false)
  })
})
