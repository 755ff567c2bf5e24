/** What acts before any menu hears a message: words that stop and resume the bot, special phrases, the auto-responder guard (domain §4.9–4.11). */
import type { InboundEvent } from '../../../plugins/sdk/bridge.ts'
import { guard, noGuard, type GuardState } from '../../domain/menu/guard.ts'
import type { SpecialPhrase } from '../../domain/menu/flow.ts'
import { botPhrase, specialPhrase } from '../../domain/menu/phrases.ts'
import { systemActor } from '../../domain/permissions.ts'
import type { Instant } from '../../domain/ports.ts'
import { slugOf } from '../../domain/slug.ts'
import type { CatalogView, ChannelEntry } from '../catalog.ts'
import type { MenuRuns } from '../menus/runs.ts'
import type { NewNotice } from '../notices.ts'
import type { ChatWork } from '../work/work.ts'

export interface Phrase { readonly target: { readonly type: 'queue' | 'agent'; readonly id: string }; readonly message: string; readonly campaign: string | null }

/** What was typed: a text, or the caption of a file. */
export function wordsOf(event: Extract<InboundEvent, { kind: 'message' }>): string {
  for (const part of event.parts) {
    if (part.kind === 'text') return part.text
    if ('caption' in part && part.caption) return part.caption
  }
  return ''
}

export function phraseSaid(view: CatalogView, channel: ChannelEntry, text: string, role: 'customer' | 'phone' | 'agent' | 'supervisor'): 'stop' | 'resume' | null {
  const at = { channelId: channel.id }
  const [stopPhrase, resumePhrase] = [view.setting('bot.stopPhrase', at), view.setting('bot.resumePhrase', at)]
  if (stopPhrase === '' && resumePhrase === '') return null
  return botPhrase(text, { stopPhrase, resumePhrase, phraseRoles: view.setting('bot.phraseRoles', at) }, role)
}

/** The channel's list goes before that of its menu, whose document must be loaded. */
export function specialSaid(view: CatalogView, runs: MenuRuns, channel: ChannelEntry, text: string): Phrase | null {
  const menu = channel.destination.type === 'menu' ? view.menu(channel.destination.id) : undefined
  const document = menu?.publishedVersion ? runs.library.version(menu.id, menu.publishedVersion)?.document : undefined
  const own: readonly (Pick<SpecialPhrase, 'pattern' | 'match' | 'queue' | 'agent' | 'campaign'> & { message?: string | undefined })[] = [...view.setting('bot.specialPhrases', { channelId: channel.id }), ...(document?.settings.specialPhrases ?? [])]
  if (own.length === 0) return null
  const found = specialPhrase(text, own)
  if (!found) return null
  const target = targetOf(view, found)
  return target && { target, message: found.message ?? '', campaign: found.campaign ?? null }
}

function targetOf(view: CatalogView, { queue, agent }: { queue?: string | undefined; agent?: string | undefined }): Phrase['target'] | null {
  if (queue !== undefined) {
    const found = view.queues().find((one) => one.id === queue || one.slug === slugOf(queue))
    return found ? { type: 'queue', id: found.id } : null
  }
  const found = view.agents().find((one) => one.enabled && (one.id === agent || one.username === agent))
  return found ? { type: 'agent', id: found.id } : null
}

const stateOf = (chat: ChatWork): GuardState => (chat.row.guard === null ? noGuard : (JSON.parse(chat.row.guard) as GuardState))

/** Counts a customer's message; true while automatic messages are kept back. Chats that an agent holds are not counted. */
export function guarded(view: CatalogView, runs: MenuRuns, chat: ChatWork, message: { text: string; receivedAt: Instant }, notices: NewNotice[]): boolean {
  const before = stateOf(chat)
  const { state, tripped, muted } = guard(before, { ...message, answers: runs.runOf(chat)?.prompt?.handedAt ?? null }, {
    count: view.setting('guard.count'), window: view.setting('guard.window'), mute: view.setting('guard.mute'),
  })
  chat.row.guard = JSON.stringify(state)
  if (tripped) {
    chat.event('chat.guard_tripped', systemActor, { data: { reason: tripped.reason, mutedUntil: tripped.mutedUntil, final: tripped.final } })
    if (tripped.final) {
      runs.tag(chat, 'autoresponder')
      notices.push({ level: 'warning', code: 'autoresponder', audience: 'supervisors', data: { chatId: chat.id, chatTitle: chat.row.title }, onceKey: `autoresponder:${chat.id}:${Math.floor(message.receivedAt / 3_600_000)}` })
    }
  }
  return muted
}
