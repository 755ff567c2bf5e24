/** Pictures of every screen in both themes and languages, for people to look at: `npx tsx test/browser/shots.ts [name…]`. */
import { mkdir } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { startUiServer } from '../fakes/uiServer.ts'
import { build, desk, dist, phone, quit, root, signIn, visit } from './browser.ts'
import { screens } from './screens.ts'

const folder = `${root}test/browser/shots`
const only = process.argv.slice(2)
await build()
await mkdir(folder, { recursive: true })
for (const screen of screens) {
  if (only.length && !only.some((part) => screen.name.includes(part))) continue
  for (const [theme, locale, size, kind] of [['light', 'es', desk, 'desk'], ['dark', 'en', desk, 'desk'], ['dark', 'es', phone, 'phone'], ['light', 'en', phone, 'phone']] as const) {
    const server = await startUiServer({ dist, preferences: { locale, theme } })
    const { page, errors, close } = await visit(`${server.url}${screen.path}`, { theme, locale, size: kind === 'desk' ? (screen.size ?? size) : size, touch: kind === 'phone' })
    if (screen.user) await signIn(page, screen.user)
    await screen.steps({ page: page as Page, server, narrow: kind === 'phone' })
    // The machine's own system font is much wider than those of the desks the screens are drawn for.
    await page.evaluate(`document.documentElement.style.setProperty('--font', 'Roboto, "Liberation Sans", "Noto Color Emoji", sans-serif')`)
    await page.waitForTimeout(250)
    await page.screenshot({ path: `${folder}/${screen.name}-${kind}-${theme}-${locale}.png` })
    if (errors.length) process.stdout.write(`${screen.name} ${kind}: ${errors.join('\n')}\n`)
    await close()
    await server.close()
  }
}
await quit()
