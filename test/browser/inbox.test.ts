import { expect } from 'chai'
import type { Page } from 'playwright-core'
import type { MessageView } from '../../server/http/contract/chats.ts'
import { startUiServer, type UiServer } from '../fakes/uiServer.ts'
import { axe, build, dist, phone, quit, signIn, untilTrue, visit, type Visit, type Visitor } from './browser.ts'
import { row } from './screens.ts'

const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

/** Half a second of a tone that swells, as a WAV file. */
function tone(): Buffer {
  const samples = 4000
  const wav = Buffer.alloc(44 + samples * 2)
  wav.write('RIFF', 0)
  wav.writeUInt32LE(36 + samples * 2, 4)
  wav.write('WAVEfmt ', 8)
  wav.writeUInt32LE(16, 16)
  wav.writeUInt16LE(1, 20)
  wav.writeUInt16LE(1, 22)
  wav.writeUInt32LE(8000, 24)
  wav.writeUInt32LE(16_000, 28)
  wav.writeUInt16LE(2, 32)
  wav.writeUInt16LE(16, 34)
  wav.write('data', 36)
  wav.writeUInt32LE(samples * 2, 40)
  for (let n = 0; n < samples; n += 1) wav.writeInt16LE(Math.round(20_000 * (n / samples) * Math.sin(n / 3)), 44 + n * 2)
  return wav
}

