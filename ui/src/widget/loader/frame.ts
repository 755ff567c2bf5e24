/** The iframe and the button in the site's page: their place, their size, and the line between them. */
import type { Identify, Language, PageConfig } from '../../../../plugins/widget/frames.ts'
import { houseColour, palette, textOn } from '../colour.ts'
import { envelope, isEnvelope, type ToFrame, type ToPage } from '../parent.ts'

export interface Widget {
  open(): void
  close(): void
  identify(user: Identify | null): void
  setLanguage(language: Language): void
}

const words = {
  es: { open: 'Abrir el chat', unread: ', {count} mensajes nuevos', one: ', 1 mensaje nuevo', hide: 'Ocultar el mensaje' },
  en: { open: 'Open the chat', unread: ', {count} new messages', one: ', 1 new message', hide: 'Hide the message' },
} as const

const css = `
:host{all:initial}
*{box-sizing:border-box}
.place{position:fixed;bottom:max(16px,env(safe-area-inset-bottom));z-index:2147483000;font:500 14px/1.43 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Helvetica Neue",Arial,sans-serif}
.right{right:16px}.left{left:16px}
button{font:inherit;cursor:pointer;border:0;padding:0}
.launch{width:56px;height:56px;border-radius:999px;background:var(--accent);color:var(--on);display:grid;place-items:center;position:relative;box-shadow:0 4px 8px rgb(16 28 38/.08),0 20px 48px rgb(16 28 38/.22)}
.launch:hover{background:var(--hover)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
svg{width:24px;height:24px;fill:none;stroke:currentColor;stroke-width:1.75;stroke-linecap:round;stroke-linejoin:round}
.badge{position:absolute;top:-2px;right:-2px;min-width:20px;height:20px;padding:0 6px;border-radius:999px;background:var(--danger);color:#fff;font-size:11px;font-weight:600;display:grid;place-items:center;box-shadow:0 0 0 2px var(--surface)}
.teaser{position:absolute;bottom:68px;display:flex;align-items:center;width:max-content;max-width:min(280px,calc(100vw - 32px));background:var(--surface);color:var(--text);border:1px solid var(--border);border-radius:12px;box-shadow:0 2px 4px rgb(16 28 38/.06),0 8px 20px rgb(16 28 38/.12)}
.right .teaser{right:0;border-bottom-right-radius:4px}.left .teaser{left:0;border-bottom-left-radius:4px}
.teaser button{background:none;color:inherit;text-align:left;min-height:44px}
.teaser .say{padding:12px 0 12px 16px}.teaser .hide{width:44px;flex:none;display:grid;place-items:center;color:var(--muted)}
.teaser svg{width:16px;height:16px}
.window{position:fixed;bottom:16px;z-index:2147483000;width:368px;max-width:calc(100vw - 32px);height:656px;max-height:calc(100vh - 32px);max-height:calc(100dvh - 32px);border:1px solid var(--border);border-radius:12px;overflow:hidden;background:var(--surface);box-shadow:0 4px 8px rgb(16 28 38/.08),0 20px 48px rgb(16 28 38/.22)}
iframe{display:block;width:100%;height:100%;border:0}
@media(max-width:479px){.window{inset:0;width:auto;max-width:none;height:auto;max-height:none;border:0;border-radius:0}}
[hidden]{display:none!important}
@media print{.place,.window{display:none}}
`
const skins = {
  light: { accent: houseColour, hover: '#084f60', on: '#ffffff', surface: '#ffffff', text: '#16202a', muted: '#51606d', border: '#dbe1e7', danger: '#b3261e' },
  dark: { accent: '#58c2d9', hover: '#7ad1e4', on: '#04222b', surface: '#151b20', text: '#e7ecf0', muted: '#a0aeba', border: '#2a353e', danger: '#c2352d' },
} as const

