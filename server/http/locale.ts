import type { Locale } from './contract/common.ts'

const isLocale = (text: string): text is Locale => text === 'es' || text === 'en'

/** The first language of ours in an `Accept-Language` header, by weight. */
export function acceptedLocale(header: string | undefined): Locale | null {
  const wanted = (header ?? '').split(',').map((part) => {
    const [tag = '', ...parameters] = part.trim().split(';')
    const weight = parameters.map((parameter) => /^\s*q=([\d.]+)$/.exec(parameter)?.[1]).find(Boolean)
    return { language: tag.slice(0, 2).toLowerCase(), weight: weight === undefined ? 1 : Number(weight) }
  })
  return wanted.filter((one) => one.weight > 0).sort((a, b) => b.weight - a.weight).map((one) => one.language).find(isLocale) ?? null
}

/** The reader's own choice, else the browser's, else the install's. */
export const localeFor = (preference: unknown, header: string | undefined, install: Locale): Locale =>
  typeof preference === 'string' && isLocale(preference) ? preference : (acceptedLocale(header) ?? install)
