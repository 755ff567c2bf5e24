/** What holds on every screen: nothing serious for axe in either theme, and a first load that stays small. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { startUiServer, type UiServer } from '../fakes/uiServer.ts'
import { axe, build, desk, dist, phone, quit, root, signIn, visit } from './browser.ts'
import { screens } from './screens.ts'

describe('every screen', () => {
  let server: UiServer
  before(build)
  after(quit)
  beforeEach(async () => { server = await startUiServer({ dist }) })
  afterEach(() => server.close())

  for (const screen of screens) {
    for (const [kind, size, themes] of [['a desk', desk, ['light', 'dark']], ['a phone', phone, ['light', 'dark']]] as const) {
      it(`${screen.name} can be used by everyone on ${kind}, in both themes`, async () => {
        const { page, errors, close } = await visit(server.url + screen.path, { size, touch: size === phone })
        if (screen.user) await signIn(page, screen.user)
        await screen.steps({ page, server, narrow: size === phone })
        for (const theme of themes) {
          await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
          expect(await axe(page), theme).to.deep.equal([])
        }
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'nothing stands out at the side').to.equal(true)
        expect(errors).to.deep.equal([])
        await close()
      })
    }
  }

  for (const name of ['login-agent', 'inbox', 'inbox-transfer', 'board', 'watch-list']) {
    it(`${name} has room for text of twice the size`, async () => {
      const screen = screens.find((one) => one.name === name)!
      const { page, close } = await visit(server.url + screen.path, { large: true })
      if (screen.user) await signIn(page, screen.user)
      await screen.steps({ page, server, narrow: true })
      expect(await page.evaluate('parseFloat(getComputedStyle(document.documentElement).fontSize)')).to.equal(32)
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).to.equal(true)
      if (process.env['SHOTS']) await page.screenshot({ path: `${root}test/browser/shots/${name}-large.png` })
      await close()
    })
  }
})

interface Chunk { file: string; imports?: string[]; dynamicImports?: string[]; isEntry?: boolean }

describe('the agent’s first load', () => {
  before(build)
  it('is at most 170 kB of JavaScript, gzipped', () => {
    const manifest = JSON.parse(readFileSync(`${dist}/manifest.json`, 'utf8')) as Record<string, Chunk>
    const needed = new Set<string>()
    const take = (key: string): void => {
      const chunk = manifest[key]
      if (!chunk || needed.has(chunk.file)) return
      needed.add(chunk.file)
      chunk.imports?.forEach(take)
    }
    // The page, its frame, the inbox and one language; the sign-in page comes before and is not needed again.
    for (const key of Object.keys(manifest)) if (/^(agent\/index\.html|src\/agent\/(AgentShell|pages\/Inbox)\.vue|src\/shared\/locales\/es\/index\.ts)$/.test(key)) take(key)
    expect(needed.size).to.be.greaterThan(5)
    const bytes = [...needed].filter((file) => file.endsWith('.js')).reduce((sum, file) => sum + gzipSync(readFileSync(`${dist}/${file}`)).length, 0)
    expect(bytes).to.be.at.most(170_000)
  })
})