const svg = (d: string): SVGSVGElement => {
  const name = 'http://www.w3.org/2000/svg'
  const drawn = document.createElementNS(name, 'svg')
  drawn.setAttribute('viewBox', '0 0 24 24')
  drawn.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(name, 'path')
  path.setAttribute('d', d)
  drawn.append(path)
  return drawn
}
function element<K extends keyof HTMLElementTagNameMap>(tag: K, className = '', ...inside: (Node | string)[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  made.className = className
  made.append(...inside)
  return made
}

export function createWidget(host: string, config: PageConfig, asked: Language | null, problem: (text: string) => void): Widget {
  const flag = `turno.${config.key}`
  let language: Language = asked ?? (config.language !== 'auto' ? config.language : navigator.language.toLowerCase().startsWith('en') ? 'en' : 'es')
  let frame: HTMLIFrameElement | null = null
  let ready = false
  let unread = 0
  let shown = false
  const waiting: ToFrame[] = []

  // A shadow root keeps the site's styles out; a constructed sheet passes a strict content security policy.
  const anchor = element('turno-widget' as 'div')
  const root = anchor.attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  root.adoptedStyleSheets = [sheet]
  const place = element('div', `place ${config.position}`)
  const launch = element('button', 'launch', svg('M20 12a8 8 0 0 1-8 8H4l1.800-3A8 8 0 1 1 20 12Z'))
  const badge = element('span', 'badge')
  const teaser = element('div', 'teaser')
  const box = element('div', `window ${config.position}`)
  box.hidden = true
  launch.type = 'button'
  launch.append(badge)
  place.append(teaser, launch)
  root.append(place, box)

  function paint(): void {
    const dark = config.theme === 'dark' || (config.theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches)
    const own = palette(config.colour, dark ? 'dark' : 'light')
    const skin: Record<string, string> = { ...skins[dark ? 'dark' : 'light'] }
    if (own.accent) Object.assign(skin, { accent: own.accent, hover: own['accent-hover'], on: textOn(own.accent) })
    for (const [name, value] of Object.entries(skin)) for (const one of [place, box]) one.style.setProperty(`--${name}`, value)
    anchor.style.colorScheme = dark ? 'dark' : 'light'
  }

  function label(): void {
    const said = words[language]
    launch.setAttribute('aria-label', said.open + (unread === 1 ? said.one : unread > 1 ? said.unread.replace('{count}', String(unread)) : ''))
    launch.setAttribute('aria-expanded', String(shown))
    badge.hidden = unread === 0
    badge.textContent = unread > 99 ? '99+' : String(unread)
    const invitation = config.texts.teaser[language] || config.texts.teaser.es
    teaser.hidden = shown || invitation === '' || remembered(`${flag}.teaser`)
    const say = element('button', 'say', invitation)
    const hide = element('button', 'hide', svg('m6 6 12 12M18 6 6 18'))
    hide.setAttribute('aria-label', said.hide)
    say.onclick = open
    hide.onclick = () => { remember(`${flag}.teaser`, true); label() }
    teaser.replaceChildren(say, hide)
  }

  const tell = (said: ToFrame): void => {
    if (ready) frame?.contentWindow?.postMessage(envelope(said), host)
    else waiting.push(said)
  }

  function load(): void {
    if (frame) return
    frame = element('iframe')
    frame.title = 'Chat'
    frame.allow = 'microphone; geolocation'
    frame.src = `${host}/widget/?${new URLSearchParams({ key: config.key, page: location.origin, lang: language }).toString()}`
    box.append(frame)
  }

  function open(): void {
    load()
    shown = true
    box.hidden = false
    place.hidden = true
    remember(`${flag}.teaser`, true)
    label()
    frame?.focus()
    tell({ type: 'open' })
  }

  function close(): void {
    if (!shown) return
    shown = false
    box.hidden = true
    place.hidden = false
    label()
    launch.focus()
    tell({ type: 'close' })
  }

  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== host || !isEnvelope<ToPage>(event.data)) return
    const { said } = event.data
    if (said.type === 'ready') {
      ready = true
      for (const one of waiting.splice(0)) tell(one)
    } else if (said.type === 'close') close()
    else if (said.type === 'unread') { unread = said.count; label() }
    else if (said.type === 'conversation') remember(flag, said.exists)
    else problem(`${said.code}: ${said.message}`)
  })

  launch.onclick = open
  // The window stands ready when the finger comes down.
  launch.onpointerenter = load
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint)
  paint()
  label()
  document.body.append(anchor)
  // Who has a conversation is told of new messages without opening it.
  if (remembered(flag)) load()

  return {
    open,
    close,
    identify: (user) => {
      if (user !== null || remembered(flag)) load()
      tell({ type: 'identify', user })
    },
    setLanguage: (wanted) => {
      language = wanted === 'en' ? 'en' : 'es'
      label()
      tell({ type: 'language', language })
    },
  }
}

/** Flags only, in the site's own storage; the visitor's token stays in the iframe's. */
function remembered(name: string): boolean {
  try {
    return localStorage.getItem(name) === '1'
  } catch {
    return false
  }
}
function remember(name: string, value: boolean): void {
  try {
    if (value) localStorage.setItem(name, '1')
    else localStorage.removeItem(name)
  } catch {
    // Without storage the page asks again; nothing else is lost.
  }
}
