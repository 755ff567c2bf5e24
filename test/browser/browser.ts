/** A real Chromium on the built pages. A page that logs an error or breaks its content security policy fails its test. */
import { existsSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

export const root = fileURLToPath(new URL('../../', import.meta.url))
export const dist = `${root}dist/ui`

/** Builds the pages once per run; TURNO_UI_BUILT=1 takes what is there. */
export async function build(): Promise<void> {
  if (process.env['TURNO_UI_BUILT'] && existsSync(`${dist}/manifest.json`)) return
  await promisify(execFile)(process.execPath, [`${root}node_modules/vite/bin/vite.js`, 'build', '--config', 'ui/vite.config.ts', '--logLevel', 'warn'], { cwd: root })
  process.env['TURNO_UI_BUILT'] = '1'
}

let browser: Browser | null = null
export async function launch(): Promise<Browser> {
  browser ??= await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  })
  return browser
}
export async function quit(): Promise<void> {
  await browser?.close()
  browser = null
}

export interface Visit { theme?: 'light' | 'dark'; locale?: 'es' | 'en'; size?: { width: number; height: number }; touch?: boolean; reducedMotion?: boolean }
export const desk = { width: 1366, height: 768 }
export const phone = { width: 390, height: 844 }

/** Answers that a test provokes are no errors of the page; the browser logs them all the same. */
const expected = /Failed to load resource|WebSocket connection to/

export interface Visitor { context: BrowserContext; page: Page; errors: string[]; close: () => Promise<void> }

export async function visit(url: string, { theme = 'light', locale = 'es', size = desk, touch = false, reducedMotion = true }: Visit = {}): Promise<Visitor> {
  const context = await (await launch()).newContext({
    viewport: size, colorScheme: theme, locale, timezoneId: 'America/Bogota', hasTouch: touch, reducedMotion: reducedMotion ? 'reduce' : 'no-preference', permissions: ['clipboard-read', 'clipboard-write'],
  })
  const errors: string[] = []
  const page = await context.newPage()
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type()) && !expected.test(message.text())) errors.push(message.text()) })
  await page.addInitScript((chosen) => {
    localStorage.setItem('turno.theme', chosen.theme)
    localStorage.setItem('turno.locale', chosen.locale)
  }, { theme, locale })
  await page.goto(url)
  return { context, page, errors, close: () => context.close() }
}

export async function signIn(page: Page, username: string, password = 'almendros2026'): Promise<void> {
  await page.locator('input[autocomplete=username]').fill(username)
  await page.locator('input[autocomplete=current-password]').fill(password)
  await page.locator('button[type=submit]').click()
}

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
export interface Violation { id: string; impact: string; targets: string[] }

/** Serious and critical findings of axe on what is on screen. */
export async function axe(page: Page): Promise<Violation[]> {
  // Evaluated through the debugger, which the page's policy does not bind.
  if (!(await page.evaluate(() => 'axe' in window))) {
    const { readFile } = await import('node:fs/promises')
    await page.evaluate(await readFile(axePath, 'utf8'))
  }
  return page.evaluate(async () => {
    const run = (window as unknown as { axe: { run: (where: Document, options: object) => Promise<{ violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[] }> } }).axe
    const { violations } = await run.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
    return violations
      .filter((one) => one.impact === 'serious' || one.impact === 'critical')
      .map((one) => ({ id: one.id, impact: one.impact, targets: one.nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary}`) }))
  })
}
