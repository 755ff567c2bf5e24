import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { startUiServer, type UiServer } from '../fakes/uiServer.ts'
import { build, dist, quit, signIn, untilTrue, visit, type Visit, type Visitor } from './browser.ts'
import { row } from './screens.ts'

describe('the supervisor', () => {
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
    visitor = await visit(`${server.url}/supervisor/`, options)
    page = visitor.page
    await signIn(page, 'ricardo')
    await page.locator('.tbl tbody tr').first().waitFor()
  }
  const tile = (name: string) => page.locator('.tile', { hasText: name }).locator('.val b')
  const agentRow = (name: string) => page.locator('tr', { hasText: name })
  const posts = (path: RegExp) => server.requests.filter((one) => one.method !== 'GET' && path.test(one.path))
  async function watch(title: string) {
    await page.locator('.nav2', { hasText: 'Chats' }).click()
    await row(page, title).click()
    await page.locator('.hh h2', { hasText: title }).waitFor()
    await page.locator('.bub').last().waitFor()
  }

  it('sees the operation, who needs something first, and each change by itself', async () => {
    await come()
    expect(await tile('En espera').innerText()).to.equal('3')
    expect(await tile('Sin atender').innerText()).to.equal('1')
    expect(await page.locator('section', { has: page.locator('#agents-title') }).locator('tbody .nm').first().innerText()).to.equal('Julián Torres')
    server.assign('Beatriz Lemos', 0)
    await untilTrue(page, `document.querySelector('.tile .val b').textContent === '2'`)
  })

  it('pauses an agent with a reason and ends the pause', async () => {
    await come()
    await page.getByRole('button', { name: 'Pausar a Laura Gómez' }).click()
    await page.locator('[role=menuitem]', { hasText: 'Reunión' }).click()
    await agentRow('Laura Gómez').locator('.pill', { hasText: 'Reunión' }).waitFor()
    await page.getByRole('button', { name: 'Terminar la pausa de Laura Gómez' }).click()
    await agentRow('Laura Gómez').locator('.pill', { hasText: 'Disponible' }).waitFor()
  })

  it('signs an agent out only after saying what stays behind', async () => {
    await come()
    await page.getByRole('button', { name: 'Cerrar la sesión de Laura Gómez' }).click()
    await page.locator('[role=dialog]', { hasText: '8 chats siguen asignados a esta persona.' }).waitFor()
    expect(posts(/sign-out/)).to.deep.equal([])
    await page.locator('[role=dialog] .btn.danger').click()
    await agentRow('Laura Gómez').locator('.pill', { hasText: 'Desconectado' }).waitFor()
  })

  it('goes from an agent to their chats', async () => {
    await come()
    await page.getByRole('link', { name: 'Ver los chats de Andrés Pardo sin intervenir' }).click()
    await row(page, 'Gloria Inés Mesa').waitFor()
    expect(await page.locator('a[data-chat]').count()).to.equal(1)
    await page.locator('.select').nth(1).click()
    await page.locator('[role=option]', { hasText: 'Agentes' }).click()
    await row(page, 'Marta Restrepo').waitFor()
  })

  it('watches in silence: sees what is written, and neither reads nor writes', async () => {
    await come()
    await watch('Marta Restrepo')
    await page.locator('.banner', { hasText: 'Está mirando en silencio.' }).waitFor()
    server.customerWrites('Marta Restrepo', 'Nadie me ve')
    await page.locator('.bub', { hasText: 'Nadie me ve' }).waitFor()
    expect(await page.locator('textarea').count()).to.equal(0)
    expect(posts(/\/(read|messages|notes)$/)).to.deep.equal([])
  })

  it('writes in a chat only after choosing to', async () => {
    await come()
    await watch('Marta Restrepo')
    await page.getByRole('button', { name: 'Escribir como supervisor' }).click()
    await page.locator('textarea').fill('Buenas, soy Ricardo')
    await page.keyboard.press('Enter')
    await page.locator('.bub', { hasText: 'Buenas, soy Ricardo' }).waitFor()
    expect(posts(/messages$/)[0]?.body).to.include({ text: 'Buenas, soy Ricardo' })
  })

  it('takes a chat to another agent, even one who cannot take it now, when told to', async () => {
    await come()
    await watch('Marta Restrepo')
    await page.keyboard.press('t')
    await page.locator('[role=dialog] .seg button', { hasText: 'Agente' }).click()
    await page.locator('.target', { hasText: 'Julián Torres' }).click()
    expect(await page.locator('[role=dialog] button[type=submit]').isDisabled()).to.equal(true)
    await page.locator('[role=dialog] .check').click()
    await page.locator('[role=dialog] button[type=submit]').click()
    await page.locator('.toast', { hasText: 'Lo recibió Julián Torres.' }).waitFor()
    expect(posts(/transfer$/)[0]?.body).to.deep.equal({ target: { type: 'agent', id: server.world.agents[3]!.id }, force: true })
    await row(page, 'Marta Restrepo').locator('.line', { hasText: 'Julián Torres' }).waitFor()
  })

  it('resolves any chat, with five seconds to think again', async () => {
    await come({ clock: true })
    await watch('Gloria Inés Mesa')
    await page.keyboard.press('e')
    await page.locator('[role=dialog] button[type=submit]').waitFor()
    await page.keyboard.press('Enter')
    await page.locator('.toast', { hasText: 'Gloria Inés Mesa resuelto' }).waitFor()
    expect(posts(/resolve$/)).to.deep.equal([])
    await page.clock.runFor(5_100)
    await page.locator('.pill', { hasText: 'Resuelto' }).waitFor()
    expect(posts(/resolve$/)).to.have.lengthOf(1)
  })
})
