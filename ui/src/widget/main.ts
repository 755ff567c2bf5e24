/**
 * The visitor's page, in an iframe of the site: /widget/?key=KEY&page=ORIGIN[&lang=es|en]. Alone in a tab it works too,
 * always open.
 */
import { createApp, h, ref, watch } from 'vue'
import type { PageConfig } from '../../../plugins/widget/frames.ts'
import App from './App.vue'
import { Api, ApiError } from './api.ts'
import { createChat } from './chat.ts'
import { palette } from './colour.ts'
import { envelope, isEnvelope, type ToFrame, type ToPage } from './parent.ts'
import { language, preferredLanguage, t } from './texts.ts'
import './tokens.css'
import './widget.css'

const query = new URLSearchParams(location.search)
const key = query.get('key') ?? ''
const framed = window.parent !== window
/** The browser's word where it has one; the loader's elsewhere. The server lets only allowed pages frame us. */
const page = framed ? (location.ancestorOrigins?.[0] ?? query.get('page') ?? '') : location.origin
const tell = (said: ToPage): void => { if (framed && page) window.parent.postMessage(envelope(said), page) }

const shown = ref(!framed)
const problem = (error: ApiError): void => { tell({ type: 'problem', code: error.code, message: error.message }) }

function paint(config: PageConfig): void {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const apply = (): void => {
    const theme = config.theme === 'auto' ? (dark.matches ? 'dark' : 'light') : config.theme
    const { style, dataset } = document.documentElement
    dataset.theme = theme
    for (const name of ['accent', 'accent-hover', 'on-accent', 'accent-soft', 'accent-ink', 'bubble-out', 'bubble-out-meta', 'tick-read', 'focus']) style.removeProperty(`--${name}`)
    for (const [name, value] of Object.entries(palette(config.colour, theme))) style.setProperty(`--${name}`, value)
  }
  apply()
  dark.addEventListener('change', apply)
}

/** Until the server says how to look there is nothing to show but that it does not answer. */
async function configuration(api: Api): Promise<PageConfig> {
  for (let wait = 1000; ; wait = Math.min(wait * 2, 30_000)) {
    try {
      return await api.config()
    } catch (error) {
      if (!(error instanceof ApiError) || !error.again) throw error
      await new Promise((resolve) => { setTimeout(resolve, wait) })
    }
  }
}

async function run(): Promise<void> {
  const api = new Api(key, location.origin)
  language.value = preferredLanguage(query.get('lang'), 'auto')
  const config = await configuration(api)
  language.value = preferredLanguage(query.get('lang'), config.language)
  paint(config)
  const chat = createChat(api, config, page, problem)

  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (event.source !== window.parent || event.origin !== page || !isEnvelope<ToFrame>(event.data)) return
    const { said } = event.data
    if (said.type === 'open') shown.value = true
    else if (said.type === 'close') shown.value = false
    else if (said.type === 'language') language.value = said.language === 'en' ? 'en' : 'es'
    else if (said.type === 'identify') void chat.become(said.user)
  })
  watch(language, (now) => {
    document.documentElement.lang = now
    document.title = `${t('chat')} · ${config.name}`
  }, { immediate: true })
  watch(() => chat.state.unread, (count) => { tell({ type: 'unread', count }) })
  watch(chat.exists, (exists) => { tell({ type: 'conversation', exists }) })

  createApp({ render: () => h(App, { chat, shown: shown.value, onMinimise: () => { shown.value = !framed; tell({ type: 'close' }) } }) }).mount('#app')
  tell({ type: 'ready' })
  await chat.start()
}

run().catch((error: unknown) => {
  if (!(error instanceof ApiError)) throw error
  problem(error)
  const root = document.getElementById('app')
  if (root) root.textContent = error.message || t('refusedTitle')
})
