/** Gives a conversation its destination (domain §2.6): the decision is the domain's, the moves are the flow's. */
import { chooseDestination, type Destination } from '../../domain/routing.ts'
import { systemActor } from '../../domain/permissions.ts'
import type { IncomingMessage } from '../../domain/menu/input.ts'
import type { CatalogView, ChannelEntry } from '../catalog.ts'
import type { Core } from '../core.ts'
import type { MenuRuns } from '../menus/runs.ts'
import type { NewNotice } from '../notices.ts'
import { assign, enqueue, leaveUnrouted, type ConversationFacts } from '../work/flow.ts'
import type { ChatWork, Work } from '../work/work.ts'

export function route(
  core: Core, work: Work, view: CatalogView, chat: ChatWork, conversation: ConversationFacts, channel: ChannelEntry,
  binding: { boundAgentId: string | null; boundQueueId: string | null } | null, menus: { runs: MenuRuns; message: IncomingMessage | null },
): NewNotice[] {
  const decision = chooseDestination({
    oneShot: chat.row.oneShot ? (JSON.parse(chat.row.oneShot) as Destination) : null,
    boundAgentId: binding?.boundAgentId ?? null, boundQueueId: binding?.boundQueueId ?? null,
    channelDestination: channel.destination, fallbackQueueId: view.setting('routing.fallbackQueue'), usable: (destination) => usable(view, destination) && !(destination.type === 'menu' && chat.row.botStopped === 1),
  })
  chat.row.oneShot = null
  const { to } = decision
  if (to.type === 'queue') enqueue(core, work, view, chat, conversation, { queueId: to.id, kind: 'route', requester: systemActor })
  else if (to.type === 'agent') {
    const agent = view.user(to.id)
    // Forced (F010): offline, paused or full, the agent of this customer or channel gets the chat.
    if (agent) assign(core, work, view, chat, conversation, { agent, kind: 'forced', actor: systemActor, waitedSince: null })
  } else if (to.type === 'menu') menus.runs.start(chat, conversation, { menuId: to.id, message: menus.message, actor: systemActor })
  else leaveUnrouted(chat, decision.skipped.length > 0 ? 'no_usable_destination' : 'no_destination')
  const stopped = chat.row.botStopped === 1
  return decision.skipped.filter((skipped) => !(stopped && skipped.type === 'menu')).map((skipped) => ({
    level: 'warning' as const, code: 'destination_unusable', audience: 'supervisors', data: { channelId: channel.id, channelName: channel.name, destination: skipped },
    onceKey: `route:${channel.id}:${skipped.type}:${Math.floor(work.now / 3_600_000)}`,
  }))
}

export function usable(view: CatalogView, destination: Destination): boolean {
  switch (destination.type) {
    case 'agent': {
      const user = view.user(destination.id)
      return user !== undefined && user.enabled && user.archivedAt === null && (user.role === 'agent' || user.alsoAgent)
    }
    case 'queue': return view.queue(destination.id)?.archivedAt === null
    case 'menu': {
      const menu = view.menu(destination.id)
      return menu !== undefined && menu.archivedAt === null && menu.publishedVersion !== null
    }
    case 'none': return true
  }
}
