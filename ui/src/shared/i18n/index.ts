/** Texts. One language is loaded at a time; its areas are the files in ../locales/<language>/. */
import { nextTick } from 'vue'
import { createI18n } from 'vue-i18n'
import type { Locale } from '../../../../server/http/contract/common.ts'
import { keep, recall } from '../lib/prefs.ts'

const bundles = { es: () => import('../locales/es/index.ts'), en: () => import('../locales/en/index.ts') }

export const i18n = createI18n({ legacy: false, locale: 'es', fallbackLocale: false, messages: {} })
export const t = i18n.global.t

export const currentLocale = (): Locale => i18n.global.locale.value as Locale

/** What this browser was told before, else what the browser itself speaks. */
export const rememberedLocale = (): Locale | null => {
  const kept = recall('locale')
  return kept === 'es' || kept === 'en' ? kept : null
}
export const browserLocale = (): Locale => (/^es\b/i.test(navigator.language) ? 'es' : 'en')

export async function setLocale(locale: Locale, remember = true): Promise<void> {
  const messages = (await bundles[locale]()).default
  i18n.global.setLocaleMessage(locale, messages)
  i18n.global.locale.value = locale
  document.documentElement.lang = locale
  if (remember) keep('locale', locale)
  await nextTick()
}
