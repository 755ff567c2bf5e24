import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { startUiServer, type UiServer } from '../fakes/uiServer.ts'
import { build, dist, quit, signIn, visit, type Visitor } from './browser.ts'

const text = (page: Page, selector: string) => page.locator(selector).first().innerText()

describe('signing in', () => {
  let server: UiServer
  let visitor: Visitor
  before(build)
  after(quit)
  beforeEach(async () => { server = await startUiServer({ dist }) })
  afterEach(async () => {
    expect(visitor.errors).to.deep.equal([])
    await visitor.close()
    await server.close()
  })
  const come = async (path: string, options = {}) => (visitor = await visit(server.url + path, options)).page

  it('leads an agent to the chats, and back to the address they came for', async () => {
    const page = await come(`/agent/chats/${server.chat('Jorge Iván Salazar').row.id}`)
    await page.locator('h1', { hasText: 'Entrar a mis chats' }).waitFor()
    await signIn(page, 'laura')
    await page.locator('h2', { hasText: 'Jorge Iván Salazar' }).waitFor()
  })

  it('shows the server’s words at the field when the password is wrong, and puts the focus there', async () => {
    const page = await come('/agent/')
    await signIn(page, 'laura', 'no es esta')
    expect(await text(page, '.err')).to.include('no coinciden')
    const field = page.locator('input[type=password]')
    expect(await field.getAttribute('aria-invalid')).to.equal('true')
    expect(await field.evaluate((one) => one.matches(':focus'))).to.equal(true)
  })

  it('asks for what is missing without asking the server', async () => {
    const page = await come('/agent/')
    await page.locator('button[type=submit]').click()
    expect(await text(page, '.err')).to.equal('Escriba su correo o usuario.')
    expect(server.requests.filter((one) => one.method === 'POST')).to.deep.equal([])
  })

  it('tells an agent who comes to the supervisors’ door', async () => {
    const page = await come('/supervisor/')
    await signIn(page, 'laura')
    expect(await text(page, '.banner.bad')).to.include('no entra por aquí')
  })

  it('makes one choose a new password first, and checks it before sending', async () => {
    const page = await come('/agent/')
    await signIn(page, 'nora')
    const [current, next, again] = [page.locator('input[type=password]').nth(0), page.locator('input[type=password]').nth(1), page.locator('input[type=password]').nth(2)]
    await current.fill('almendros2026')
    await next.fill('corta')
    await again.fill('otra')
    await page.locator('button[type=submit]').click()
    expect(await page.locator('.err').allInnerTexts()).to.deep.equal(['Use al menos 10 caracteres.', 'Las dos contraseñas no coinciden.'])
    await page.goto(`${server.url}/agent/chats`)
    await page.locator('h1', { hasText: 'Elija una contraseña nueva' }).waitFor()
    await current.fill('almendros2026')
    await next.fill('una frase bien larga')
    await again.fill('una frase bien larga')
    await page.locator('button[type=submit]').click()
    await page.locator('h1', { hasText: 'Chats' }).waitFor()
  })

  it('says why when the session was closed elsewhere', async () => {
    const page = await come('/agent/')
    await signIn(page, 'laura')
    await page.locator('a[data-chat]').first().waitFor()
    server.closeSessions('laura', 'second_login')
    await page.locator('h1', { hasText: 'Entrar a mis chats' }).waitFor()
    expect(await text(page, '.banner')).to.include('en otro equipo')
  })

  it('returns to the sign-in page when the server no longer knows the session', async () => {
    const page = await come('/agent/')
    await signIn(page, 'laura')
    await page.locator('a[data-chat]').first().waitFor()
    server.failNext('GET', /timeline$/, { status: 401, code: 'unauthorized', message: 'La sesión no existe o expiró.' })
    await page.locator('a[data-chat]').first().click()
    await page.locator('.banner', { hasText: 'Su sesión expiró' }).waitFor()
  })

  it('keeps the language and the theme chosen before signing in', async () => {
    const page = await come('/agent/')
    await page.locator('.select').click()
    await page.locator('[role=option]', { hasText: 'English' }).click()
    await page.locator('h1', { hasText: 'Sign in to my chats' }).waitFor()
    await page.locator('footer .btn.icon').click()
    expect(await page.locator('html').getAttribute('data-theme')).to.equal('dark')
    await signIn(page, 'laura')
    await page.locator('[role=tab]', { hasText: 'Following' }).waitFor()
    expect(await page.locator('html').getAttribute('data-theme')).to.equal('dark')
    expect(server.requests.find((one) => one.method === 'PATCH')?.body).to.deep.equal({ locale: 'en', theme: 'dark' })
  })

  it('says when the server cannot be reached at all', async () => {
    server.failNext('GET', /bootstrap$/, { status: 503, code: 'unavailable', message: 'La base de datos no responde.' })
    const page = await come('/agent/')
    await signIn(page, 'laura')
    await page.locator('.state', { hasText: 'La base de datos no responde.' }).waitFor()
    await page.locator('.state .btn').click()
    await page.locator('a[data-chat]').first().waitFor()
  })
})
