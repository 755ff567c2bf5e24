/** Starts one of the two applications: same ground, own routes and sign-in page. */
import { createApp, watch, type Component } from 'vue'
import { createPinia } from 'pinia'
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import type { AppName } from '../../../../server/http/contract/common.ts'
import { i18n, setLocale, rememberedLocale, browserLocale } from '../i18n/index.ts'
import { useLive } from '../stores/live.ts'
import { useSession } from '../stores/session.ts'
import Root from './Root.vue'
import '../styles/app.css'

interface Application {
  name: AppName
  signIn: () => Promise<Component>
  shell: () => Promise<Component>
  home: string
  routes: RouteRecordRaw[]
}

/** Only a path of this application may follow signing in. */
const safeNext = (next: unknown): string | null => (typeof next === 'string' && /^\/(?!\/)/.test(next) ? next : null)

export async function start(application: Application): Promise<void> {
  const router = createRouter({
    history: createWebHistory(`/${application.name}/`),
    routes: [
      { path: '/login', name: 'login', component: application.signIn },
      { path: '/password', name: 'password', component: () => import('../../login/ChangePassword.vue') },
      { path: '/', component: application.shell, redirect: application.home, children: application.routes },
      { path: '/:rest(.*)*', redirect: application.home },
    ],
  })
  const app = createApp(Root)
  app.use(createPinia()).use(i18n)
  const session = useSession()
  const live = useLive()
  await setLocale(rememberedLocale() ?? browserLocale(), false)
  await session.load(application.name).catch(() => { session.known = false })

  router.beforeEach((to) => {
    const view = session.view
    if (!view) return to.name === 'login' ? true : { name: 'login', query: to.path === application.home || to.path === '/' ? {} : { next: to.fullPath } }
    if (view.mustChangePassword) return to.name === 'password' ? true : { name: 'password' }
    return to.name === 'login' ? (safeNext(to.query['next']) ?? application.home) : true
  })

  // Signed in, or free of the forced change: load and follow. Signed out, by whoever: back to the sign-in page.
  watch(
    () => (session.view === null ? 'out' : session.view.mustChangePassword ? 'must' : 'in'),
    (state, before) => {
      if (state === 'in') void live.enter()
      if (before === undefined) return
      if (state === 'out') void router.push({ name: 'login' })
      else if (state === 'must') void router.push({ name: 'password' })
      else void router.push(safeNext(router.currentRoute.value.query['next']) ?? application.home)
    },
    { immediate: true },
  )
  app.use(router)
  await router.isReady()
  app.mount('#app')
}
