/** Chats that are offered to an agent: the card, its countdown, and what becomes of it (domain §3.3). */
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { startUiServer, type UiServer } from '../fakes/uiServer.ts'
import { axe, build, dist, phone, quit, signIn, visit, type Visit, type Visitor } from './browser.ts'
import { row } from './screens.ts'

describe('a chat that is offered', () => {
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

  async function come(options: Visit = {}): Promise<void> {
    visitor = await visit(`${server.url}/agent/`, options)
    page = visitor.page
    await signIn(page, 'laura')
    await row(page, 'Marta Restrepo').waitFor()
  }
  const card = () => page.locator('article[data-offer]')
  const waiting = async (): Promise<string> => {
    const title = server.world.chats.find((one) => one.row.state === 'QUEUED')?.row.title
    if (!title) throw new Error('nobody waits')
    return title
  }

  it('shows who waits and for how long, and opens when it is accepted', async () => {
    await come()
    const title = await waiting()
    server.offer(title, 30, { from: 'Andrés', message: 'Sabe de facturas' })
    await card().waitFor()
    expect(await card().innerText()).to.include(title).and.include('Buenos días, ¿hay turno para esta semana?').and.include('Se lo pasa Andrés').and.include('Sabe de facturas')
    expect(await axe(page)).to.deep.equal([])
    await card().getByRole('button', { name: 'Aceptar' }).click()
    await page.locator('.hh h2', { hasText: title }).waitFor()
    expect(await card().count()).to.equal(0)
  })

  it('leaves when it is declined, taken by a colleague, or too late; and says so to who comes too late', async () => {
    await come()
    const title = await waiting()
    server.offer(title, 30)
    await card().getByRole('button', { name: 'Rechazar' }).click()
    await card().waitFor({ state: 'detached' })
    expect(server.requests.some((one) => /offers\/\w+\/decline$/.test(one.path))).to.equal(true)
    server.offer(title, 30)
    await card().waitFor()
    server.withdraw()
    await card().waitFor({ state: 'detached' })
    server.offer(title, 2)
    await card().waitFor()
    await card().waitFor({ state: 'detached' })
    server.offer(title, 30)
    server.failNext('POST', /accept$/, { status: 409, code: 'offer_gone', message: 'El chat ya no está disponible.' })
    await card().getByRole('button', { name: 'Aceptar' }).click()
    await page.locator('.toast', { hasText: 'El chat ya no está disponible.' }).waitFor()
    expect(await card().count()).to.equal(0)
  })

  it('is there after the page is loaded anew, and fits a phone', async () => {
    await come({ size: phone, touch: true })
    server.offer(await waiting(), 30)
    await card().waitFor()
    await page.reload()
    await card().waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).to.equal(true)
    await card().getByRole('button', { name: 'Aceptar' }).tap()
    await page.locator('.hh h2').waitFor()
  })
})
