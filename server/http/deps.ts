/** What the HTTP side is given, and what its handlers find in a request's context. */
import type Router from '@koa/router'
import type { RouterContext } from '@koa/router'
import type { Config } from '../../config/schema.ts'
import type { Core } from '../actions/core.ts'
import type { Session } from '../actions/sessions.ts'
import type { Bridges } from '../bridges/registry.ts'
import type { Passwords } from '../domain/ports.ts'
import type { Locale } from './contract/common.ts'
import type { Metrics } from './metrics.ts'

export interface HttpDeps {
  readonly core: Core
  readonly config: Pick<Config, 'http' | 'metrics'>
  readonly bridges: Pick<Bridges, 'endpoint' | 'hosted' | 'running' | 'all'>
  readonly passwords: Passwords
  readonly version: string
  /** What must answer before this process takes traffic, beside the database: each throws while it does not. */
  readonly checks?: Readonly<Record<string, () => Promise<void>>>
  /** The built pages; absent: dist/ui of this program. */
  readonly uiRoot?: string
  /** Absent: new ones. */
  readonly metrics?: Metrics
}

/** A file that a person may send; channels have limits of their own below it. */
export const maxUploadBytes = 100 * 1024 * 1024

export interface State {
  requestId: string
  /** Of the caller, as the trusted proxies say. */
  address: string
  /** Came by https, as the trusted proxies say. */
  secure: boolean
  locale: Locale
  session: Session | null
}
export type Context = RouterContext<State>
export type Routes = Router<State>
