/** Puts the widget into the demo page as any site would, with the key of `?key=` or the one that the server wrote. */
const query = new URLSearchParams(location.search)
const written = document.querySelector<HTMLMetaElement>('meta[name="turno-widget-key"]')?.content ?? ''
const key = query.get('key') ?? (written.startsWith('__') ? '' : written)
const state = document.getElementById('estado')

interface Queue { push(call: readonly unknown[]): void }
const site = window as unknown as { Turno?: Queue }
site.Turno ??= [] as unknown as Queue

function explain(text: string): void {
  const words = document.createElement('b')
  words.textContent = text
  state?.replaceChildren(words)
}

if (key === '') explain('Falta la clave del chat: añada ?key=CLAVE a la dirección (turno channels la muestra).')
else {
  const script = document.createElement('script')
  script.src = '/widget.js'
  script.async = true
  script.dataset.key = key
  const lang = query.get('lang')
  if (lang) script.dataset.lang = lang
  script.onerror = () => { explain('No se pudo cargar widget.js.') }
  document.head.append(script)
}

for (const link of document.querySelectorAll('[data-chat]')) {
  link.addEventListener('click', (event) => {
    event.preventDefault()
    site.Turno?.push(['open'])
  })
}

export {}
