/**
 * The main job, whole, in real browsers on a real server: visitors write in the page of a site, agents in turn answer.
 * Played on the embedded edition, and on MariaDB and Redis with two server processes: agents and visitors are on
 * different ones.
 */
import { expect } from 'chai'
import type { FrameLocator, Page } from 'playwright-core'
import sharp from 'sharp'
import { clinicPassword, makeClinic, type Clinic } from '../support/clinic.ts'
import { ServerRun } from '../support/serverRun.ts'
import { build, quit, signIn, visit, type Visitor } from './browser.ts'

interface Edition { readonly name: string; readonly dialect: 'sqlite' | 'mysql'; readonly processes: number }
const editions: Edition[] = [
  { name: 'on the embedded edition', dialect: 'sqlite', processes: 1 },
  ...(process.env.TURNO_TEST_MYSQL_URL && process.env.TURNO_TEST_REDIS_URL ? [{ name: 'on MariaDB and Redis, with two processes', dialect: 'mysql' as const, processes: 2 }] : []),
]

const picture = (): Promise<Buffer> => sharp({ create: { width: 320, height: 200, channels: 3, background: '#0a6478' } }).png().toBuffer()

describe('a visitor writes, an agent answers', function () {
  this.timeout(120_000)
  before(build)
  after(quit)

  for (const edition of editions) {
    describe(edition.name, () => {
      let clinic: Clinic
      let servers: ServerRun[]
      const open: Visitor[] = []
      before(async () => {
        clinic = await makeClinic(edition.dialect)
        const prefix = `story-${Date.now()}`
        servers = Array.from({ length: edition.processes }, () => new ServerRun({
          dataDir: clinic.dataDir, databaseUrl: clinic.databaseUrl, redisUrl: edition.processes > 1 ? process.env.TURNO_TEST_REDIS_URL : undefined, redisPrefix: prefix,
        }))
        for (const server of servers) await server.start()
      })
      after(async () => {
        for (const visitor of open) await visitor.close()
        for (const server of servers) await server.kill('SIGTERM')
        await clinic.remove()
      })

      const come = async (path: string, process: number): Promise<Visitor> => {
        const visitor = await visit(`${servers[process % servers.length]?.url}${path}`)
        open.push(visitor)
        return visitor
      }
      const agent = async (username: string, process: number): Promise<Page> => {
        const { page } = await come('/agent/', process)
        await signIn(page, username, clinicPassword)
        await page.locator('.pres').waitFor()
        return page
      }
      /** A person on the site's page, with the chat open. */
      const person = async (process: number): Promise<{ page: Page; chat: FrameLocator; say(text: string): Promise<void> }> => {
        const { page } = await come(`/demo/?key=${clinic.widgetKey}`, process)
        const chat = page.frameLocator('iframe')
        await page.locator('.launch').click()
        await chat.locator('.window').waitFor()
        return {
          page, chat,
          async say(text) {
            await chat.locator('textarea').fill(text)
            await chat.locator('textarea').press('Enter')
          },
        }
      }
      const rowOf = (page: Page, text: string) => page.locator('a[data-chat]', { hasText: text })
      const write = async (page: Page, text: string): Promise<void> => {
        await page.locator('textarea').fill(text)
        await page.keyboard.press('Enter')
      }

      it('from the first word to the history of a second visit', async () => {
        const laura = await agent('laura', 0)
        const andres = await agent('andres', 1)
        const yesenia = await agent('yesenia', 0)
        const { page: rosa } = await come('/supervisor/', 1)
        await signIn(rosa, 'rosa', clinicPassword)
        await rosa.locator('.tbl tbody tr').first().waitFor()

        // The third agent pauses with a reason, and gets none of what follows.
        await yesenia.locator('.pres').click()
        await yesenia.locator('[role=menuitem]', { hasText: 'Almuerzo' }).click()
        await rosa.locator('.tbl tbody tr', { hasText: 'Yesenia Cárdenas' }).getByText('Almuerzo').waitFor()

        // A visitor writes; the agent whose turn it is has it live.
        const marta = await person(1)
        await marta.say('Buenos días, ¿tienen citas <b>mañana</b>?')
        await rowOf(laura, 'Buenos días').waitFor()
        await rowOf(laura, 'Buenos días').click()
        await laura.locator('.bub', { hasText: '<b>mañana</b>' }).waitFor()
        await marta.chat.getByText('Hola, soy Laura Gómez.').waitFor()

        // An answer with text and a picture; the visitor sees both.
        await write(laura, 'Sí, a las 9:40 con el doctor Arango.')
        await marta.chat.getByText('Sí, a las 9:40 con el doctor Arango.').waitFor()
        await laura.locator('input[type=file]').setInputFiles({ name: 'consultorio.png', mimeType: 'image/png', buffer: await picture() })
        await laura.locator('textarea').press('Enter')
        const shown = marta.chat.locator('.message:not(.own) img')
        await shown.waitFor()
        expect(await shown.evaluate((image) => (image as unknown as { decode(): Promise<void>; naturalWidth: number }).decode().then(() => (image as unknown as { naturalWidth: number }).naturalWidth))).to.equal(320)

        // The second visitor is the second agent's; the next one goes round the pause, back to the first.
        const jorge = await person(0)
        await jorge.say('Quiero reprogramar mi cita')
        await rowOf(andres, 'reprogramar').waitFor()
        const camila = await person(1)
        await camila.say('¿Atienden los sábados?')
        await rowOf(laura, 'sábados').waitFor()
        expect(await rowOf(yesenia, '').count()).to.equal(0)
        expect(await rowOf(laura, 'reprogramar').count()).to.equal(0)

        // The supervisor sees all of it, and looks into a chat without anybody noticing.
        await rosa.locator('.nav2').nth(1).click()
        for (const words of ['sábados', 'reprogramar']) await rowOf(rosa, words).waitFor()
        await rowOf(rosa, 'reprogramar').click()
        await rosa.locator('.bub', { hasText: 'Quiero reprogramar mi cita' }).waitFor()
        await jorge.say('¿Sigue ahí?')
        await rosa.locator('.bub', { hasText: '¿Sigue ahí?' }).waitFor()
        expect(await jorge.chat.locator('.tick.read').count()).to.equal(0)

        // Nobody is there: the visitor waits, and is served within two seconds of a sign-in.
        for (const page of [laura, andres, yesenia]) {
          await page.evaluate("fetch('/app/session').then((reply) => reply.json()).then((session) => fetch('/app/session', { method: 'DELETE', headers: { 'x-csrf-token': session.csrf } }))")
        }
        const sofia = await person(0)
        await sofia.say('¿Hay alguien?')
        await rosa.locator('.nav2').first().click()
        await rosa.locator('.tbl', { hasText: 'Recepción' }).first().waitFor()
        const back = await agent('andres', 0)
        const signedIn = Date.now()
        await rowOf(back, '¿Hay alguien?').waitFor({ timeout: 2000 })
        expect(Date.now() - signedIn).to.be.at.most(2000)

        // Resolved, and still there when the visitor comes back and writes again.
        await rowOf(back, '¿Hay alguien?').click()
        await write(back, 'Sí, dígame.')
        await sofia.chat.getByText('Sí, dígame.').waitFor()
        await back.locator('h2').first().click()
        await back.keyboard.press('e')
        await back.locator('[role=dialog]').waitFor()
        await back.keyboard.press('Enter')
        await rowOf(back, 'Sí, dígame').waitFor({ state: 'detached', timeout: 15_000 })
        await sofia.page.reload()
        await sofia.page.locator('.launch').click().catch(() => undefined)
        await sofia.chat.getByText('Sí, dígame.').waitFor()
        await sofia.say('Otra pregunta')
        await rowOf(back, 'Otra pregunta').waitFor()
        await rowOf(back, 'Otra pregunta').click()
        for (const words of ['¿Hay alguien?', 'Sí, dígame.', 'Otra pregunta']) await back.locator('.bub', { hasText: words }).waitFor()

        for (const visitor of open) expect(visitor.errors).to.deep.equal([])
      })
    })
  }
})
