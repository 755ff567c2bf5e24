import { expect } from 'chai'
import { readTimeline } from '../../../server/actions/queries/timeline.ts'
import type { MessageView, TimelineItem, TimelinePage } from '../../../server/http/contract/chats.ts'
import { eachDatabase } from '../../databases.ts'
import { actorFor, Company, type Person } from '../../support/company.ts'
import { failure } from '../../support/failure.ts'

eachDatabase((database) => {
  describe('a timeline', () => {
    let company: Company
    let ana: Person, beto: Person, boss: Person
    let channel: string
    before(async () => {
      company = await Company.open(database)
      ana = await company.person('ana', 'agent')
      beto = await company.person('beto', 'agent')
      boss = await company.person('boss', 'supervisor')
      channel = await company.channel()
    })
    const read = (who: Person, chat: string, query: { before?: string | null; after?: string | null; limit?: number } = {}): Promise<TimelinePage> =>
      readTimeline(company.core, actorFor(who), chat, { limit: query.limit ?? 50, ...(query.before ? { before: query.before } : {}), ...(query.after ? { after: query.after } : {}) }, 'es')
    const label = (item: TimelineItem): string => (item.type === 'message' ? item.text : `[${item.event}]`)

    it('holds messages and lines in the order of their times', async () => {
      const chat = await company.heldChat(channel, ana)
      const now = company.clock.now()
      await company.message(chat, 'hola', { at: now })
      await company.events({ type: 'conversation.opened', chatId: chat, at: now }, { type: 'message.created', chatId: chat, at: now }, { type: 'assignment.started', chatId: chat, at: now + 5 })
      await company.message(chat, 'buenas', { at: now + 10, direction: 'out', authorKind: 'agent' })
      await company.message(chat, 'llegó tarde', { at: now + 2, flags: 1 })
      const page = await read(ana, chat)
      expect(page.items.map(label)).to.deep.equal(['hola', '[conversation.opened]', 'llegó tarde', '[assignment.started]', 'buenas'])
      expect((page.items[2] as MessageView).late).to.equal(true)
      expect([page.before, page.after]).to.deep.equal([null, null])
    })

    it('comes in pages that lose and repeat nothing, backwards and forwards again', async () => {
      const chat = await company.heldChat(channel, ana)
      const start = company.clock.now()
      const expected: string[] = []
      const events: { type: string; chatId: string; at: number }[] = []
      for (let i = 0; i < 200; i++) {
        const at = start + Math.floor(i / 3) * 10
        await company.message(chat, `m${i}`, { at })
        for (let n = 0; n < 12; n++) events.push({ type: 'message.status_changed', chatId: chat, at })
        if (i % 20 === 0) events.push({ type: 'assignment.started', chatId: chat, at: at + 1 })
        expected.push(`m${i}`)
      }
      await company.events(...events)
      const backwards: string[] = []
      let place: string | null = null
      let oldest: TimelinePage
      do {
        oldest = await read(ana, chat, { before: place, limit: 17 })
        backwards.unshift(...oldest.items.map(label))
        place = oldest.before
      } while (place)
      expect(backwards.filter((text) => text.startsWith('m'))).to.deep.equal(expected)
      expect(backwards.filter((text) => text === '[assignment.started]')).to.have.length(10)

      const forwards = oldest.items.map(label)
      place = oldest.after
      while (place) {
        const page = await read(ana, chat, { after: place, limit: 17 })
        forwards.push(...page.items.map(label))
        place = page.after
      }
      expect(forwards).to.deep.equal(backwards)
    })

    it('ends for a former holder with their own stay', async () => {
      const chat = await company.heldChat(channel, beto)
      const now = company.clock.now()
      await company.message(chat, 'en mi turno', { at: now - 5000 })
      await company.message(chat, 'después', { at: now - 1000 })
      await company.events({ type: 'transfer.completed', chatId: chat, at: now - 500 })
      await company.stay(chat, ana, now - 9000, now - 3000)
      expect((await read(ana, chat)).items.map(label)).to.deep.equal(['en mi turno'])
      expect((await read(beto, chat)).items.map(label)).to.deep.equal(['en mi turno', 'después', '[transfer.completed]'])
    })

    it('keeps HTML as the text it is', async () => {
      const chat = await company.heldChat(channel, ana)
      const text = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
      await company.message(chat, text)
      expect((await read(ana, chat)).items.map(label)).to.deep.equal([text])
    })

    it('shows what a customer took back to supervisors only', async () => {
      const chat = await company.heldChat(channel, ana)
      const first = await company.message(chat, 'mi clave es 1234', { deletedAt: company.clock.now() })
      await company.message(chat, 'olvídelo', { quoteId: first })
      const [seen, quote] = (await read(ana, chat)).items as MessageView[]
      expect([seen?.text, quote?.quote?.text]).to.deep.equal(['', ''])
      expect(seen?.deletedAt).not.to.equal(null)
      const [kept, quoted] = (await read(boss, chat)).items as MessageView[]
      expect([kept?.text, quoted?.quote?.text]).to.deep.equal(['mi clave es 1234', 'mi clave es 1234'])
    })

    it('carries file, quote, reactions, place, link and failure of a message', async () => {
      const chat = await company.heldChat(channel, ana)
      const now = company.clock.now()
      const mediaId = company.core.ids.next()
      await company.insert('media', { id: mediaId, sha256: 'a', thumbSha256: 'b', mime: 'image/png', size: 5, name: 'f.png', width: 2, height: 3, state: 'ready', createdAt: now })
      const photo = await company.message(chat, 'mira', { kind: 'image', mediaId, at: now })
      await company.insert('reactions', { messageId: photo, byKey: 'c', byName: 'Cliente', fromCustomer: 1, emoji: '👍', at: now })
      await company.message(chat, 'sí', { at: now + 1, quoteId: photo, clientKey: `${ana.id}:cliente-1`, direction: 'out', status: 'failed', errorCode: 'recipient_blocked', extra: '{"waitedSince":1}' })
      await company.message(chat, 'aquí', { at: now + 2, kind: 'location', extra: '{"latitude":0,"longitude":-74.1,"name":null,"address":"Calle 1"}' })
      await company.message(chat, 'del anuncio', { at: now + 3, context: JSON.stringify({ referral: { kind: 'ad', title: 'Oferta', url: 'javascript:alert(1)' } }) })
      await company.message(chat, 'quién sabe', { at: now + 4, direction: 'out', status: 'uncertain' })
      const [image, reply, place, ad, lost] = (await read(ana, chat)).items as MessageView[]
      expect(image).to.deep.include({ media: { id: mediaId, mime: 'image/png', size: 5, name: 'f.png', width: 2, height: 3, durationMs: null, state: 'ready', thumb: true }, reactions: [{ by: 'Cliente', emoji: '👍', fromCustomer: true }] })
      expect(reply).to.deep.include({ clientId: 'cliente-1', quote: { messageId: photo, author: 'Cliente', kind: 'image', text: 'mira' }, extra: null })
      expect(reply?.failure).to.deep.include({ code: 'recipient_blocked', message: 'El cliente bloqueó este número.' })
      expect(place).to.deep.include({ location: { latitude: 0, longitude: -74.1, name: null, address: 'Calle 1' }, extra: null })
      expect(ad?.referral).to.deep.equal({ kind: 'ad', title: 'Oferta', body: null, url: null })
      expect(lost?.failure?.message).to.equal('Puede que no haya llegado.')
    })

    it('refuses a place that is none', async () => {
      const chat = await company.heldChat(channel, ana)
      expect((await failure(read(ana, chat, { before: 'AAAA' }))).code).to.equal('bad_request')
    })
  })
})