describe('the agent’s inbox', () => {
  let server: UiServer
  let visitor: Visitor
  let page: Page
  before(build)
  after(quit)
  beforeEach(async () => { server = await startUiServer({ dist }) })
  afterEach(async () => {
    expect(visitor.errors).to.deep.equal([])
    await visitor.close()
    await server.close()
  })

  async function come(options: Visit = {}) {
    visitor = await visit(`${server.url}/agent/`, options)
    page = visitor.page
    await signIn(page, 'laura')
    await row(page, 'Marta Restrepo').waitFor()
  }
  async function openChat(title = 'Marta Restrepo') {
    await row(page, title).click()
    await page.locator('.hh h2', { hasText: title }).waitFor()
    await page.locator('.bub').last().waitFor()
  }
  const titles = () => page.locator('a[data-chat] .nm').allInnerTexts()
  const bubble = (words: string) => page.locator('.bub', { hasText: words })
  const write = async (words: string) => {
    await page.locator('textarea').fill(words)
    await page.keyboard.press('Enter')
  }
  const posts = (path: RegExp) => server.requests.filter((one) => one.method === 'POST' && path.test(one.path))
  const until = async (check: () => boolean) => {
    for (let n = 0; n < 200 && !check(); n += 1) await page.waitForTimeout(20)
    expect(check()).to.equal(true)
  }
  const resolveByKeys = async () => {
    await page.keyboard.press('e')
    await page.locator('[role=dialog]').waitFor()
    await page.keyboard.press('Enter')
  }
  const comeBack = async () => {
    server.online()
    await page.clock.runFor(30_000)
  }
  const tab = (name: string) => page.locator('[role=tab]', { hasText: name }).locator('b')

  describe('lists', () => {
    it('stand by space, the longest wait first, with their counts', async () => {
      await come()
      expect(await titles()).to.deep.equal(['Hernán Pulido', 'sofi.mendez', 'Marta Restrepo', 'Jorge Iván Salazar', 'Camila Ortiz Peña', 'Visitante 7F3K'])
      expect(await page.locator('.space h3').allInnerTexts()).to.deep.equal(['Resultados de laboratorio\n2', 'Citas médicas\n3', 'Facturación\n1'])
      expect(await tab('Pendientes').innerText()).to.equal('6')
      expect(await tab('En espera').innerText()).to.equal('3')
    })

    it('fold a space, and stand in one row when spaces are off', async () => {
      await come()
      await page.locator('.spb', { hasText: 'Citas médicas' }).click()
      expect(await titles()).to.deep.equal(['Hernán Pulido', 'sofi.mendez', 'Visitante 7F3K'])
      await page.locator('button', { hasText: 'Por espacio' }).click()
      expect(await titles()).to.deep.equal(['Hernán Pulido', 'Marta Restrepo', 'Jorge Iván Salazar', 'sofi.mendez', 'Camila Ortiz Peña', 'Visitante 7F3K'])
    })

    it('show who waits in the own queues without what they said', async () => {
      await come()
      await page.locator('[role=tab]', { hasText: 'En espera' }).click()
      expect(await titles()).to.deep.equal(['Diana Marcela Ríos', 'Óscar Iván Toro', 'Beatriz Lemos'])
      await row(page, 'Beatriz Lemos').click()
      await page.locator('.state', { hasText: 'Beatriz Lemos espera su turno' }).waitFor()
      expect(server.requests.filter((one) => one.path.includes('timeline'))).to.deep.equal([])
    })

    it('find by name', async () => {
      await come()
      await page.locator('input[role=searchbox]').fill('jorge')
      await row(page, 'Marta Restrepo').waitFor({ state: 'detached' })
      expect(await titles()).to.deep.equal(['Jorge Iván Salazar'])
      await page.keyboard.press('Escape')
      await row(page, 'Marta Restrepo').waitFor()
    })

    it('take in a newly assigned chat and lose one that went to somebody else', async () => {
      await come()
      server.assign('Beatriz Lemos', 0)
      await row(page, 'Beatriz Lemos').waitFor()
      expect(await tab('Pendientes').innerText()).to.equal('7')
      expect(await tab('En espera').innerText()).to.equal('2')
      server.assign('Marta Restrepo', 1)
      await row(page, 'Marta Restrepo').waitFor({ state: 'detached' })
      expect(await tab('Pendientes').innerText()).to.equal('6')
    })

    it('can be walked with the arrows, one stop for Tab', async () => {
      await come()
      expect(await page.locator('a[data-chat][tabindex="0"]').count()).to.equal(1)
      await page.locator('a[data-chat]').first().focus()
      await page.keyboard.press('ArrowDown')
      await untilTrue(page, `document.activeElement?.textContent?.includes('sofi.mendez')`)
      await page.keyboard.press('End')
      await untilTrue(page, `document.activeElement?.textContent?.includes('Visitante 7F3K')`)
      await page.keyboard.press('Enter')
      await page.locator('.hh h2', { hasText: 'Visitante 7F3K' }).waitFor()
    })

    it('say how many wait in the title of the page', async () => {
      await come()
      await untilTrue(page, `document.title === '(6) Chats · Turno'`)
      await openChat()
      await untilTrue(page, `document.title === '(5) Chats · Turno'`)
    })
  })

  describe('a chat', () => {
    it('is read when it is opened, once', async () => {
      await come()
      await openChat()
      await page.locator('.unreadsep', { hasText: '1 mensaje nuevo' }).waitFor()
      await row(page, 'Marta Restrepo').locator('.badge').waitFor({ state: 'detached' })
      await until(() => posts(/read$/).length === 1)
      expect(posts(/read$/)[0]?.path).to.include(server.chat('Marta Restrepo').row.id)
    })

    it('shows what the customer writes at once, as text and never as HTML', async () => {
      await come()
      await openChat()
      server.customerWrites('Marta Restrepo', '<img src=x onerror=alert(1)> *gracias* https://ejemplo.co')
      await bubble('<img src=x').waitFor()
      expect(await bubble('<img src=x').locator('b').innerText()).to.equal('gracias')
      expect(await bubble('<img src=x').locator('a').getAttribute('rel')).to.include('noopener')
      expect(await bubble('<img src=x').locator('img').count()).to.equal(0)
    })

    it('counts what comes in another one, and says who writes', async () => {
      await come()
      await openChat()
      server.customerWrites('Jorge Iván Salazar', 'Sigo aquí')
      await row(page, 'Jorge Iván Salazar').locator('.badge', { hasText: '3' }).waitFor()
      server.typing('Marta Restrepo')
      await page.locator('.typing', { hasText: 'Marta Restrepo está escribiendo' }).waitFor()
      await row(page, 'Marta Restrepo').locator('.pv', { hasText: 'Escribiendo' }).waitFor()
    })

    it('shows an answer before the server has it, and its ticks as they come', async () => {
      await come()
      await openChat()
      await write('Sí, queda confirmado')
      await bubble('Sí, queda confirmado').waitFor()
      const last = (): MessageView => server.chat('Marta Restrepo').timeline.at(-1) as MessageView
      // The request is seen before the server has its body.
      await until(() => last().text === 'Sí, queda confirmado')
      const sent = last()
      expect(await bubble('Sí, queda confirmado').locator('[role=img]').getAttribute('aria-label')).to.include('Enviando')
      server.status(sent, { status: 'read', readAt: Date.now() })
      await bubble('Sí, queda confirmado').locator('.read').waitFor()
      expect(await bubble('Sí, queda confirmado').count()).to.equal(1)
      expect(await page.locator('textarea').inputValue()).to.equal('')
      await page.locator('[role=tab]', { hasText: 'En seguimiento' }).click()
      await row(page, 'Marta Restrepo').waitFor()
    })

    it('breaks a line with Shift and Enter, and sends nothing empty', async () => {
      await come()
      await openChat()
      await page.locator('textarea').fill('uno')
      await page.keyboard.press('Shift+Enter')
      await page.keyboard.type('dos')
      await page.keyboard.press('Enter')
      await until(() => posts(/messages$/).length === 1)
      expect(posts(/messages$/)[0]?.body).to.include({ text: 'uno\ndos' })
      await page.keyboard.press('Enter')
      expect(posts(/messages$/)).to.have.lengthOf(1)
    })

    it('sends pictures and files by button, the text under the first', async () => {
      await come()
      await openChat()
      await page.locator('input[type=file]').setInputFiles([{ name: 'uno.png', mimeType: 'image/png', buffer: pixel }, { name: 'dos.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4') }])
      await page.locator('.files li', { hasText: 'dos.pdf' }).waitFor()
      await write('Los dos')
      await until(() => posts(/messages$/).length === 2)
      const bodies = posts(/messages$/).map((one) => one.body as { text: string; mediaId: string })
      expect(bodies.map((one) => one.text)).to.deep.equal(['Los dos', ''])
      expect(bodies.every((one) => one.mediaId)).to.equal(true)
      await page.locator('.msg.out .photo').last().waitFor()
      await page.locator('.file', { hasText: 'dos.pdf' }).waitFor()
    })

    it('takes a pasted picture and a dropped one', async () => {
      await come()
      await openChat()
      const give = (how: string) => page.evaluate(`(() => {
        const data = new DataTransfer()
        data.items.add(new File([Uint8Array.from(atob('${pixel.toString('base64')}'), (c) => c.charCodeAt(0))], '${how}.png', { type: 'image/png' }))
        if ('${how}' === 'pegada') document.querySelector('textarea').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
        else for (const type of ['dragenter', 'dragover', 'drop']) document.querySelector('main').dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }))
      })()`)
      await give('pegada')
      await give('soltada')
      await page.locator('.files li', { hasText: 'soltada.png' }).waitFor()
      expect(await page.locator('.files li').count()).to.equal(2)
      await page.locator('.files li .btn').first().click()
      expect(await page.locator('.files li').count()).to.equal(1)
    })

    it('refuses what the channel does not take, before it is sent', async () => {
      await come()
      await openChat()
      await page.locator('input[type=file]').setInputFiles([{ name: 'grande.png', mimeType: 'image/png', buffer: Buffer.alloc(6_000_000) }])
      await page.locator('.toast', { hasText: 'Pesa más de 5 MB' }).waitFor()
      expect(await page.locator('.files li').count()).to.equal(0)
    })

    it('quotes a message and leads from the quote to it', async () => {
      await come()
      await openChat()
      await bubble('¿Y queda confirmado').hover()
      await page.locator('.line', { hasText: '¿Y queda confirmado' }).getByRole('button', { name: 'Citar y responder' }).click()
      await page.locator('.quoting', { hasText: 'Marta Restrepo' }).waitFor()
      await write('Sí señora')
      await bubble('Sí señora').locator('.quote', { hasText: '¿Y queda confirmado' }).waitFor()
      await until(() => posts(/messages$/).length === 1)
      await bubble('Sí señora').locator('button.quote').click()
      await page.locator('.msg.flash', { hasText: '¿Y queda confirmado' }).waitFor()
    })

    it('shows what each kind carries: places, cards, orders, forms, lists, templates, stories', async () => {
      await come()
      await openChat()
      const from = (more: Partial<MessageView>) => server.adds('Marta Restrepo', more)
      from({ kind: 'contacts', text: 'Ana', extra: { contacts: [{ name: 'Ana Ruiz', organization: 'Andinos', phones: [{ value: '+57 300 555 0102' }], emails: ['ana@andinos.example'] }] } })
      from({ kind: 'order', extra: { catalogId: 'c', items: [{ productId: 'Vacuna', quantity: 2, price: '80000', currency: 'COP' }] } })
      from({ kind: 'form', text: 'Registro', extra: { name: 'Registro', values: { Ciudad: 'Cali' }, raw: '' } })
      from({ kind: 'interactive', direction: 'out', author: { kind: 'menu', id: 'm', name: 'Menú' }, text: 'Elija sede', extra: { as: 'list', header: 'Sedes', footer: null, button: 'Ver sedes', sections: [{ title: 'Bogotá', choices: [{ id: 'n', title: 'Norte', description: 'Calle 127' }] }] }, status: 'read' })
      from({ text: 'Qué bueno', referral: { kind: 'story', title: null, body: null, url: null } })
      await page.locator('.bub a[href="tel:+573005550102"]').waitFor()
      await page.locator('.facts', { hasText: 'Vacuna' }).locator('td', { hasText: '80000 COP' }).waitFor()
      await page.locator('.facts', { hasText: 'Ciudad' }).locator('td', { hasText: 'Cali' }).waitFor()
      expect(await bubble('Elija sede').locator('.opts [role=listitem]').allInnerTexts()).to.deep.equal(['Bogotá', 'Norte\nCalle 127'])
      await bubble('Qué bueno').locator('.ad', { hasText: 'Ya no está disponible' }).waitFor()
      expect(await axe(page)).to.deep.equal([])
    })

    it('plays a voice note with its shape, faster when asked', async () => {
      await come()
      await openChat()
      server.holds('voz', { bytes: tone(), mime: 'audio/wav', name: 'voz.wav' })
      server.adds('Marta Restrepo', { kind: 'voice', media: { id: 'voz', mime: 'audio/wav', size: 100, name: 'voz.wav', width: null, height: null, durationMs: 12_000, state: 'ready', thumb: false } })
      const voice = page.locator('.voice')
      await voice.getByRole('button', { name: 'Velocidad 1×' }).click()
      await voice.getByRole('button', { name: 'Velocidad 1,5×' }).waitFor()
      await voice.getByRole('button', { name: /^Reproducir/ }).click()
      await untilTrue(page, `new Set([...document.querySelectorAll('.voice rect')].map((bar) => bar.getAttribute('height'))).size > 1`)
      expect(await page.evaluate<number>(`document.querySelector('.voice audio').playbackRate`)).to.equal(1.5)
    })

    it('reacts for the line, and takes it off again', async () => {
      await come()
      await openChat()
      const line = page.locator('.line', { hasText: '¿Y queda confirmado' })
      const react = async () => {
        await line.hover()
        await line.getByRole('button', { name: 'Reaccionar' }).click()
        await page.locator('.reactions button', { hasText: '🙏' }).click()
      }
      const mark = page.locator('.msg', { hasText: '¿Y queda confirmado' }).locator('.react', { hasText: '🙏' })
      await react()
      await mark.waitFor()
      await react()
      await mark.waitFor({ state: 'detached' })
      expect(server.requests.filter((one) => one.method === 'PUT' && one.path.endsWith('/reaction')).map((one) => (one.body as { emoji: string | null }).emoji)).to.deep.equal(['🙏', null])
    })

    it('settles a failed message as discarded, with nothing left to press', async () => {
      await come()
      await openChat()
      const failed = page.locator('.msg', { hasText: 'Le separo mañana' })
      await failed.getByRole('button', { name: 'Descartar' }).click()
      await failed.locator('.failed', { hasText: 'Descartado' }).waitFor()
      expect(await failed.locator('.failed .btn').count()).to.equal(0)
    })

    it('keeps a private note apart from the customer', async () => {
      await come()
      await openChat()
      await page.locator('.hh h2').click()
      await page.keyboard.press('n')
      await page.locator('.cbox.note').waitFor()
      await write('Prefiere la tarde')
      await page.locator('.noteb', { hasText: 'Prefiere la tarde' }).waitFor()
      await until(() => posts(/notes$/).length === 1)
      expect(posts(/messages$/)).to.deep.equal([])
    })

    it('shows why a message was refused, and sends it when asked again', async () => {
      await come()
      await openChat()
      server.failNext('POST', /messages$/, { status: 409, code: 'window_closed', message: 'La ventana se cerró.' })
      await write('¿Sigue ahí?')
      const failed = page.locator('.msg', { hasText: '¿Sigue ahí?' })
      await failed.locator('.failed', { hasText: 'La ventana se cerró.' }).waitFor()
      await write('Otro mensaje')
      await until(() => posts(/messages$/).length === 1)
      await failed.locator('.failed .btn').first().click()
      await until(() => posts(/messages$/).length === 2)
      await failed.locator('.failed').waitFor({ state: 'detached' })
      expect(await bubble('¿Sigue ahí?').count()).to.equal(1)
    })

    it('sends again what the network refused, when the agent asks', async () => {
      await come()
      await openChat()
      await page.locator('.msg.err .failed').getByRole('button', { name: 'Reintentar' }).click()
      await page.locator('.msg.err').waitFor({ state: 'detached' })
      expect(posts(/resend$/)).to.have.lengthOf(1)
    })

    it('keeps a draft while another chat is open, and shows it in the list', async () => {
      await come()
      await openChat()
      await page.locator('textarea').fill('A medias')
      await openChat('Jorge Iván Salazar')
      await row(page, 'Marta Restrepo').locator('.pv', { hasText: 'Borrador: A medias' }).waitFor()
      await openChat()
      expect(await page.locator('textarea').inputValue()).to.equal('A medias')
    })

    it('keeps a draft on the server, for the next time one signs in', async () => {
      await come()
      await openChat()
      await page.locator('textarea').fill('Le confirmo en un')
      await until(() => server.requests.some((one) => one.method === 'PUT' && one.path.endsWith('/draft')))
      await visitor.close()
      await come()
      await row(page, 'Marta Restrepo').locator('.pv', { hasText: 'Le confirmo en un' }).waitFor()
      await openChat()
      expect(await page.locator('textarea').inputValue()).to.equal('Le confirmo en un')
    })

    it('finds a quick reply after a slash and fills it, by keys alone', async () => {
      await come()
      await openChat()
      await page.locator('textarea').fill('/salu')
      await page.locator('[role=option]', { hasText: '/saludo' }).waitFor()
      expect(await axe(page)).to.deep.equal([])
      await page.keyboard.press('Enter')
      await untilTrue(page, `document.querySelector('textarea').value === 'Buenos días, Marta Restrepo. ¿En qué le ayudo?'`)
      await page.locator('textarea').fill('/')
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      await untilTrue(page, `(({ value, selectionStart, selectionEnd }) => value.slice(selectionStart, selectionEnd) === '{{contact.documentId}}')(document.querySelector('textarea'))`)
      await page.locator('.toast', { hasText: 'contact.documentId' }).waitFor()
      await page.locator('textarea').fill('/no')
      await page.keyboard.press('Escape')
      await page.locator('.qr').waitFor({ state: 'detached' })
      expect(await page.locator('textarea').inputValue()).to.equal('/no')
      expect(posts(/messages$/)).to.deep.equal([])
    })

    it('marks what is selected, and shows how it will look', async () => {
      await come()
      await openChat()
      await page.locator('textarea').fill('importante')
      await page.keyboard.press('Control+a')
      await page.keyboard.press('Control+b')
      expect(await page.locator('textarea').inputValue()).to.equal('*importante*')
      expect(await page.locator('.seen b').innerText()).to.equal('importante')
    })

    it('puts an emoji where the cursor is', async () => {
      await come()
      await openChat()
      await page.locator('textarea').fill('ab')
      await page.evaluate(`document.querySelector('textarea').setSelectionRange(1, 1)`)
      await page.getByRole('button', { name: 'Emoji', exact: true }).click()
      await page.locator('.picker input').fill('corazón rojo')
      await page.locator('.cell').first().click()
      expect(await page.locator('textarea').inputValue()).to.equal('a❤️b')
    })
  })

  describe('a long chat', () => {
    async function lengthen(count: number) {
      const { timeline } = server.chat('Jorge Iván Salazar')
      const [last] = timeline as [MessageView]
      server.chat('Jorge Iván Salazar').timeline = [...Array.from({ length: count }, (_, n) => ({ ...last, id: `01${String(n).padStart(24, '0')}`, text: `Mensaje ${n}${'\nrenglón'.repeat(n % 4)}`, at: last.at - (count - n) * 60_000 })), last]
    }
    it('opens at its end, and loads what came before without moving what is read', async () => {
      await lengthen(400)
      await come()
      await openChat('Jorge Iván Salazar')
      await bubble('¿Puedo llevar a mi mamá').waitFor()
      const seen = () => page.evaluate<{ text: string; top: number }>(`(() => {
        const box = document.querySelector('[role=log]').getBoundingClientRect()
        const one = [...document.querySelectorAll('.bub')].find((b) => b.getBoundingClientRect().top > box.top + 40)
        return { text: one.textContent, top: Math.round(one.getBoundingClientRect().top) }
      })()`)
      let letGo = () => undefined as void
      await page.route(/timeline\?before/, async (route) => {
        await new Promise<void>((resolve) => { letGo = resolve })
        await route.continue()
      })
      for (let pages = 0; pages < 3; pages += 1) {
        await page.evaluate(`document.querySelector('[role=log]').scrollTop = 300`)
        await page.locator('.older').waitFor()
        const here = await seen()
        letGo()
        await page.locator('.older').waitFor({ state: 'detached' })
        await untilTrue(page, `document.querySelector('[role=log]').scrollTop > 1000`)
        const there = await seen()
        expect(there.text).to.equal(here.text)
        expect(Math.abs(there.top - here.top)).to.be.lessThan(3)
      }
      expect(await page.locator('.bub').count()).to.be.lessThan(60)
    })

    it('does not drag the reader to the end for a new message, and counts it', async () => {
      await lengthen(200)
      await come()
      await openChat('Jorge Iván Salazar')
      await bubble('¿Puedo llevar a mi mamá').waitFor()
      await page.evaluate(`document.querySelector('[role=log]').scrollTop -= 900`)
      await page.locator('.down').waitFor()
      server.customerWrites('Jorge Iván Salazar', 'Uno más')
      await page.locator('.down', { hasText: '1 nuevo' }).click()
      await bubble('Uno más').waitFor()
      await page.locator('.down').waitFor({ state: 'detached' })
    })
  })

  describe('the line', () => {
    it('says when it is lost, keeps what is written, and sends it once when it is back', async () => {
      await come({ clock: true })
      await openChat()
      server.offline()
      await page.clock.runFor(3_000)
      await page.locator('.banner', { hasText: 'Sin conexión.' }).waitFor()
      await page.route(/messages$/, (route) => route.abort(), { times: 1 })
      await write('Sale después')
      await page.locator('.msg', { hasText: 'Sale después' }).locator('text=Sale cuando vuelva la conexión').waitFor()
      expect(posts(/messages$/)).to.deep.equal([])
      await comeBack()
      await until(() => posts(/messages$/).length === 1)
      await page.locator('.banner').waitFor({ state: 'detached' })
      expect(await bubble('Sale después').count()).to.equal(1)
    })

    it('brings what was missed while it was lost', async () => {
      await come({ clock: true })
      await openChat()
      server.offline()
      await page.clock.runFor(3_000)
      server.customerWrites('Marta Restrepo', 'Mientras no estaba')
      server.assign('Beatriz Lemos', 0)
      await comeBack()
      await bubble('Mientras no estaba').waitFor()
      await row(page, 'Beatriz Lemos').waitFor()
    })

    it('shows after too long a loss exactly what a fresh load shows', async () => {
      await come({ clock: true })
      await openChat()
      const shown = async () => {
        await page.waitForTimeout(200)
        const lines = await page.locator('a[data-chat], .bub, .ltab').allInnerTexts()
        return lines.map((line) => line.replace(/\d\d:\d\d/g, ''))
      }
      server.offline()
      await page.clock.runFor(3_000)
      server.customerWrites('Marta Restrepo', 'Mucho después')
      server.assign('Beatriz Lemos', 0)
      server.assign('Hernán Pulido', 1)
      server.forgetHistory()
      await comeBack()
      await bubble('Mucho después').waitFor()
      await row(page, 'Beatriz Lemos').waitFor()
      const after = await shown()
      await page.reload()
      await bubble('Mucho después').waitFor()
      expect(after).to.deep.equal(await shown())
    })

    it('of a channel that is down refuses with a reason and keeps the text; one that reconnects takes it', async () => {
      await come()
      await openChat()
      server.setChannel('Línea Citas', 'disconnected')
      await page.locator('.composer .banner', { hasText: '«Línea Citas» está sin conexión.' }).waitFor()
      await write('Queda de borrador')
      expect(await page.locator('textarea').inputValue()).to.equal('Queda de borrador')
      expect(posts(/messages$/)).to.deep.equal([])
      server.setChannel('Línea Citas', 'reconnecting')
      await page.locator('.composer .banner', { hasText: 'se está reconectando' }).waitFor()
      await page.locator('textarea').press('Enter')
      await until(() => posts(/messages$/).length === 1)
    })
  })

  describe('closing and passing on', () => {
    it('resolves with E and Enter, opens the next chat, and tells the server after five seconds', async () => {
      await come({ clock: true })
      await openChat()
      await page.locator('.hh h2').click()
      await page.keyboard.press('e')
      await page.locator('[role=dialog]', { hasText: '¿Resolver el chat con Marta Restrepo?' }).waitFor()
      await page.keyboard.press('Enter')
      await page.locator('.hh h2', { hasText: 'Jorge Iván Salazar' }).waitFor()
      expect(await row(page, 'Marta Restrepo').count()).to.equal(0)
      expect(await tab('Pendientes').innerText()).to.equal('5')
      expect(posts(/resolve$/)).to.deep.equal([])
      await page.clock.runFor(5_100)
      await until(() => posts(/resolve$/).length === 1)
      expect(posts(/resolve$/)[0]?.body).to.deep.equal({ sendMessage: false })
      await page.locator('[role=tab]', { hasText: 'Resueltos' }).click()
      await row(page, 'Marta Restrepo').waitFor()
    })

    it('takes a resolution back within the five seconds', async () => {
      await come({ clock: true })
      await openChat()
      await page.locator('.hh h2').click()
      await resolveByKeys()
      await page.locator('.toast', { hasText: 'resuelto' }).getByRole('button', { name: 'Deshacer' }).click()
      await page.locator('.hh h2', { hasText: 'Marta Restrepo' }).waitFor()
      await page.clock.runFor(10_000)
      expect(posts(/resolve$/)).to.deep.equal([])
    })

    it('calls a resolution off when the customer writes meanwhile', async () => {
      await come({ clock: true })
      await openChat()
      await page.locator('.hh h2').click()
      await resolveByKeys()
      server.customerWrites('Marta Restrepo', 'Una cosa más')
      await page.locator('.toast', { hasText: 'sigue abierto' }).waitFor()
      await row(page, 'Marta Restrepo').waitFor()
      await page.clock.runFor(10_000)
      expect(posts(/resolve$/)).to.deep.equal([])
    })

    it('does what was decided when the page is left within the five seconds', async () => {
      await come()
      await openChat()
      await page.locator('.hh h2').click()
      await resolveByKeys()
      await page.locator('.hh h2', { hasText: 'Jorge' }).waitFor()
      await page.goto('about:blank')
      await until(() => posts(/resolve$/).length === 1)
    })

    it('transfers to a queue with T, saying first what follows', async () => {
      await come()
      await openChat()
      await page.locator('.hh h2').click()
      await page.keyboard.press('t')
      await page.locator('.target', { hasText: 'Facturación' }).click()
      await page.locator('[role=dialog]', { hasText: 'Lo recibe enseguida alguien libre de Facturación.' }).waitFor()
      await page.locator('[role=dialog] textarea').fill('Pregunta por su factura')
      await page.locator('[role=dialog] button[type=submit]').click()
      await page.locator('.toast', { hasText: 'Quedó en la cola Facturación.' }).waitFor()
      expect(posts(/transfer$/)[0]?.body).to.deep.equal({ target: { type: 'queue', id: server.world.queues[2]!.id }, note: 'Pregunta por su factura' })
      await row(page, 'Marta Restrepo').waitFor({ state: 'detached' })
    })

    it('does not let an agent force a colleague who cannot take it', async () => {
      await come()
      await openChat()
      await page.locator('.hh h2').click()
      await page.keyboard.press('t')
      await page.locator('[role=dialog] .seg button', { hasText: 'Agente' }).click()
      await page.locator('.target', { hasText: 'Julián Torres' }).click()
      expect(await page.locator('[role=dialog] button[type=submit]').isDisabled()).to.equal(true)
      await page.locator('.target', { hasText: 'Samuel Barrios' }).click()
      expect(await page.locator('[role=dialog] button[type=submit]').isDisabled()).to.equal(false)
    })

    it('gives the focus back after a dialog', async () => {
      await come()
      await openChat()
      const button = page.locator('.hh').getByRole('button', { name: 'Transferir' })
      await button.focus()
      await page.keyboard.press('Enter')
      await page.locator('[role=dialog]').waitFor()
      await page.keyboard.press('Escape')
      await untilTrue(page, `document.activeElement?.getAttribute('aria-label') === 'Transferir'`)
    })
  })

  describe('the agent', () => {
    it('pauses with a reason and comes back', async () => {
      await come()
      await page.locator('.pres').click()
      await page.locator('[role=menuitem]', { hasText: 'Almuerzo' }).click()
      await page.locator('.pres', { hasText: 'Almuerzo' }).waitFor()
      expect(posts(/pause$/)[0]?.body).to.deep.equal({ reasonId: server.world.pauseReasons[0]!.id })
      await page.locator('.pres').click()
      await page.locator('[role=menuitem]', { hasText: 'Terminar la pausa' }).click()
      await page.locator('.pres', { hasText: 'Disponible' }).waitFor()
    })

    it('walks the chats with J and K, but not while writing or with the keys turned off', async () => {
      await come()
      await page.keyboard.press('j')
      await page.locator('.hh h2', { hasText: 'Hernán Pulido' }).waitFor()
      await page.keyboard.press('j')
      await page.locator('.hh h2', { hasText: 'sofi.mendez' }).waitFor()
      await page.keyboard.press('k')
      await page.locator('.hh h2', { hasText: 'Hernán Pulido' }).waitFor()
      await page.keyboard.press('r')
      await untilTrue(page, `document.activeElement?.tagName === 'TEXTAREA'`)
      await page.keyboard.type('jk')
      expect(await page.locator('textarea').inputValue()).to.equal('jk')
      await page.getByRole('button', { name: 'Notificaciones' }).click()
      await page.locator('[role=menuitemcheckbox]', { hasText: 'Atajos de una tecla' }).click()
      await page.keyboard.press('Escape')
      await page.locator('.hh h2').click()
      await page.keyboard.press('j')
      await page.waitForTimeout(150)
      expect(await page.locator('.hh h2').innerText()).to.include('Hernán Pulido')
    })

    it('shows the keys with a question mark, and finds with Ctrl and K', async () => {
      await come()
      await page.keyboard.press('?')
      await page.locator('[role=dialog]', { hasText: 'Atajos del teclado' }).waitFor()
      await page.keyboard.press('Escape')
      await page.keyboard.press('Control+k')
      await untilTrue(page, `document.activeElement?.getAttribute('role') === 'searchbox'`)
    })

    it('on a phone sees the list or the chat', async () => {
      await come({ size: phone, touch: true })
      await row(page, 'Marta Restrepo').tap()
      await page.locator('.hh h2', { hasText: 'Marta Restrepo' }).waitFor()
      expect(await page.locator('.lst').isVisible()).to.equal(false)
      await page.getByRole('button', { name: 'Volver a la lista' }).tap()
      await row(page, 'Marta Restrepo').waitFor()
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).to.equal(true)
    })
  })
})
