/** What holds for all sources of the screens: texts in both languages, icons that exist, colours that can be read. */
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { iconNames } from '../../ui/src/shared/components/iconNames.ts'

const src = fileURLToPath(new URL('../../ui/src/', import.meta.url))
const shared = `${src}shared/`
const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(vue|ts)$/.test(name) && !name.startsWith('widget'))
  .map((name) => ({ name, text: readFileSync(src + name, 'utf8') }))
const all = sources.map((one) => one.text).join('\n')

type Texts = { [key: string]: string | Texts }
function keysOf(texts: Texts, prefix: string): string[] {
  return Object.entries(texts).flatMap(([key, value]) => (typeof value === 'string' ? [`${prefix}.${key}`] : keysOf(value, `${prefix}.${key}`)))
}
const load = (locale: string) =>
  readdirSync(`${shared}locales/${locale}`).filter((name) => name.endsWith('.json')).flatMap((name) => {
    const texts = JSON.parse(readFileSync(`${shared}locales/${locale}/${name}`, 'utf8')) as Texts
    return keysOf(texts, name.replace('.json', ''))
  })

describe('texts of the screens', () => {
  const es = load('es')
  it('are the same in Spanish and English', () => expect(load('en').sort()).to.deep.equal([...es].sort()))

  it('are all used', () => {
    // A key is used when it stands whole in a source, or when a template literal begins with its parents.
    const families = [...all.matchAll(/`([a-z]+(?:\.[A-Za-z]+)*)\.\$\{/g)].map((match) => `${match[1]}.`)
    const unused = es.filter((key) => !all.includes(`'${key}'`) && !families.some((family) => key.startsWith(family) && key !== family))
    expect(unused).to.deep.equal([])
  })

  it('exist for every key a source asks for', () => {
    const asked = [...all.matchAll(/\bt\((?:[^()'`]*\? )?'([a-z]+\.[A-Za-z.]+)'/g)].map((match) => match[1] ?? '')
    expect(asked.filter((key) => !es.includes(key))).to.deep.equal([])
  })

  it('take the same parameters in both languages', () => {
    const flat = (locale: string) => new Map(readdirSync(`${shared}locales/${locale}`).filter((name) => name.endsWith('.json')).flatMap((name) => {
      const walk = (texts: Texts, prefix: string): [string, string][] => Object.entries(texts).flatMap(([key, value]) => (typeof value === 'string' ? [[`${prefix}.${key}`, value] as [string, string]] : walk(value, `${prefix}.${key}`)))
      return walk(JSON.parse(readFileSync(`${shared}locales/${locale}/${name}`, 'utf8')) as Texts, name)
    }))
    const params = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort().join()
    const english = flat('en')
    expect([...flat('es')].filter(([key, text]) => params(text) !== params(english.get(key) ?? '')).map(([key]) => key)).to.deep.equal([])
  })

  it('do not stand in the templates themselves', () => {
    const loose = sources.filter((one) => one.name.endsWith('.vue')).flatMap(({ name, text }) => {
      const template = text.slice(text.indexOf('<template>'), text.lastIndexOf('</template>')).replace(/\{\{[\s\S]*?\}\}/g, '')
      return [...template.matchAll(/>([^<>]*\p{L}{3,}[^<>]*)</gu)].map((match) => `${name}: ${match[1]?.trim()}`)
    })
    // The languages name themselves.
    expect(loose.filter((one) => !/: (Español|English)$/.test(one))).to.deep.equal([])
  })
})

describe('icons of the screens', () => {
  const sprite = [...readFileSync(`${shared}components/icons.svg`, 'utf8').matchAll(/<symbol id="([^"]+)"/g)].map((match) => match[1])
  it('are named as they are drawn', () => expect([...iconNames]).to.deep.equal(sprite))
})

describe('colours of the screens', () => {
  const css = readFileSync(`${shared}styles/tokens.css`, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const light: Record<string, string> = {}
  const dark: Record<string, string> = {}
  for (const [, selector = '', body = ''] of css.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    const tokens = Object.fromEntries([...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map((match) => [match[1] ?? '', match[2]?.trim() ?? '']))
    const parts = selector.split(',').map((part) => part.trim())
    if (parts.includes(':root')) Object.assign(light, tokens)
    if (parts.includes(':root') && !parts.some((part) => part.includes('dark'))) for (const [key, value] of Object.entries(tokens)) dark[key] ??= value
    if (parts.some((part) => part.includes('dark'))) Object.assign(dark, tokens)
  }
  const luminance = (hex: string) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const ratio = (a: string, b: string) => {
    const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
    return (high + 0.05) / (low + 0.05)
  }
  const surfaces = ['bg', 'surface', 'surface-2', 'surface-3', 'thread']
  const text: [string, string[]][] = [
    ...['text', 'muted', 'accent', 'accent-ink', 'success', 'warning', 'danger', 'note'].map((one): [string, string[]] => [one, surfaces]),
    ...['accent', 'success', 'warning', 'danger', 'note'].map((one): [string, string[]] => [`${one}-ink`, [`${one}-soft`]]),
    ['text', ['accent-soft', 'success-soft', 'warning-soft', 'danger-soft', 'note-soft', 'raised']], ['muted', ['accent-soft', 'danger-soft', 'note-soft']], ['on-accent', ['accent', 'accent-hover']],
    ['on-danger', ['danger-solid', 'danger-hover']], ['bubble-text', ['bubble-in', 'bubble-out', 'note-soft', ...Array.from({ length: 8 }, (_, n) => `p${n + 1}`)]],
    ['bubble-in-meta', ['bubble-in']], ['bubble-out-meta', ['bubble-out', ...Array.from({ length: 8 }, (_, n) => `p${n + 1}`)]], ['tick-read', ['bubble-out', 'p2', 'p8']],
    ...Array.from({ length: 8 }, (_, n): [string, string[]] => [`p${n + 1}-ink`, [`p${n + 1}`, 'bubble-in']]),
  ]
  const graphics: [string, string[]][] = [
    ...['whatsapp', 'instagram', 'messenger', 'widget'].map((one): [string, string[]] => [`ch-${one}`, ['surface', 'surface-2', 'accent-soft']]), ['border-strong', ['surface', 'surface-2', 'bg']], ['focus', surfaces],
  ]
  for (const [name, tokens] of [['light', light], ['dark', dark]] as const) {
    for (const [kind, pairs, least] of [['text', text, 4.5], ['graphics', graphics, 3]] as const) {
      it(`keep a contrast of ${least}:1 for ${kind} in the ${name} theme`, () => {
        const short = pairs.flatMap(([ink, grounds]) => grounds.filter((ground) => ratio(tokens[ink] ?? '#000000', tokens[ground] ?? '#000000') < least).map((ground) => `${ink} on ${ground}`))
        expect(short).to.deep.equal([])
      })
    }
  }

  it('stand nowhere but in the tokens', () => {
    const raw = sources.flatMap(({ name, text: code }) => [...code.matchAll(/#[0-9a-f]{3,8}\b(?![^\n]*url)/gi)].map((match) => `${name}: ${match[0]}`))
    // The supervisors' band stays dark in both themes; the browser's own bar cannot read a token.
    expect(raw.filter((one) => !/^(login\/SignInSupervisor\.vue|shared\/app\/theme\.ts)/.test(one))).to.deep.equal([])
  })
})
