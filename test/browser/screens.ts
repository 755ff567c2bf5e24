/** How to get to each screen: for the pictures, and for the accessibility test. */
import type { Page } from 'playwright-core'
import type { UiServer } from '../fakes/uiServer.ts'

export interface At { page: Page; server: UiServer; narrow: boolean }
export interface Screen { name: string; path: string; user?: string; size?: { width: number; height: number }; steps: (at: At) => Promise<void> }

export const row = (page: Page, title: string) => page.locator('a[data-chat]', { hasText: title })
const openMarta = async ({ page, narrow }: At) => {
  await row(page, 'Marta Restrepo').click()
  await page.locator('.msg').last().waitFor()
  if (narrow) await page.waitForTimeout(100)
}
const listed = ({ page }: At) => page.locator('a[data-chat]').first().waitFor()

export const screens: Screen[] = [
  { name: 'login-agent', path: '/agent/', steps: ({ page }) => page.locator('h1').waitFor() },
  { name: 'login-supervisor', path: '/supervisor/', steps: async ({ page }) => {
    await page.locator('input[autocomplete=username]').fill('ricardo')
    await page.locator('input[autocomplete=current-password]').fill('no es esta')
    await page.locator('button[type=submit]').click()
    await page.locator('.err').waitFor()
  } },
  { name: 'password', path: '/agent/', user: 'nora', steps: async ({ page }) => {
    await page.locator('input[autocomplete=new-password]').first().waitFor()
    await page.locator('input[autocomplete=new-password]').first().fill('corta')
    await page.locator('button[type=submit]').click()
  } },
  { name: 'inbox', path: '/agent/', user: 'laura', steps: async (at) => {
    await listed(at)
    await openMarta(at)
  } },
  { name: 'inbox-list', path: '/agent/', user: 'laura', steps: listed },
  { name: 'inbox-note', path: '/agent/', user: 'laura', steps: async (at) => {
    await openMarta(at)
    await at.page.locator('.seg button').nth(1).click()
    await at.page.locator('textarea').fill('Llamar a enfermería antes de las 5')
  } },
  { name: 'inbox-resolve', path: '/agent/', user: 'laura', steps: async (at) => {
    await openMarta(at)
    await at.page.locator('.hh .btn.primary:visible').click()
    await at.page.locator('[role=dialog]').waitFor()
  } },
  { name: 'inbox-transfer', path: '/agent/', user: 'laura', steps: async (at) => {
    await openMarta(at)
    await at.page.locator('h2').first().click()
    await at.page.keyboard.press('t')
    await at.page.locator('[role=dialog] .seg button').nth(1).click()
    await at.page.locator('.target', { hasText: 'Julián' }).click()
  } },
  { name: 'inbox-offline', path: '/agent/', user: 'laura', steps: async (at) => {
    await openMarta(at)
    at.server.offline()
    await at.page.locator('.banner').first().waitFor({ timeout: 10_000 })
    await at.page.route(/messages$/, (route) => route.abort())
    await at.page.locator('textarea').fill('Queda confirmado')
    await at.page.keyboard.press('Enter')
    await at.page.locator('.msg.out', { hasText: 'Queda confirmado' }).waitFor()
  } },
  { name: 'inbox-empty', path: '/agent/', user: 'laura', steps: async (at) => {
    await listed(at)
    await at.page.locator('input[role=searchbox]').fill('zzz')
    await at.page.locator('.state', { hasText: 'zzz' }).waitFor()
  } },
  { name: 'inbox-help', path: '/agent/', user: 'laura', steps: async (at) => {
    await listed(at)
    await at.page.keyboard.press('?')
    await at.page.locator('[role=dialog]').waitFor()
  } },
  { name: 'inbox-offer', path: '/agent/', user: 'laura', steps: async (at) => {
    await openMarta(at)
    const waiting = at.server.world.chats.find((one) => one.row.state === 'QUEUED')
    at.server.offer(waiting?.row.title ?? '', 25, { from: 'Andrés Pardo', message: 'Pregunta por una factura de octubre.' })
    await at.page.locator('article[data-offer]').waitFor()
  } },
  { name: 'inbox-pause', path: '/agent/', user: 'laura', steps: async (at) => {
    await listed(at)
    await at.page.locator('.pres').click()
    await at.page.locator('[role=menu]').waitFor()
  } },
  { name: 'inbox-emoji', path: '/agent/', user: 'laura', steps: async (at) => {
    await openMarta(at)
    await at.page.locator('.bt .btn.icon').nth(1).click()
    await at.page.locator('.cell').first().waitFor()
  } },
  { name: 'board', path: '/supervisor/', user: 'ricardo', size: { width: 1366, height: 768 }, steps: ({ page }) => page.locator('.tbl tbody tr').first().waitFor() },
  { name: 'board-wide', path: '/supervisor/', user: 'ricardo', size: { width: 1920, height: 1080 }, steps: ({ page }) => page.locator('.tbl tbody tr').first().waitFor() },
  { name: 'board-signout', path: '/supervisor/', user: 'ricardo', steps: async ({ page }) => {
    await page.locator('.tbl tbody tr').first().waitFor()
    await page.locator('[aria-label*="Laura Gómez"]').last().click()
    await page.locator('[role=dialog]').waitFor()
  } },
  { name: 'watch', path: '/supervisor/', user: 'ricardo', steps: async (at) => {
    await at.page.locator('.nav2').nth(1).click()
    await listed(at)
    await openMarta(at)
  } },
  { name: 'watch-list', path: '/supervisor/', user: 'ricardo', steps: async (at) => {
    await at.page.locator('.nav2').nth(1).click()
    await listed(at)
  } },
]
