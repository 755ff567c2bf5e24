/** Which channels begin with a menu. */
import { DomainError } from '../../domain/errors.ts'
import type { Actor } from '../../domain/permissions.ts'
import { routeChannel } from '../channels.ts'
import type { Core } from '../core.ts'
import { findMenu, type MenuView } from './documents.ts'

/** Leads these channels to the menu; those that led to it and are not named go to the fallback queue. @throws DomainError forbidden, not_found, not_published */
export async function assignMenu(core: Core, actor: Actor, menuId: string, channelIds: readonly string[]): Promise<MenuView> {
  const menu = await findMenu(core, actor, menuId)
  if (channelIds.length > 0 && menu.publishedVersion === null) throw new DomainError('not_published')
  const before = menu.channels.map((channel) => channel.id)
  for (const channelId of channelIds) if (!before.includes(channelId)) await routeChannel(core, actor, { channelId, destination: { type: 'menu', id: menu.id } })
  const fallback = (await core.catalog.read()).setting('routing.fallbackQueue')
  for (const channelId of before) {
    if (!channelIds.includes(channelId)) await routeChannel(core, actor, { channelId, destination: fallback ? { type: 'queue', id: fallback } : { type: 'none' } })
  }
  return findMenu(core, actor, menuId)
}
