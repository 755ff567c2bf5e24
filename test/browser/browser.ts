/** A real Chromium on the built pages. A page that logs an error or breaks its content security policy fails its test. */
import { existsSync, readFileSync } from 'node:fs'
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

const flags = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']
/** As a person sets it in the browser: text of twice the size, which the widths in `em` follow. */
const largeText = '--blink-settings=defaultFontSize=32'
const browsers = new Map<boolean, Promise<Browser>>()
function launch(large: boolean): Promise<Browser> {
  let browser = browsers.get(large)
  if (!browser) browsers.set(large, (browser = chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: large ? [...flags, largeText] : flags })))
  return browser
}
export async function quit(): Promise<void> {
  for (const browser of browsers.values()) await (await browser).close()
  browsers.clear()
}

export interface Visit { theme?: 'light' | 'dark'; locale?: 'es' | 'en'; size?: { width: number; height: number }; touch?: boolean; reducedMotion?: boolean; clock?: boolean; large?: boolean }
export const desk = { width: 1366, height: 768 }
export const phone = { width: 390, height: 844 }

/** Answers that a test provokes are no errors of the page; the browser logs them all the same. */
const expected = /Failed to load resource|WebSocket connection to/

export interface Visitor { context: BrowserContext; page: Page; errors: string[]; close: () => Promise<void> }

export async function visit(url: string, { theme = 'light', locale = 'es', size = desk, touch = false, reducedMotion = true, clock = false, large = false }: Visit = {}): Promise<Visitor> {
  const context = await (await launch(large)).newContext({
    viewport: size, colorScheme: theme, locale, timezoneId: 'America/Bogota', hasTouch: touch, reducedMotion: reducedMotion ? 'reduce' : 'no-preference', permissions: ['clipboard-read', 'clipboard-write'],
  })
  const errors: string[] = []
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type()) && !expected.test(message.text())) errors.push(message.text()) })
  await page.addInitScript(`if (location.protocol === 'http:') { localStorage.setItem('turno.theme', '${theme}'); localStorage.setItem('turno.locale', '${locale}') }`)
  // The page's own clock, to be moved by the test instead of waited for.
  if (clock) await page.clock.install()
  await page.goto(url)
  return { context, page, errors, close: () => context.close() }
}

export async function signIn(page: Page, username: string, password = 'almendros2026'): Promise<void> {
  await page.locator('input[autocomplete=username]').fill(username)
  await page.locator('input[autocomplete=current-password]').fill(password)
  await page.locator('button[type=submit]').click()
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const runAxe = `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then(({ violations }) => violations)`
interface Finding { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }

/** Serious and critical findings of axe on what is on screen; evaluated by the debugger, which the page's policy does not bind. */
export async function axe(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>(`'axe' in window`))) await page.evaluate(axeSource)
  const found = await page.evaluate<Finding[]>(runAxe)
  return found.filter((one) => ['serious', 'critical'].includes(one.impact)).flatMap((one) => one.nodes.map((node) => `${one.id} ${node.target.join(' ')}: ${node.failureSummary}`))
}

/** Waits until an expression is true in the page. Playwright's own wait would need the page to allow `eval`. */
export async function untilTrue(page: Page, expression: string): Promise<void> {
  for (let n = 0; n < 250; n += 1) {
    if (await page.evaluate<boolean>(`Boolean(${expression})`)) return
    await page.waitForTimeout(20)
  }
  throw new Error(`never true: ${expression}`)
}
