/**
 * widget.js: <script src="https://HOST/widget.js" data-key="KEY" async></script>, optionally data-lang="es|en".
 * Gives the site `Turno.open()`, `close()`, `identify(user | null)` and `setLanguage('es' | 'en')`. Calls made before it
 * came are kept if the site sets `window.Turno = window.Turno || []` and pushes them: `Turno.push(['open'])`.
 */
import type { Identify, Language, PageConfig } from '../../../../plugins/widget/frames.ts'
import { createWidget, type Widget } from './frame.ts'

type Call = readonly [name: keyof Widget, argument?: unknown]
interface Turno extends Widget { push(call: Call): void }
declare global {
  interface Window { Turno?: Turno | Call[] }
}

const script = document.currentScript as HTMLScriptElement | null
const key = script?.dataset.key ?? ''
const asked = script?.dataset.lang === 'en' ? 'en' : script?.dataset.lang === 'es' ? 'es' : null
const host = script ? new URL(script.src).origin : ''

/** The one who put the script into the page is the reader. */
function problem(text: string): void {
  // eslint-disable-next-line no-console
  console.warn(`Turno widget: ${text}`)
}

const waiting: Call[] = Array.isArray(window.Turno) ? [...window.Turno] : []
let widget: Widget | null = null
const call = (one: Call): void => {
  if (!widget) waiting.push(one)
  else if (one[0] === 'identify') widget.identify((one[1] ?? null) as Identify | null)
  else if (one[0] === 'setLanguage') widget.setLanguage(one[1] as Language)
  else if (one[0] === 'open' || one[0] === 'close') widget[one[0]]()
}

async function configuration(): Promise<PageConfig | null> {
  for (let wait = 2000; ; wait = Math.min(wait * 2, 60_000)) {
    const reply = await fetch(`${host}/b/widget/${encodeURIComponent(key)}/config`, { credentials: 'omit' }).catch(() => null)
    if (reply?.ok) return await reply.json() as PageConfig
    if (reply && reply.status < 500 && reply.status !== 429) {
      const said = await reply.json().catch(() => null) as { error?: { code: string; message: string; help: string } } | null
      problem(said?.error ? `${said.error.code}. ${said.error.message} ${said.error.help}` : `HTTP ${reply.status}`)
      return null
    }
    await new Promise((resolve) => { setTimeout(resolve, wait) })
  }
}

async function run(): Promise<void> {
  if (document.readyState === 'loading') await new Promise((resolve) => { document.addEventListener('DOMContentLoaded', resolve, { once: true }) })
  const config = await configuration()
  if (!config) return
  widget = createWidget(host, config, asked, problem)
  for (const one of waiting.splice(0)) call(one)
}

if (key === '') problem('data-key is missing')
else if (!window.Turno || Array.isArray(window.Turno)) {
  window.Turno = {
    push: call,
    open: () => { call(['open']) },
    close: () => { call(['close']) },
    identify: (user) => { call(['identify', user]) },
    setLanguage: (language) => { call(['setLanguage', language]) },
  }
  void run()
}
