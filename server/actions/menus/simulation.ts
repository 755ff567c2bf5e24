/** Playing a conversation with a draft or a version, without a chat: for the editor's test panel and `turno menus simulate`. Writes and sends nothing (§5.11). */
import type { Capabilities } from '../../../plugins/sdk/bridge.ts'
import { DomainError } from '../../domain/errors.ts'
import { compileMenu, parseDocument } from '../../domain/menu/flow.ts'
import type { Json } from '../../domain/menu/environment.ts'
import { asText, newSession, play, type Mock, type Session, type SimStep, type SimulatedWorld } from '../../domain/menu/simulate.ts'
import type { Actor } from '../../domain/permissions.ts'
import type { Core } from '../core.ts'
import { demand } from '../refusals.ts'
import { loadHolidays, menuCatalog } from './facts.ts'
import { menuLibrary } from './library.ts'

const both = { direction: 'both' } as const
const media = { ...both, caption: true }
/** Channels to try a menu on where none is linked yet. */
const shapes: Readonly<Record<'buttons' | 'text', Pick<Capabilities, 'buttons' | 'lists'>>> = {
  buttons: {
    buttons: { max: 3, titleLength: 20, bodyLength: 1024, headers: ['text', 'image', 'video', 'document'], everywhere: true },
    lists: { maxRows: 10, titleLength: 24, descriptionLength: 72, bodyLength: 1024 },
  },
  text: { buttons: null, lists: null },
}
const shaped = (shape: 'buttons' | 'text'): Capabilities => ({
  link: 'webhook',
  parts: { text: both, image: media, video: media, audio: both, voice: both, document: media, sticker: both, location: both, contacts: both, ...(shape === 'buttons' ? { buttons: both, list: both } : {}) },
  text: { max: 4096, unit: 'characters', formatting: 'whatsapp' }, replies: 'both', reactions: 'both', edits: 'none', deletes: 'none', receipts: ['delivered', 'read'], ...shapes[shape],
  templates: null, serviceWindow: null, canStartChats: 'always', groups: false, statusReplies: false, calls: 'none', typing: 'none', referrals: false, phoneBook: false, checkNumber: false,
  optIn: false, idempotentSend: false, rate: { perSecond: 10, perChat: { everyMs: 0, burst: 1 } },
})

/** A channel's id, or a channel that has buttons, or one that has none. */
export type SimulatedChannel = { readonly channelId: string } | { readonly shape: 'buttons' | 'text' }

export async function simulatedWorld(core: Core, actor: Actor, document: Json, on: SimulatedChannel, mocks: readonly Mock[] = []): Promise<SimulatedWorld> {
  demand(actor, 'menus.edit')
  const parsed = parseDocument(document)
  if (!parsed.ok) throw new DomainError('menu_invalid', { errors: parsed.issues.slice(0, 20).map((issue) => ({ code: 'schema', path: issue.path.join('.'), message: issue.message })) })
  const view = await core.catalog.read()
  const library = menuLibrary(core)
  await library.load(core.db, view, view.menus().flatMap((menu) => (menu.publishedVersion === null ? [] : [{ menuId: menu.id, version: menu.publishedVersion }])))
  const menu = compileMenu(parsed.document, { menuId: 'simulation', version: 0 })
  const channel = 'channelId' in on ? core.bridges.capabilities(on.channelId) : shaped(on.shape)
  if (!channel) throw new DomainError('channel_disconnected')
  return {
    menu, mocks, channel, catalog: menuCatalog(view, library, await loadHolidays()),
    library: { version: (menuId, version) => (menuId === 'simulation' ? menu : library.version(menuId, version)) },
  }
}

export interface SimulatedTurn {
  readonly session: Session
  readonly messages: readonly { readonly text: string; readonly purpose: string; readonly nodeId: string; readonly choices: readonly { readonly id: string; readonly title: string; readonly description?: string | undefined }[]; readonly file: string | null }[]
  readonly trace: readonly { readonly nodeId: string; readonly text: string; readonly level: string }[]
}

/** One step; without a session a new one begins. The session is the caller's to keep. */
export async function playMenu(core: Core, actor: Actor, input: { document: Json; session: Session | null; step: SimStep; on: SimulatedChannel; mocks?: readonly Mock[] }): Promise<SimulatedTurn> {
  const world = await simulatedWorld(core, actor, input.document, input.on, input.mocks)
  const view = await core.catalog.read()
  const session = input.session ?? newSession({
    now: core.clock.now(), seed: core.ids.next(), locale: view.setting('general.locale'), timezone: view.setting('general.timezone'), country: view.setting('general.country'),
  })
  const played = play(session, input.step, world)
  return {
    session: played.session,
    messages: played.messages.map(({ content, purpose, nodeId }) => ({
      purpose, nodeId, text: content.kind === 'buttons' || content.kind === 'list' ? [content.body, content.footer].filter(Boolean).join('\n') : asText(content),
      choices: content.kind === 'buttons' ? content.choices : content.kind === 'list' ? content.sections.flatMap((section) => section.choices) : [],
      file: 'file' in content ? content.file.fileName : null,
    })),
    trace: played.effects.flatMap((effect): SimulatedTurn['trace'][number][] =>
      effect.kind === 'trace' ? [{ nodeId: effect.nodeId, text: effect.text, level: effect.level }] : effect.kind === 'event' ? [{ nodeId: String(effect.data.nodeId ?? ''), text: effect.type, level: 'info' }] : []),
  }
}
