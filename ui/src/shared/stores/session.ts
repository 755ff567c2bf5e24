/** Who is signed in to this application, and what they prefer. */
import { computed, ref } from 'vue'
import { defineStore } from 'pinia'
import type { AppName } from '../../../../server/http/contract/common.ts'
import type { Appearance, Preferences, SessionView } from '../../../../server/http/contract/session.ts'
import { api, hooks } from '../app/services.ts'
import { ApiError } from '../api/http.ts'
import { applyTheme } from '../app/theme.ts'
import { browserLocale, rememberedLocale, setLocale } from '../i18n/index.ts'
import { recall } from '../lib/prefs.ts'

export const useSession = defineStore('session', () => {
  const app = ref<AppName>('agent')
  const view = ref<SessionView | null>(null)
  const appearance = ref<Appearance>({ companyName: 'Turno', logoUrl: null, locale: 'es' })
  const known = ref(false)
  /** Why the last session ended, for the sign-in page: a reason of the feed's `session_closed`. */
  const closedBecause = ref<string | null>(null)

  const chosen: Preferences = {}

  const user = computed(() => view.value?.user ?? null)
  const preferences = computed(() => view.value?.preferences ?? { locale: 'es', theme: 'system', showEvents: true, sound: true, shortcuts: true } as const)

  async function adopt(session: SessionView | null): Promise<void> {
    const own = session && session.app === app.value ? session : null
    view.value = own
    hooks.csrf = own?.csrf ?? null
    if (!own) return
    closedBecause.value = null
    applyTheme(own.preferences.theme)
    await setLocale(own.preferences.locale)
  }

  /** Once per page: the company's look, and the session the cookie stands for, if any. */
  async function load(name: AppName): Promise<void> {
    app.value = name
    hooks.app = name
    const [look, session] = await Promise.allSettled([api.appearance(), api.session()])
    if (look.status === 'fulfilled') appearance.value = look.value
    if (session.status === 'fulfilled') await adopt(session.value)
    if (!view.value) {
      const theme = recall('theme')
      applyTheme(theme === 'light' || theme === 'dark' ? theme : 'system')
      await setLocale(rememberedLocale() ?? (look.status === 'fulfilled' ? look.value.locale : browserLocale()), false)
    }
    if (session.status === 'rejected' && session.reason instanceof ApiError && session.reason.status === 0) throw session.reason
    known.value = true
  }

  async function signIn(username: string, password: string): Promise<void> {
    await adopt(await api.signIn({ app: app.value, username, password }))
    // What was chosen on the sign-in page a moment ago wins over what the account remembers.
    if (!view.value?.mustChangePassword && Object.keys(chosen).length > 0) await setPreferences(chosen)
  }

  function end(reason: string): void {
    view.value = null
    hooks.csrf = null
    closedBecause.value = reason
  }

  async function changePassword(current: string, next: string): Promise<void> {
    await api.changePassword(current, next)
    const session = await api.session().catch(() => null)
    if (session) await adopt(session)
    else end('password_changed')
  }

  async function setPreferences(change: Preferences): Promise<void> {
    if (change.theme) applyTheme(change.theme)
    if (change.locale) await setLocale(change.locale)
    if (!view.value) return void Object.assign(chosen, change)
    Object.assign(view.value.preferences, change)
    await api.savePreferences(change).catch(() => undefined)
  }

  return { app, view, appearance, known, closedBecause, user, preferences, load, signIn, end, changePassword, setPreferences }
})
