/** The theme after the first paint (before it: public/theme.js, which reads the same key). */
import { keep } from '../lib/prefs.ts'

export type ThemeChoice = 'system' | 'light' | 'dark'
const system = matchMedia('(prefers-color-scheme: dark)')
let current: ThemeChoice = 'system'

function paint(): void {
  const dark = current === 'dark' || (current === 'system' && system.matches)
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light'
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', dark ? '#151b20' : '#ffffff')
}
system.addEventListener('change', paint)

export function applyTheme(choice: ThemeChoice): void {
  current = choice
  keep('theme', choice === 'system' ? null : choice)
  paint()
}
