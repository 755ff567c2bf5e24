import { expect } from 'chai'
import { argonPasswords } from '../../server/actions/passwords.ts'
import { eachDatabase } from '../databases.ts'
import { type Answer, type Browser, refusalOf, Site } from '../support/site.ts'
import { World } from '../world.ts'

const password = 'correcto caballo pila grapa'

eachDatabase((database) => {
  describe('the agent’s desk over HTTP', () => {
    let world: World
    let site: Site
    let ana: Browser, beto: Browser, boss: Browser
    let n = 0
    before(async () => {
      world = await World.build(database)
      site = await Site.open(world.core, { bridges: world.bridges, passwords: argonPasswords })
      const signIn = async (name: string, app: 'agent' | 'supervisor' = 'agent'): Promise<Browser> => {
        const browser = site.browser(app)
        await world.db.run('UPDATE sessions SET connectedAt = NULL')
        expect((await browser.signIn(name, password)).status).to.equal(201)
        return browser
      }
      await world.agent('Ana', { maxChats: 0 })
      await world.channel('linea')
      await world.supervisor('Jefa')
      ana = await signIn('ana')
      await world.agent('Beto', { queues: [] })
      beto = await signIn('beto')
      boss = await signIn('jefa', 'supervisor')
    })
    after(async () => {
      await site.close()
      await world.close()
    })
    const heldChat = async (...texts: string[]): Promise<{ id: string; from: string }> => {
      const from = `cliente-${++n}`
      for (const text of texts.length > 0 ? texts : ['hola']) await world.write('linea', from, text)
      return { id: (await world.chat(from)).id, from }
    }
    const search = async (who: Browser, q: string, more = ''): Promise<Answer['json']> => (await who.get(`/app/search?q=${encodeURIComponent(q)}${more}`)).json
    const said = (answer: Answer['json']): string[] => answer.messages.items.map((hit: { text: string }) => hit.text)
    const put = (who: Browser, path: string, body: unknown): Promise<Answer> => who.ask(path, { method: 'PUT', body })
    const patch = (who: Browser, path: string, body: unknown): Promise<Answer> => who.ask(path, { method: 'PATCH', body })
    const remove = (who: Browser, path: string): Promise<Answer> => who.ask(path, { method: 'DELETE' })

    describe('searching', () => {
      it('finds what was said by words of it, without accents and by their beginning, and nothing of others’ chats', async () => {
        const { id } = await heldChat('¿Tienen cita de odontología el jueves?', 'gracias')
        const found = await search(ana, 'odontologia jue')
        expect(said(found)).to.deep.equal(['¿Tienen cita de odontología el jueves?'])
        expect(found.messages).to.deep.include({ total: 1, counted: true, next: null })
        expect(found.messages.items[0].chat).to.deep.include({ id, state: 'PENDING' })
        expect(said(await search(beto, 'odontologia'))).to.deep.equal([])
        expect(said(await search(boss, 'odontología'))).to.have.length(1)
        expect(said(await search(ana, 'odontologia viernes')), 'all of the words').to.deep.equal([])
      })

      it('finds a chat by its name and by any end of its number, whichever list it is in', async () => {
        const { id, from } = await heldChat('algo')
        const found = await search(ana, from.replace('-', ' '))
        expect(found.chats.items.map((row: { id: string }) => row.id)).to.include(id)
        await ana.post(`/app/chats/${id}/resolve`)
        expect((await search(ana, from.replace('-', ' '))).chats.items.map((row: { id: string }) => row.id)).to.include(id)
        expect((await search(beto, from.replace('-', ' '))).chats).to.deep.equal({ items: [], total: 0, counted: true })
      })

      it('goes on past a page, newest first, and says how many there are', async () => {
        const { id } = await heldChat()
        for (let i = 0; i < 7; i++) await ana.post(`/app/chats/${id}/messages`, { clientId: `paginas-${i}`, text: `kilimanjaro ${i}` })
        const first = await search(ana, 'kilimanjaro', '&limit=3')
        expect([said(first), first.messages.total]).to.deep.equal([['kilimanjaro 6', 'kilimanjaro 5', 'kilimanjaro 4'], 7])
        const second = await search(ana, 'kilimanjaro', `&limit=3&after=${first.messages.next}`)
        expect(said(second)).to.deep.equal(['kilimanjaro 3', 'kilimanjaro 2', 'kilimanjaro 1'])
      })

      it('keeps to the own stay while a colleague holds the chat, and to the whole of it for whoever has it', async () => {
        const { id } = await heldChat('antes zanahoria')
        world.clock.pass(5)
        expect((await boss.post(`/app/chats/${id}/transfer`, { target: { type: 'agent', id: world.who('Beto').id }, force: true })).status).to.equal(200)
        world.clock.pass(5)
        await world.write('linea', `cliente-${n}`, 'después zanahoria')
        expect(said(await search(ana, 'zanahoria'))).to.deep.equal(['antes zanahoria'])
        expect(said(await search(beto, 'zanahoria'))).to.deep.equal(['después zanahoria', 'antes zanahoria'])
        const inside = await beto.get(`/app/chats/${id}/search?q=zanahoria`)
        expect(inside.json.items.map((hit: { text: string }) => hit.text)).to.deep.equal(['después zanahoria', 'antes zanahoria'])
        expect((await ana.get(`/app/chats/${id}/search?q=zanahoria`)).json.total).to.equal(1)
      })

      it('finds an edited message by what it says now', async () => {
        const from = `cliente-${++n}`
        await world.arrive('linea', { id: 'se-edita', from, text: 'merengue', name: 'Editora' })
        await world.settle()
        await world.arrive('linea', { kind: 'edit', id: 'la-edicion', target: 'se-edita', from, text: 'suspiro', name: 'Editora' })
        await world.settle()
        expect(said(await search(ana, 'merengue'))).to.deep.equal([])
        expect(said(await search(ana, 'suspiro'))).to.deep.equal(['suspiro'])
      })

      it('shows the place of a find: half a page on each side of it', async () => {
        const { id } = await heldChat()
        for (let i = 0; i < 30; i++) {
          world.clock.pass(1)
          await ana.post(`/app/chats/${id}/messages`, { clientId: `alrededor-${i}`, text: `linea ${i}` })
        }
        const target = (await ana.get(`/app/chats/${id}/search?q=${encodeURIComponent('linea 11')}`)).json.items.find((hit: { text: string }) => hit.text === 'linea 11')
        const around = (await ana.get(`/app/chats/${id}/timeline?around=${target.messageId}&limit=10`)).json
        const texts = (page: Answer['json']): string[] => page.items.filter((item: { type: string }) => item.type === 'message').map((item: { text: string }) => item.text)
        expect(texts(around)).to.deep.equal([7, 8, 9, 10, 11, 12, 13, 14, 15, 16].map((i) => `linea ${i}`))
        expect(texts((await ana.get(`/app/chats/${id}/timeline?after=${around.after}&limit=3`)).json)).to.deep.equal(['linea 17', 'linea 18', 'linea 19'])
        expect(texts((await ana.get(`/app/chats/${id}/timeline?before=${around.before}&limit=3`)).json)).to.deep.equal(['linea 4', 'linea 5', 'linea 6'])
        expect(refusalOf(await beto.get(`/app/chats/${id}/timeline?around=${target.messageId}`))).to.equal('404 not_found')
      })
    })

    it('keeps drafts per chat and person, and forgets an emptied one', async () => {
      const { id } = await heldChat()
      expect((await put(ana, `/app/chats/${id}/draft`, { kind: 'message', text: 'le escribo lue' })).status).to.equal(204)
      expect((await put(ana, `/app/chats/${id}/draft`, { kind: 'message', text: 'le escribo luego' })).status).to.equal(204)
      expect((await put(ana, `/app/chats/${id}/draft`, { kind: 'note', text: 'ojo' })).status).to.equal(204)
      expect((await ana.get('/app/drafts')).json.items).to.have.deep.members([
        { chatId: id, kind: 'message', text: 'le escribo luego', updatedAt: world.clock.at }, { chatId: id, kind: 'note', text: 'ojo', updatedAt: world.clock.at },
      ])
      expect((await boss.get('/app/drafts')).json.items).to.deep.equal([])
      expect(refusalOf(await put(beto, `/app/chats/${id}/draft`, { kind: 'message', text: 'x' }))).to.equal('404 not_found')
      await put(ana, `/app/chats/${id}/draft`, { kind: 'note', text: ' ' })
      expect((await ana.get('/app/drafts')).json.items).to.have.length(1)
    })

    it('keeps lists under a name, each person’s own', async () => {
      const made = await ana.post('/app/views', { name: 'Urgentes', filter: { list: 'pending', sort: 'waiting', queue: world.queue('Recepción') } })
      expect(made.status).to.equal(201)
      expect((await ana.get('/app/views')).json.items).to.deep.equal([made.json])
      expect((await beto.get('/app/views')).json.items).to.deep.equal([])
      expect(refusalOf(await remove(beto, `/app/views/${made.json.id}`))).to.equal('404 not_found')
      expect((await remove(ana, `/app/views/${made.json.id}`)).status).to.equal(204)
    })

    it('lists the files of a chat by kind and name, with who sent them', async () => {
      const { id } = await heldChat()
      const uploaded = await ana.upload('fórmula 50%.txt', 'acetaminofén', 'text/plain')
      await ana.post(`/app/chats/${id}/messages`, { clientId: 'con-archivo', mediaId: uploaded.json.id, text: 'su fórmula' })
      const all = (await ana.get(`/app/chats/${id}/files`)).json
      expect(all.items).to.have.length(1)
      expect(all.items[0]).to.deep.include({ kind: 'document', direction: 'out' })
      expect([all.items[0].media.name, all.items[0].author.name]).to.deep.equal(['fórmula 50%.txt', 'Ana'])
      for (const [query, count] of [['q=50%25', 1], ['q=51%25', 0], ['q=_', 0], ['kind=image', 0], ['kind=document', 1]] as const) expect((await ana.get(`/app/chats/${id}/files?${query}`)).json.items, query).to.have.length(count)
      expect(refusalOf(await beto.get(`/app/chats/${id}/files`))).to.equal('404 not_found')
    })

    it('gives everyone who joined or wrote a seat that stays', async () => {
      const { id } = await heldChat()
      await boss.post(`/app/chats/${id}/notes`, { clientId: 'nota-jefa', text: 'miro' })
      await boss.post(`/app/chats/${id}/transfer`, { target: { type: 'agent', id: world.who('Beto').id }, force: true })
      await beto.post(`/app/chats/${id}/messages`, { clientId: 'beto-habla', text: 'hola' })
      const { seats } = (await boss.get(`/app/chats/${id}`)).json
      expect(seats.map((one: { seat: number }) => one.seat)).to.deep.equal([0, 1, 2])
      expect([seats[0].userId, seats[2].userId]).to.deep.equal([world.who('Ana').id, world.who('Beto').id])
    })

    describe('quick replies', () => {
      beforeEach(() => world.db.run('DELETE FROM quick_replies'))
      const make = (who: Browser, reply: Record<string, unknown>): Promise<Answer> => who.post('/app/quick-replies', { shortcut: 'saludo', title: 'Saludo', text: 'Hola', scope: 'own', ...reply })
      const shortcuts = async (who: Browser): Promise<string[]> => (await who.get('/app/quick-replies')).json.items.map((reply: { shortcut: string }) => reply.shortcut)

      it('are everybody’s, a queue’s or one’s own', async () => {
        expect((await make(boss, { shortcut: 'para-todos', scope: 'all' })).status).to.equal(201)
        expect((await make(boss, { shortcut: 'de-cola', scope: 'queue', queueId: world.queue('Recepción') })).status).to.equal(201)
        expect((await make(ana, { shortcut: 'mia' })).status).to.equal(201)
        expect(refusalOf(await make(ana, { shortcut: 'ajena', scope: 'all' }))).to.equal('403 forbidden')
        expect(await shortcuts(ana)).to.deep.equal(['de-cola', 'mia', 'para-todos'])
        expect(await shortcuts(beto)).to.deep.equal(['para-todos'])
        expect(await shortcuts(boss)).to.deep.equal(['de-cola', 'para-todos'])
      })

      it('have one shortcut each in their place, and are changed by whom they belong to', async () => {
        const own = (await make(ana, {})).json
        expect(refusalOf(await make(ana, {}))).to.equal('409 name_taken')
        expect((await make(beto, {})).status, 'another person’s place').to.equal(201)
        expect((await make(boss, { scope: 'all' })).status).to.equal(201)
        expect((await patch(ana, `/app/quick-replies/${own.id}`, { text: 'Hola de nuevo' })).json.text).to.equal('Hola de nuevo')
        expect(refusalOf(await patch(beto, `/app/quick-replies/${own.id}`, { text: 'x' }))).to.equal('404 not_found')
        const shared = (await ana.get('/app/quick-replies')).json.items.find((reply: { scope: string }) => reply.scope === 'all')
        expect(shared.mine).to.equal(false)
        expect(refusalOf(await remove(ana, `/app/quick-replies/${shared.id}`))).to.equal('403 forbidden')
        expect((await remove(ana, `/app/quick-replies/${own.id}`)).status).to.equal(204)
        expect((await make(ana, {})).status, 'its shortcut is free again').to.equal(201)
        for (const wrong of [{ shortcut: 'con espacio' }, { text: ' ' }, { scope: 'queue' }, { queueId: world.queue('Recepción') }]) expect((await make(ana, { shortcut: 'otro', ...wrong })).status).to.equal(422)
      })

      it('are filled with the contact’s data; what is not known is left for the agent', async () => {
        const { id, from } = await heldChat()
        await world.db.run("UPDATE contacts SET name = 'Marta Restrepo', firstName = NULL WHERE id = (SELECT contactId FROM chats WHERE id = ?)", [id])
        const reply = (await make(ana, { text: 'Hola {{ contact.firstName }}, soy {{agent.name}} de {{ queue.name }}. ¿Su correo es {{ contact.email }}? {{ contact.custom.eps | default: "Particular" }}' })).json
        const filled = await ana.post(`/app/chats/${id}/quick-replies/${reply.id}/fill`)
        expect(filled.json).to.deep.equal({ text: 'Hola Marta, soy Ana de Recepción. ¿Su correo es {{ contact.email }}? Particular', missing: ['contact.email'], media: null })
        expect(refusalOf(await beto.post(`/app/chats/${id}/quick-replies/${reply.id}/fill`))).to.equal('404 not_found')
        expect(from).to.be.a('string')
      })

      it('lend their file to each message that uses them', async () => {
        const { id } = await heldChat()
        const uploaded = await boss.upload('mapa.txt', 'calle 10', 'text/plain')
        const reply = (await make(boss, { shortcut: 'mapa', scope: 'all', text: '', mediaId: uploaded.json.id })).json
        expect(reply.media).to.deep.include({ name: 'mapa.txt' })
        for (const clientId of ['con-mapa-1', 'con-mapa-2']) {
          const { media } = (await ana.post(`/app/chats/${id}/quick-replies/${reply.id}/fill`)).json
          expect((await ana.post(`/app/chats/${id}/messages`, { clientId, mediaId: media.id })).status).to.equal(201)
        }
        expect((await ana.get(`/app/chats/${id}/files`)).json.items).to.have.length(2)
        expect(refusalOf(await ana.post(`/app/chats/${id}/messages`, { clientId: 'la-original', mediaId: uploaded.json.id }))).to.equal('404 not_found')
      })

      it('stand in categories that supervisors keep', async () => {
        const made = await boss.post('/app/categories', { name: 'Citas' })
        expect(made.status).to.equal(201)
        expect(refusalOf(await boss.post('/app/categories', { name: 'citas' }))).to.equal('409 name_taken')
        expect(refusalOf(await ana.post('/app/categories', { name: 'Mías' }))).to.equal('403 forbidden')
        const reply = (await make(ana, { categoryId: made.json.id })).json
        expect(reply.categoryId).to.equal(made.json.id)
        expect((await patch(boss, `/app/categories/${made.json.id}`, { name: 'Citas médicas' })).json.name).to.equal('Citas médicas')
        expect((await remove(boss, `/app/categories/${made.json.id}`)).status).to.equal(204)
        expect((await ana.get('/app/quick-replies')).json.items[0].categoryId).to.equal(null)
      })
    })
  })
})
