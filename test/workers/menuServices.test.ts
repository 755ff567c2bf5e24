/** What menus reach the outside with: real servers on loopback, shaped like the services (domain §5.8; F026, F030, F047, F079). */
import { expect } from 'chai'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { listMailServers, listProviders, listSecrets, saveMailServer, saveProvider, setSecret } from '../../server/actions/menus/services.ts'
import { addMedia } from '../../server/actions/media.ts'
import { setSetting } from '../../server/actions/settings.ts'
import { takeStream } from '../../server/adapters/fileIntake.ts'
import { secretPlace, type HttpRequest } from '../../server/domain/menu/calls.ts'
import { MenuServices } from '../../server/workers/menuServices.ts'
import { onDatabase } from '../databases.ts'
import { boss, World } from '../world.ts'

interface Heard { method: string; url: string; headers: Record<string, string | string[] | undefined>; body: string }

onDatabase('sqlite', (database) => {
  describe('Services of menus', () => {
    let world: World
    let services: MenuServices
    let server: Server
    let smtp: SMTPServer
    let base = ''
    const heard: Heard[] = []
    const mails: { from: string; to: string[]; text: string }[] = []
    let answer: (request: Heard) => { status?: number; body: unknown } = () => ({ body: {} })
    before(async () => {
      world = await World.build(database)
      services = new MenuServices(world.core)
      server = createServer((request, response) => {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
          const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('utf8') }
          heard.push(one)
          const { status = 200, body } = answer(one)
          response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body))
        })
      })
      await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      smtp = new SMTPServer({
        authOptional: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true,
        onAuth: (auth, _session, done) => (auth.password === 'clave' ? done(null, { user: auth.username }) : done(new Error('no'))),
        onRcptTo: (address, _session, done) => (address.address.startsWith('nadie') ? done(new Error('no such user')) : done()),
        onData: (stream, session, done) => {
          const chunks: Buffer[] = []
          stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
            mails.push({ from: session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address, to: session.envelope.rcptTo.map((one) => one.address), text: Buffer.concat(chunks).toString('utf8') })
            done()
          })
        },
      })
      await new Promise<void>((resolve) => { smtp.listen(0, '127.0.0.1', () => resolve()) })
      await setSetting(world.core, boss, { scope: 'global', name: 'http.allow', value: ['127.0.0.1'] })
      await setSecret(world.core, boss, { name: 'citas_token', value: 's3creto' })
      await saveMailServer(world.core, boss, { id: 'principal', host: '127.0.0.1', port: (smtp.server.address() as AddressInfo).port, tls: 'none', username: 'turno', password: 'clave', sender: 'turno@losalmendros.example' })
      await saveProvider(world.core, boss, { id: 'principal', baseUrl: `${base}/v1`, model: 'modelo-1', secret: 'llave' })
    })
    after(async () => {
      server.closeAllConnections()
      server.close()
      await new Promise<void>((resolve) => { smtp.close(() => resolve()) })
      await world.close()
    })
    beforeEach(() => {
      heard.length = 0
      mails.length = 0
      answer = () => ({ body: {} })
    })
    const http = (more: Partial<HttpRequest>): HttpRequest => ({
      type: 'http', method: 'GET', url: `${base}/citas`, query: [], headers: [], body: null, auth: { type: 'none' }, timeout: 5, retries: 0, mark: 'MARCA', ...more,
    })

    it('ask a web service with its query, headers and secret, and give status and body', async () => {
      answer = () => ({ status: 404, body: { falta: true } })
      const result = await services.carryOut(http({ query: [['documento', '007'], ['x', 'á&b']], headers: [['X-Clave', secretPlace('MARCA', 'citas_token')]], auth: { type: 'bearer', secret: 'citas_token' } }))
      expect(result).to.deep.include({ ok: true, type: 'http', status: 404, body: '{"falta":true}' })
      expect(heard[0]).to.include({ method: 'GET', url: '/citas?documento=007&x=%C3%A1%26b' })
      expect(heard[0]?.headers).to.include({ authorization: 'Bearer s3creto', 'x-clave': 's3creto' })
      expect(JSON.stringify(result)).not.to.contain('s3creto')
    })

    it('send a form, JSON, and a text', async () => {
      await services.carryOut(http({ method: 'POST', body: { kind: 'form', fields: [['a', '1'], ['b', 'dos tres']] } }))
      await services.carryOut(http({ method: 'POST', body: { kind: 'json', value: { n: '007' } } }))
      await services.carryOut(http({ method: 'PUT', body: { kind: 'text', text: 'hola' } }))
      expect(heard.map((one) => [one.headers['content-type'], one.body])).to.deep.equal([
        ['application/x-www-form-urlencoded', 'a=1&b=dos+tres'], ['application/json', '{"n":"007"}'], ['text/plain; charset=utf-8', 'hola'],
      ])
    })

    it('ask for a token first where the service wants one', async () => {
      answer = ({ url }) => (url === '/token' ? { body: { access_token: 'fresco' } } : { body: { bien: true } })
      await services.carryOut(http({ auth: { type: 'token', secret: 'citas_token', tokenUrl: `${base}/token`, header: 'Authorization', scope: 'leer' } }))
      expect(heard.map((one) => one.url)).to.deep.equal(['/token', '/citas'])
      expect(heard[0]?.headers.authorization).to.equal(`Basic ${Buffer.from('s3creto').toString('base64')}`)
      expect(heard[1]?.headers.authorization).to.equal('Bearer fresco')
    })

    it('try again as often as the menu says, and no more', async () => {
      let left = 2
      answer = () => ({ status: left-- > 0 ? 503 : 200, body: {} })
      expect(await services.carryOut(http({ retries: 2 }))).to.include({ status: 200 })
      expect(heard).to.have.length(3)
      answer = () => ({ status: 503, body: {} })
      expect(await services.carryOut(http({ retries: 1 }))).to.include({ status: 503 })
      expect(heard).to.have.length(5)
    })

    it('say what is wrong instead of throwing: no such secret, an address inside', async () => {
      expect(await services.carryOut(http({ auth: { type: 'bearer', secret: 'otro' } }))).to.deep.include({ ok: false, code: 'unknown_secret' })
      expect(await services.carryOut(http({ url: 'http://169.254.169.254/' }))).to.deep.include({ ok: false, code: 'blocked_address' })
      expect(heard).to.have.length(0)
    })

    it('send an e-mail, and say when the server refuses it or is not there (F047)', async () => {
      const mail = { type: 'email' as const, server: 'principal', to: ['calidad@losalmendros.example'], cc: [], subject: 'Queja de José', text: 'Motivo: tardanza', html: null, attachments: [], replyTo: 'jose@example.com', timeout: 5, mark: 'M' }
      expect(await services.carryOut(mail)).to.deep.equal({ ok: true, type: 'email' })
      expect(mails[0]).to.deep.include({ from: 'turno@losalmendros.example', to: ['calidad@losalmendros.example'] })
      expect(mails[0]?.text).to.match(/Motivo: tardanza/).and.match(/Reply-To: jose@example.com/i)
      expect(await services.carryOut({ ...mail, to: ['nadie@losalmendros.example'] })).to.include({ ok: false, code: 'refused' })
      expect(await services.carryOut({ ...mail, server: 'otro' })).to.include({ ok: false, code: 'refused' })
      await saveMailServer(world.core, boss, { id: 'caido', host: '127.0.0.1', port: 1, tls: 'none', sender: 'a@b.example' })
      expect(await services.carryOut({ ...mail, server: 'caido' })).to.include({ ok: false, code: 'network' })
    })

    it('talk with a model, and hear it call for a person (F026)', async () => {
      answer = () => ({ body: { choices: [{ message: { content: 'Abrimos a las 8.' } }] } })
      const talk = { type: 'assistant' as const, provider: 'principal', model: null, instructions: 'Sea breve.', turns: [{ role: 'user' as const, text: '¿A qué hora abren?' }], maxTokens: 100, schema: null, timeout: 5 }
      expect(await services.carryOut(talk)).to.deep.equal({ ok: true, type: 'assistant', text: 'Abrimos a las 8.' })
      expect(heard[0]).to.include({ method: 'POST', url: '/v1/chat/completions' })
      expect(heard[0]?.headers.authorization).to.equal('Bearer llave')
      expect(JSON.parse(heard[0]?.body ?? '{}')).to.deep.include({
        model: 'modelo-1', max_tokens: 100, stream: false, messages: [{ role: 'system', content: 'Sea breve.' }, { role: 'user', content: '¿A qué hora abren?' }],
      })
      answer = () => ({ body: { choices: [{ message: { content: null, tool_calls: [{ function: { name: 'handover', arguments: '{}' } }] } }] } })
      expect(await services.carryOut({ ...talk, model: 'otro' })).to.deep.equal({ ok: true, type: 'assistant', text: '', handover: true })
      expect(JSON.parse(heard[1]?.body ?? '{}')).to.include({ model: 'otro' })
      answer = () => ({ status: 500, body: {} })
      expect(await services.carryOut(talk)).to.include({ ok: false, code: 'provider_error' })
    })

    it('turn a voice note into text, then translate it (F079)', async () => {
      const ogg = Buffer.concat([Buffer.from('OggS\0\x02', 'latin1'), Buffer.alloc(22), Buffer.from('\x01\x13OpusHead\x01\x01', 'latin1'), Buffer.alloc(64)])
      const file = await addMedia(world.core, await takeStream(ogg, { storage: world.core.storage, maxBytes: 1e6, name: 'nota.ogg' }), {})
      answer = ({ url }) => (url.endsWith('transcriptions') ? { body: { text: 'quiero una cita' } } : { body: { choices: [{ message: { content: 'I want an appointment' } }] } })
      const result = await services.carryOut({ type: 'process', steps: [{ type: 'transcribe', provider: null, language: 'es' }, { type: 'translate', provider: 'principal', to: 'en' }], text: '', file: { fileId: file.id }, timeout: 5 })
      expect(result).to.deep.equal({ ok: true, type: 'process', text: 'I want an appointment' })
      expect(heard[0]?.url).to.equal('/v1/audio/transcriptions')
      expect(heard[0]?.body).to.contain('modelo-1').and.to.contain('nota.ogg')
    })

    it('take data out of a text by a schema', async () => {
      answer = () => ({ body: { choices: [{ message: { content: '{"ciudad":"Cali"}' } }] } })
      const result = await services.carryOut({ type: 'process', steps: [{ type: 'extract', provider: null, schema: { type: 'object' } }], text: 'vivo en Cali', file: null, timeout: 5 })
      expect(result).to.deep.equal({ ok: true, type: 'process', text: 'vivo en Cali', data: { ciudad: 'Cali' } })
    })

    it('fetch a file, check it by its content, and keep it', async () => {
      answer = () => ({ body: '%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n' })
      const wanted = { type: 'media' as const, source: { url: `${base}/tarifas.pdf` }, as: 'document' as const, fileName: 'tarifas.pdf', maxBytes: 1000, mimeTypes: null }
      const result = await services.carryOut(wanted)
      expect(result).to.deep.include({ ok: true, type: 'media' })
      if (result.ok && result.type === 'media') expect(result.file).to.include({ mimeType: 'application/pdf', fileName: 'tarifas.pdf' })
      expect(await services.carryOut({ ...wanted, as: 'image', mimeTypes: ['image/*'] })).to.include({ ok: false, code: 'media_type' })
      expect(await services.carryOut({ ...wanted, maxBytes: 10 })).to.include({ ok: false, code: 'too_large' })
    })

    it('never show what is secret in lists, rows or the audit log', async () => {
      const shown = JSON.stringify([await listSecrets(world.core, boss), await listMailServers(world.core, boss), await listProviders(world.core, boss)])
      expect(shown).not.to.match(/s3creto|"clave"|llave/)
      const tables = await Promise.all(['secrets', 'mail_servers', 'ai_providers', 'audit'].map((table) => world.db.all(`SELECT * FROM ${table}`)))
      expect(JSON.stringify(tables)).not.to.match(/s3creto|"clave"|llave/)
    })
  })
})
