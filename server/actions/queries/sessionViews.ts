/** What a page needs at its start: who one is, and everything the live feed then keeps current. */
import type { Appearance, Bootstrap, Permission, Preferences, SessionView } from '../../http/contract/session.ts'
import type { Locale } from '../../http/contract/common.ts'
import { isAgentPermission } from '../../domain/permissions.ts'
import { agentViews, channelView, pauseReasonViews, queueView } from './agents.ts'
import { mediaUrl } from './chatRows.ts'
import { feedCursor } from './feed.ts'
import { openOffers } from './offers.ts'
import type { Core } from '../core.ts'
import type { Session } from '../sessions.ts'

export async function appearance(core: Core): Promise<Appearance> {
  const view = await core.catalog.read()
  return { companyName: view.setting('general.companyName'), logoUrl: null, locale: view.setting('general.locale') }
}

export function sessionView(session: Session, locale: Locale): SessionView {
  const { user } = session
  const stored = user.preferences as Preferences
  return {
    csrf: session.csrf, app: session.app,
    user: { id: user.id, username: user.username, name: user.name, role: user.role, alsoAgent: user.alsoAgent, avatarUrl: mediaUrl(user.avatarMediaId) },
    mustChangePassword: user.mustChangePassword,
    preferences: {
      locale: stored.locale ?? locale, theme: stored.theme ?? 'system', showEvents: stored.showEvents ?? true, sound: stored.sound ?? true,
      shortcuts: stored.shortcuts ?? true,
    },
  }
}

export async function bootstrap(core: Core, session: Session, locale: Locale, maxUploadBytes: number): Promise<Bootstrap> {
  // Taken first: what happens while the rest is read is in the rest, and comes again by the feed.
  const cursor = await feedCursor(core)
  const view = await core.catalog.read()
  const agents = await agentViews(core, core.db)
  return {
    session: sessionView(session, locale),
    permissions: [...session.actor.rights].filter((right): right is Permission => isAgentPermission(right)),
    me: agents.find((agent) => agent.id === session.user.id) ?? null,
    agents, queues: view.queues().map(queueView), pauseReasons: await pauseReasonViews(core.db),
    channels: view.channels().map((channel) => channelView(core, channel)).filter((channel) => channel !== null),
    offers: session.app === 'agent' ? await openOffers(core.db, view, session.user.id, core.clock.now()) : [],
    settings: { companyName: view.setting('general.companyName'), timezone: view.setting('general.timezone'), locale: view.setting('general.locale'), maxUploadBytes },
    now: core.clock.now(), cursor,
  }
}
