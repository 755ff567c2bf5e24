/** The built page of the widget in a real browser, on the smallest host there is. `npm run build:widget` goes before. */
import { createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { chromium, type Browser, type BrowserContextOptions, type FrameLocator, type Page } from 'playwright-core'
import type { InboundEvent } from '../../plugins/sdk/index.ts'
import type { WidgetChannelSettings } from '../../plugins/widget/settings.ts'
import { demoKey, startWidgetHost, type WidgetHost } from '../fakes/widgetHost.ts'

const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const agent = { name: 'Isabel Moncada', place: 'Orientación al paciente' }
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

/** What can be pressed and is lower than 44 px, a larger area around it counted in. Runs in the page. */
const smallTargets = `[...document.querySelectorAll('button, a.file, input:not([type=file]):not([type=range]):not([type=checkbox]), label:has(input), textarea')].flatMap((one) => {
  const { height } = one.getBoundingClientRect()
  const around = getComputedStyle(one, '::after')
  const reach = around.position === 'absolute' ? -2 * parseFloat(around.top) : 0
  return height > 0 && height + reach < 43.5 ? [one.outerHTML.slice(0, 80) + ' ' + height + ' + ' + reach] : []
})`

type Message = Extract<InboundEvent, { kind: 'message' }>
const isMessage = (event: InboundEvent): event is Message => event.kind === 'message'

describe('the widget\'s page', function () {
  this.timeout(60_000)
  let browser: Browser
  let host: WidgetHost
  let page: Page
  let frame: FrameLocator
  const errors: string[] = []

  before(async () => {
    if (!existsSync('dist/ui/widget/index.html')) throw new Error('npm run build:widget goes before')
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
  })
  after(async () => { await browser.close() })
  afterEach(async () => {
    await page.context().close()
    await host.close()
    expect(errors.splice(0)).to.deep.equal([])
  })

  async function visit(options: { settings?: WidgetChannelSettings; context?: BrowserContextOptions } = {}): Promise<void> {
    host = await startWidgetHost(options.settings ? { settings: options.settings } : {})
    const context = await browser.newContext({ locale: 'es', viewport: { width: 1000, height: 760 }, ...options.context })
    page = await context.newPage()
    page.on('pageerror', (error) => { errors.push(error.message) })
    page.on('dialog', (dialog) => { errors.push(`dialog: ${dialog.message()}`); void dialog.dismiss() })
    frame = page.frameLocator('iframe')
    await page.goto(`${host.url}/demo/?key=${demoKey}`)
  }
  const open = async (): Promise<void> => {
    await page.locator('.launch').click()
    await frame.locator('.window').waitFor()
  }
  const write = async (text: string): Promise<void> => {
    await frame.locator('textarea').fill(text)
    await frame.locator('textarea').press('Enter')
  }
  const arrives = (text: string): Promise<InboundEvent> =>
    host.next((event) => isMessage(event) && event.parts[0].kind === 'text' && event.parts[0].text === text)
  const texts = (): Promise<string[]> => frame.locator('.message .text').allTextContents()
  const stored = (): string[] => [...new Map(host.fake.delivered.filter(isMessage).map((event) => [event.key, event])).values()]
    .map((event) => (event.parts[0].kind === 'text' ? event.parts[0].text : event.parts[0].kind))
  const chat = (): string => host.chats[0]!

  it('says what the visitor writes, shows what is answered, and keeps both over a reload', async () => {
    await visit()
    await open()
    const first = arrives('Hola <img src=x onerror=alert(1)>')
    await write('Hola <img src=x onerror=alert(1)>')
    const said = await first
    await host.say(chat(), { kind: 'text', text: '<script>alert(2)</script> vea https://a.example' }, agent)
    await frame.locator('.message .text a').waitFor()
    expect(await frame.locator('.message .text a').getAttribute('rel')).to.include('noopener')
    expect(await frame.locator('.message img, .message script').count()).to.equal(0)
    await host.bridge.presence?.markRead?.(chat(), (said as Message).id)
    await frame.locator('.tick.read').waitFor()
    const before = await texts()
    expect(before).to.deep.equal(['Hola <img src=x onerror=alert(1)>', '<script>alert(2)</script> vea https://a.example'])
    await page.reload()
    await open()
    await frame.locator('.message').nth(1).waitFor()
    expect(await texts()).to.deep.equal(before)
    expect(host.chats).to.have.length(1)
  })

  it('loses and doubles nothing when the line breaks', async () => {
    await visit()
    await open()
    const first = arrives('uno')
    await write('uno')
    await first
    await host.down()
    await write('dos')
    await write('tres')
    await frame.locator('.notice').waitFor()
    await host.say(chat(), { kind: 'text', text: 'mientras tanto' }, agent)
    const third = arrives('tres')
    await host.up()
    await third
    await frame.locator('.notice').waitFor({ state: 'detached' })
    await frame.locator('.message').nth(3).waitFor()
    expect(stored()).to.deep.equal(['uno', 'dos', 'tres'])
    expect((await texts()).sort()).to.deep.equal(['dos', 'mientras tanto', 'tres', 'uno'])
  })

  it('sends after a reload what was written while the line was broken', async () => {
    await visit()
    await open()
    const first = arrives('uno')
    await write('uno')
    await first
    await page.context().route('**/messages', (route) => route.abort())
    await write('dos')
    await frame.locator('.message').nth(1).waitFor()
    await page.context().unroute('**/messages')
    const second = arrives('dos')
    await page.reload()
    await second
    expect(stored()).to.deep.equal(['uno', 'dos'])
  })

  it('shows a repeated send once', async () => {
    await visit()
    await open()
    const first = arrives('Hola')
    await write('Hola')
    await first
    for (let times = 0; times < 2; times++) await host.say(chat(), { kind: 'text', text: 'Buenos días' }, agent, { idempotencyKey: 'the-same' })
    await host.say(chat(), { kind: 'text', text: 'fin' }, agent)
    await frame.getByText('fin', { exact: true }).waitFor()
    expect(await texts()).to.deep.equal(['Hola', 'Buenos días', 'fin'])
  })

  it('waits as long as the server says, and then goes on by itself', async () => {
    await visit()
    await open()
    await frame.locator('textarea').waitFor()
    host.fake.waits.visitor_message = 1000
    await write('uno')
    await frame.getByText(/Va muy rápido/).waitFor()
    delete host.fake.waits.visitor_message
    await arrives('uno')
    await frame.getByText(/Va muy rápido/).waitFor({ state: 'detached' })
    expect(stored()).to.deep.equal(['uno'])
  })

  it('sends files, says why one is refused, and lets the visitor discard it', async () => {
    await visit()
    await open()
    const input = frame.locator('input[type=file]')
    const first = host.next(isMessage)
    await input.setInputFiles({ name: 'foto.png', mimeType: 'image/png', buffer: png })
    expect(((await first) as Message).parts[0]).to.include({ kind: 'image' })
    await frame.locator('.message img').waitFor()
    await frame.locator('.message .tick').waitFor()
    const inner = page.frames().find((one) => one.url().includes('/widget/'))!
    expect(await inner.evaluate('(async () => { const image = document.querySelector(".message img"); await image.decode(); return image.naturalWidth })()')).to.equal(1)
    await input.setInputFiles({ name: 'foto.png', mimeType: 'image/png', buffer: Buffer.from([0x4d, 0x5a, 0, 1]) })
    await frame.getByText(/Ese tipo de archivo no se puede enviar/).waitFor()
    await frame.getByRole('button', { name: 'Descartar' }).click()
    await input.setInputFiles({ name: 'grande.png', mimeType: 'image/png', buffer: Buffer.alloc(17 * 1024 * 1024) })
    await frame.getByText(/El archivo supera/).waitFor()
    expect(await frame.locator('.message').count()).to.equal(1)
    expect(stored()).to.deep.equal(['image'])
  })

  it('presses a button once, and answers with what it says', async () => {
    await visit()
    await open()
    const first = arrives('Hola')
    await write('Hola')
    await first
    await host.say(chat(), { kind: 'buttons', body: '¿Qué necesita?', choices: [{ id: 'cita', title: 'Agendar una cita' }, { id: 'otro', title: 'Otra cosa' }] })
    const chosen = host.next(isMessage)
    await frame.getByRole('button', { name: 'Agendar una cita' }).click()
    expect(((await chosen) as Message).parts[0]).to.deep.equal({ kind: 'choice', via: 'button', id: 'cita', title: 'Agendar una cita' })
    expect(await frame.locator('.choices').count()).to.equal(0)
  })

  it('quotes, and scrolls to what was quoted', async () => {
    await visit()
    await open()
    const first = arrives('Hola')
    await write('Hola')
    await first
    const id = await host.say(chat(), { kind: 'text', text: 'Buenos días' }, agent)
    await frame.getByText('Buenos días').hover()
    await frame.locator('.message:not(.own)').getByRole('button', { name: 'Responder' }).click()
    const second = arrives('Gracias')
    await write('Gracias')
    expect(((await second) as Message).context.replyTo).to.equal(id)
    await frame.locator('.own .quote').getByText('Buenos días').waitFor()
  })

  it('counts what comes while it is closed, and reads it when it is opened', async () => {
    await visit()
    await open()
    const first = arrives('Hola')
    await write('Hola')
    await first
    await frame.getByRole('button', { name: 'Minimizar' }).click()
    const delivered = host.next((event) => event.kind === 'receipt' && event.receipt === 'delivered')
    await host.say(chat(), { kind: 'text', text: 'Buenos días' }, agent)
    await delivered
    await page.getByRole('button', { name: 'Abrir el chat, 1 mensaje nuevo' }).waitFor()
    const read = host.next((event) => event.kind === 'receipt' && event.receipt === 'read')
    await open()
    await read
  })

  it('asks first for what the channel wants', async () => {
    await visit({ settings: { prechatName: 'required', consent: { es: 'Autorizo el tratamiento de mis datos.' } } })
    await open()
    await frame.getByRole('button', { name: 'Iniciar el chat' }).click()
    await frame.getByText('Complete este campo.').waitFor()
    await frame.getByText('Debe aceptarlo para escribirnos.').waitFor()
    await frame.getByLabel('Nombre').fill('Ana Gómez')
    await frame.getByLabel('Autorizo').check()
    await frame.getByRole('button', { name: 'Iniciar el chat' }).click()
    const first = host.next(isMessage)
    await write('Hola')
    expect(((await first) as Message).sender.name).to.equal('Ana Gómez')
  })

  it('is used by keyboard alone: focus goes in, round, and back to the button', async () => {
    await visit()
    await page.locator('.launch').focus()
    await page.keyboard.press('Enter')
    await frame.locator('textarea:focus').waitFor()
    for (let stops = 0; stops < 12; stops++) {
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.tagName'), `stop ${stops}`).to.equal('TURNO-WIDGET')
      expect(await frame.locator(':focus').count(), `stop ${stops}`).to.equal(1)
    }
    await page.keyboard.press('Escape')
    await page.locator('.launch:focus').waitFor()
  })

  it('speaks the visitor\'s language, and changes it', async () => {
    await visit({ context: { locale: 'en-GB' } })
    await page.getByRole('button', { name: 'Open the chat' }).click()
    await frame.getByPlaceholder('Write a message').waitFor()
    await page.evaluate('Turno.setLanguage("es")')
    await frame.getByPlaceholder('Escriba su mensaje').waitFor()
  })

  it('joins the visitor to the site\'s user, and leaves them when they sign out', async () => {
    await visit()
    const identify = async (userId: string | null): Promise<void> => {
      const user = userId === null ? null : { userId, hash: createHmac('sha256', 's'.repeat(64)).update(userId).digest('hex'), name: 'Ana' }
      await page.evaluate(`Turno.identify(${JSON.stringify(user)})`)
    }
    await page.locator('.launch').waitFor()
    await identify('user-7')
    await open()
    const first = arrives('Hola')
    await write('Hola')
    expect(((await first) as Message).sender).to.include({ name: 'Ana' })
    expect(chat()).to.match(/^u/)
    await identify(null)
    await frame.locator('.message').waitFor({ state: 'detached' })
    const second = arrives('Otra persona')
    await write('Otra persona')
    await second
    expect(host.chats).to.have.length(2)
    expect(host.chats[1]).to.match(/^v/)
  })

  it('appears only on the sites of its list', async () => {
    await visit()
    const site = createServer((_, response) => {
      response.setHeader('content-type', 'text/html').end(`<!doctype html><title>x</title><body><script src="${host.url}/widget.js" data-key="${demoKey}" async></script>`)
    })
    await new Promise<void>((resolve) => { site.listen(0, '127.0.0.1', resolve) })
    const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
    try {
      const warned = page.waitForEvent('console', (message) => message.text().includes('origin_not_allowed'))
      await page.goto(origin)
      await warned
      expect(await page.locator('.launch').count()).to.equal(0)
      await host.close()
      host = await startWidgetHost({ settings: { allowedOrigins: [origin] } })
      await page.goto(origin)
      await open()
      const first = arrives('Hola')
      await write('Hola')
      await first
    } finally {
      site.closeAllConnections()
      site.close()
    }
  })

  for (const look of [
    { name: 'light', context: { colorScheme: 'light' as const } },
    { name: 'dark', context: { colorScheme: 'dark' as const } },
    { name: 'a telephone', context: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } },
  ]) {
    it(`has no fault of accessibility, and targets of 44 px, in ${look.name}`, async () => {
      await visit({ context: look.context, settings: { prechatEmail: 'required' } })
      await open()
      const inspect = async (what: string): Promise<void> => {
        const inner = page.frames().find((one) => one.url().includes('/widget/'))!
        await inner.evaluate(axe)
        const found = await inner.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>('axe.run()')
        expect(found.violations.map((one) => `${one.id}: ${one.nodes[0]?.html ?? ''}`), what).to.deep.equal([])
        expect(await inner.evaluate(smallTargets), what).to.deep.equal([])
      }
      await frame.getByLabel('Correo electrónico').waitFor()
      await inspect('before the chat')
      await frame.getByLabel('Correo electrónico').fill('ana@example.com')
      await frame.getByRole('button', { name: 'Iniciar el chat' }).click()
      const first = arrives('Hola')
      await frame.locator('textarea').waitFor()
      await write('Hola')
      await first
      await host.say(chat(), { kind: 'list', body: '¿Qué necesita?', button: 'Ver', sections: [{ title: 'Citas', choices: [{ id: '1', title: 'Agendar', description: 'Para mañana' }] }] })
      await frame.locator('.choices').waitFor()
      await frame.getByRole('button', { name: 'Emoji' }).click()
      await inspect('the conversation')
    })
  }
})
