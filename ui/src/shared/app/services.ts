/** The one connection of this page to its server. */
import { io } from 'socket.io-client'
import type { AppName } from '../../../../server/http/contract/common.ts'
import { createApi } from '../api/endpoints.ts'
import { createHttp } from '../api/http.ts'
import type { FeedSocket } from '../feed/feed.ts'
import { currentLocale } from '../i18n/index.ts'

interface Hooks {
  app: AppName
  csrf: string | null
  onUnauthorized: () => void
}
/** Filled in by the session store: what every request needs to know of it. */
export const hooks: Hooks = { app: 'agent', csrf: null, onUnauthorized: () => undefined }

export const api = createApi(createHttp({ app: () => hooks.app, csrf: () => hooks.csrf, locale: currentLocale, onUnauthorized: () => hooks.onUnauthorized() }))

/** Reconnection is ours (feed.ts), so that the page can say when it tries next. */
export const openSocket = (): FeedSocket =>
  io('/app', {
    path: '/socket', transports: ['websocket'], autoConnect: false, reconnection: false, auth: (answer) => answer({ app: hooks.app }),
  }) as unknown as FeedSocket
