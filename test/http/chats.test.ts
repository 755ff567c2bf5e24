import { expect } from 'chai'
import { argonPasswords } from '../../server/actions/passwords.ts'
import { eachDatabase } from '../databases.ts'
import { type Browser, refusalOf, Site } from '../support/site.ts'
import { World } from '../world.ts'

const password = 'correcto caballo pila grapa'

eachDatabase((database) => {
  describe('chats over HTTP', () => {
    let world: World
    let site: Site
    let ana: Browser, beto: Browser, boss: Browser
    let n = 0
    before(async () => {
      world = await World.build(database)
      site = await Site.open(world.core, { bridges: world.bridges, passwords: argonPasswords })
      await world.agent('Ana')
      await world.channel('linea')
      await world.supervisor('Jefa')
      const signIn = async (name: string, app: 'agent' | 'supervisor' = 'agent'): Promise<Browser> => {
        const browser = site.browser(app)
        // The world's own session of the agent is one that no socket holds any more.
        await world.db.run('UPDATE sessions SET connectedAt = NULL')
        expect((await browser.signIn(name, password)).status).to.equal(201)
        return browser
      }
      ana = await signIn('ana')
      await world.agent('Beto', { queues: [] })
      beto = await signIn('beto')
      boss = await signIn('jefa', 'supervisor')
    })
    after(async () => {
      await site.close()
      await world.close()
    })
    /** A chat that Ana holds. */
    const heldChat = async (text = 'hola'): Promise<{ id: string; from: string }> => {
      const from = `cliente-${++n}`
      await world.write('linea', from, text)
      return { id: (await world.chat(from)).id, from }
    }

    it('go from the customer’s message to the agent’s answer and the end', async () => {
      const { id, from } = await heldChat('buenos días')
      const list = await ana.get('/app/chats?list=pending')
      expect(list.json.items.find((row: { id: string }) => row.id === id)).to.deep.include({ state: 'PENDING', agentName: 'Ana', queueName: 'Recepción', limited: false })
      const detail = await ana.get(`/app/chats/${id}`)
      expect(detail.json.may).to.deep.equal({ write: true, note: true, resolve: true, transfer: true })
      const sent = await ana.post(`/app/chats/${id}/messages`, { clientId: 'cliente-uno', text: '¡Hola! ¿En qué le ayudo?' })
      expect(sent.status).to.equal(201)
      expect(sent.json).to.deep.include({ clientId: 'cliente-uno', direction: 'out', status: 'queued', text: '¡Hola! ¿En qué le ayudo?', extra: null })
      const again = await ana.post(`/app/chats/${id}/messages`, { clientId: 'cliente-uno', text: 'otra vez' })
      expect([again.status, again.json.id, again.json.text]).to.deep.equal([201, sent.json.id, '¡Hola! ¿En qué le ayudo?'])
      await world.settle()
      expect(world.received(from)).to.include('¡Hola! ¿En qué le ayudo?').and.not.include('otra vez')
      const timeline = await ana.get(`/app/chats/${id}/timeline`)
      expect(timeline.json.items.filter((item: { type: string; author?: { kind: string } }) => item.type === 'message' && item.author?.kind !== 'system').map((item: { text: string }) => item.text)).to.deep.equal(['buenos días', '¡Hola! ¿En qué le ayudo?'])
      const resolved = await ana.post(`/app/chats/${id}/resolve`, { note: 'listo' })
      expect([resolved.status, resolved.json.state]).to.deep.equal([200, 'RESOLVED'])
      expect(refusalOf(await ana.post(`/app/chats/${id}/resolve`))).to.equal('403 forbidden')
      expect(refusalOf(await boss.post(`/app/chats/${id}/resolve`))).to.equal('409 already_resolved')
      expect((await ana.get('/app/chats?list=resolved')).json.items.map((row: { id: string }) => row.id)).to.include(id)
    })

    it('of another agent do not exist, whatever is asked of them', async () => {
      const { id } = await heldChat()
      const { json: note } = await ana.post(`/app/chats/${id}/notes`, { clientId: 'nota-propia', text: 'solo interno' })
      const asked: [string, () => ReturnType<Browser['get']>][] = [
        ['detail', () => beto.get(`/app/chats/${id}`)], ['timeline', () => beto.get(`/app/chats/${id}/timeline`)],
        ['message', () => beto.post(`/app/chats/${id}/messages`, { clientId: 'cliente-dos', text: 'x' })], ['note', () => beto.post(`/app/chats/${id}/notes`, { clientId: 'cliente-tres', text: 'x' })],
        ['read', () => beto.post(`/app/chats/${id}/read`)], ['resolve', () => beto.post(`/app/chats/${id}/resolve`)],
        ['transfer', () => beto.post(`/app/chats/${id}/transfer`, { target: { type: 'agent', id: world.who('Beto').id }, force: true })],
        ['resend', () => beto.post(`/app/chats/${id}/messages/${note.id}/resend`)], ['discard', () => beto.post(`/app/chats/${id}/messages/${note.id}/discard`)],
      ]
      for (const [what, ask] of asked) expect(refusalOf(await ask()), what).to.equal('404 not_found')
      expect((await beto.get('/app/chats?list=pending')).json.items).to.deep.equal([])
      expect((await world.chat(`cliente-${n}`)).agentId).to.equal(world.who('Ana').id)
      for (const path of [`/app/chats/${world.core.ids.next()}`, '/app/chats/x', "/app/chats/' OR 1=1", '/app/chats/%E0%A4%A']) {
        expect((await ana.get(path)).status, path).to.be.oneOf([400, 404])
      }
    })

    it('are read silently by supervisors, who leave one trace a look', async () => {
      const { id } = await heldChat()
      for (let i = 0; i < 3; i++) expect((await boss.get(`/app/chats/${id}`)).status).to.equal(200)
      expect((await boss.get(`/app/chats/${id}/timeline`)).status).to.equal(200)
      const looks = await world.db.all<{ actorName: string }>("SELECT actorName FROM audit WHERE action = 'chat.monitored' AND subjectId = ?", [id])
      expect(looks).to.deep.equal([{ actorName: 'Jefa' }])
      expect((await world.chat(`cliente-${n}`)).unread).to.equal(1)
      await ana.get(`/app/chats/${id}`)
      expect(await world.db.all("SELECT id FROM audit WHERE action = 'chat.monitored' AND subjectId = ?", [id])).to.have.length(1)
    })

    it('are marked as read by whoever holds them, and by nobody else', async () => {
      const { id, from } = await heldChat()
      expect((await boss.post(`/app/chats/${id}/read`)).status).to.equal(204)
      expect((await world.chat(from)).unread).to.equal(1)
      expect((await ana.post(`/app/chats/${id}/read`)).status).to.equal(204)
      expect((await world.chat(from)).unread).to.equal(0)
    })

    it('are passed on: 200 to an agent, 202 to a queue that waits, and the giver keeps only the row', async () => {
      const { id } = await heldChat('pase esto')
      await ana.post(`/app/chats/${id}/messages`, { clientId: 'antes-de-pasar', text: 'le paso' })
      const given = await ana.post(`/app/chats/${id}/transfer`, { target: { type: 'agent', id: world.who('Beto').id } })
      expect([given.status, given.json.agentName, given.json.limited]).to.deep.equal([200, 'Beto', true])
      expect(refusalOf(await ana.post(`/app/chats/${id}/messages`, { clientId: 'despues-de-pasar', text: 'x' }))).to.equal('403 forbidden')
      const queue = await world.newQueue(`Vacía ${n}`)
      const queued = await boss.post(`/app/chats/${id}/transfer`, { target: { type: 'queue', id: queue }, enqueue: true })
      expect([queued.status, queued.json.state, queued.json.queueId]).to.deep.equal([202, 'QUEUED', queue])
    })

    it('keep HTML as text, in the answer and at the customer’s end', async () => {
      const html = '<img src=x onerror=alert(1)><b>hola</b>'
      const { id, from } = await heldChat(html)
      const timeline = await ana.get(`/app/chats/${id}/timeline`)
      expect(timeline.headers.get('content-type')).to.equal('application/json; charset=utf-8')
      expect(timeline.headers.get('x-content-type-options')).to.equal('nosniff')
      expect(timeline.json.items[0].text).to.equal(html)
      const sent = await ana.post(`/app/chats/${id}/messages`, { clientId: 'con-etiquetas', text: html })
      expect(sent.json.text).to.equal(html)
      await world.settle()
      expect(world.received(from)).to.include(html)
    })

    it('refuse bodies that are not what they should be, naming what is wrong', async () => {
      const { id } = await heldChat()
      const path = `/app/chats/${id}/messages`
      expect(refusalOf(await ana.ask(path, { method: 'POST', raw: '{"text": "sin cer', headers: { 'content-type': 'application/json' } }))).to.equal('400 bad_request')
      expect(refusalOf(await ana.ask(path, { method: 'POST', raw: '{"text":"hola"}', headers: { 'content-type': 'text/plain' } }))).to.equal('400 bad_request')
      expect(refusalOf(await ana.ask(path, { method: 'POST', raw: Buffer.from([0x7b, 0xff, 0x7d]), headers: { 'content-type': 'application/json' } }))).to.equal('400 bad_request')
      expect(refusalOf(await ana.post(path, { clientId: 'demasiado', text: 'x'.repeat(70_000) }))).to.equal('413 payload_too_large')
      const invalid = await ana.post(path, { clientId: 'corto', text: 5, extra: true })
      expect(refusalOf(invalid)).to.equal('422 validation')
      expect(invalid.json.error.details.fields).to.have.all.keys('clientId', 'text', 'extra')
      expect(refusalOf(await ana.post(path, { clientId: 'vacio-vacio', text: '   ' }))).to.equal('422 validation')
      expect(refusalOf(await ana.get('/app/chats?list=todo'))).to.equal('422 validation')
      expect(refusalOf(await ana.get('/app/chats?list=pending&limit=5000'))).to.equal('422 validation')
      expect(refusalOf(await ana.get('/app/chats?list=pending&after=x'))).to.equal('400 bad_request')
      expect(refusalOf(await ana.get('/app/chats?list=all'))).to.equal('403 forbidden')
      expect(refusalOf(await ana.ask(path, { method: 'PUT', body: {} }))).to.equal('405 method_not_allowed')
      expect(refusalOf(await ana.get('/app/nada'))).to.equal('404 not_found')
      expect((await ana.get(`/app/chats/${id}/timeline`)).json.items.filter((item: { type: string; direction?: string; author?: { kind: string } }) => item.type === 'message' && item.author?.kind === 'agent')).to.deep.equal([])
    })

    it('are no longer given to an agent on a pause, whom supervisors may steer and colleagues may not', async () => {
      const lunch = await world.pauseReason('Almuerzo')
      const anaId = world.who('Ana').id
      await world.db.run("UPDATE agents SET presence = 'online' WHERE agentId = ?", [anaId])
      expect(refusalOf(await ana.post('/app/pause', { reasonId: world.core.ids.next() }))).to.equal('422 reason_required')
      const paused = await ana.post('/app/pause', { reasonId: lunch })
      expect([paused.status, paused.json.pause.reason]).to.deep.equal([200, 'Almuerzo'])
      expect(refusalOf(await ana.post('/app/pause', { reasonId: lunch }))).to.equal('409 already_paused')
      expect(refusalOf(await beto.ask(`/app/agents/${anaId}/pause`, { method: 'DELETE' }))).to.equal('403 forbidden')
      expect(refusalOf(await beto.get('/app/board'))).to.equal('403 forbidden')
      const board = await boss.get('/app/board')
      expect(board.json.agents.find((agent: { id: string }) => agent.id === anaId).pause.reason).to.equal('Almuerzo')
      expect((await boss.ask(`/app/agents/${anaId}/pause`, { method: 'DELETE' })).json.pause).to.equal(null)
      expect(refusalOf(await ana.ask('/app/pause', { method: 'DELETE' }))).to.equal('409 not_paused')
      expect(refusalOf(await beto.post(`/app/agents/${anaId}/sign-out`))).to.equal('403 forbidden')
      expect((await boss.post(`/app/agents/${anaId}/sign-out`)).status).to.equal(204)
      expect(refusalOf(await ana.get('/app/session'))).to.equal('401 unauthorized')
    })
  })
})
