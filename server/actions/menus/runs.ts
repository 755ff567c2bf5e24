/**
 * The menu runs of one transaction: loaded once for all its chats, stepped in memory (domain/menu/step.ts), their effects
 * carried out on the unit of work, and written with it. A chat has an open run exactly while it is in MENU.
 */
import { DomainError } from '../../domain/errors.ts'
import type { Effect } from '../../domain/menu/effects.ts'
import type { IncomingMessage, Input } from '../../domain/menu/input.ts'
import { migrateRun } from '../../domain/menu/migrate.ts'
import { isOver, newRun, versionsOf, type Run } from '../../domain/menu/run.ts'
import { step, type Stepped } from '../../domain/menu/step.ts'
import type { Actor } from '../../domain/permissions.ts'
import type { Tx } from '../../store/db.ts'
import { placeholders } from '../../store/sql.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'
import { openConversationsOf, type ConversationFacts } from '../work/flow.ts'
import type { ChatWork, Work } from '../work/work.ts'
import { Carrier } from './carry.ts'
import { menuLibrary, type MenuLibrary, type VersionOf } from './library.ts'
import { Scenes } from './scenes.ts'

interface Open { run: Run; readonly conversation: ConversationFacts; readonly stored: boolean; dirty: boolean }

/** Menus that lead straight into each other, within one transaction. */
const mostMenus = 8

export class MenuRuns {
  readonly library: MenuLibrary
  readonly scenes: Scenes
  private readonly core: Core
  private readonly tx: Tx
  private readonly work: Work
  private readonly view: CatalogView
  private readonly carrier: Carrier
  private readonly open = new Map<string, Open>()
  private readonly loaded = new Set<string>()

  constructor(core: Core, tx: Tx, work: Work, view: CatalogView) {
    this.core = core
    this.tx = tx
    this.work = work
    this.view = view
    this.library = menuLibrary(core)
    this.scenes = new Scenes(core, tx, work, view, this.library)
    this.carrier = new Carrier(core, tx, work, view, this.scenes)
  }

  /** Call under the chats' locks, before anything else here. `menuIds`: menus that may be started. */
  async prepare(chats: readonly ChatWork[], menuIds: readonly string[] = []): Promise<void> {
    if (chats.length === 0) return
    const inMenu = chats.filter((chat) => chat.row.state === 'MENU' && !chat.isNew)
    if (inMenu.length > 0) {
      const conversations = await openConversationsOf(this.tx, inMenu)
      const rows = await this.tx.all<{ chatId: string; data: string }>(`SELECT chatId, data FROM menu_runs WHERE openChatId IN (${placeholders(inMenu.length)})`, inMenu.map((chat) => chat.id))
      for (const row of rows) {
        const conversation = conversations.get(row.chatId)
        if (conversation) this.open.set(row.chatId, { run: JSON.parse(row.data) as Run, conversation, stored: true, dirty: false })
      }
    }
    const versions: VersionOf[] = [...this.open.values()].flatMap(({ run }) => versionsOf(run))
    for (const id of menuIds) {
      const version = this.view.menu(id)?.publishedVersion
      if (version) versions.push({ menuId: id, version })
    }
    await this.library.load(this.tx, this.view, versions)
    await this.scenes.load(chats, versions)
    for (const chat of chats) this.loaded.add(chat.id)
  }

  runOf(chat: ChatWork): Run | undefined {
    return this.open.get(chat.id)?.run
  }

  /** T3, T15: the chat, whose agent has left and whose list it is in no more, talks with the published version from now on. */
  start(chat: ChatWork, conversation: ConversationFacts, how: { menuId: string; node?: string | null; message?: IncomingMessage | null; actor: Pick<Actor, 'kind' | 'id' | 'name'> }): void {
    const version = this.view.menu(how.menuId)?.publishedVersion
    if (!version || !this.loaded.has(chat.id)) throw new DomainError('invalid_destination', { menu: how.menuId })
    if (chat.row.state !== 'MENU') chat.move('MENU')
    chat.row.botStopped = 0
    this.begin(chat, conversation, { menuId: how.menuId, version }, { kind: 'start', node: how.node ?? null, message: how.message ?? null })
  }

  /** Gives an input to the chat's run; false when it has none. */
  input(chat: ChatWork, input: Input): boolean {
    const open = this.open.get(chat.id)
    if (!open) return false
    this.take(chat, open, step(open.run, input, this.scenes.of(chat, open.conversation)))
    return true
  }

  /** A tag by its name, made where there is none. Needs no run. */
  tag(chat: ChatWork, name: string): void {
    this.carrier.tag(chat, { add: [name], remove: [] })
  }

  /** “Apply to running chats” (§5.10). */
  migrate(chat: ChatWork, to: VersionOf): void {
    const open = this.open.get(chat.id)
    const [from, target] = [open && this.library.version(open.run.menuId, open.run.version), this.library.version(to.menuId, to.version)]
    if (!open || !from || !target) return
    this.take(chat, open, migrateRun(open.run, from, target, this.scenes.of(chat, open.conversation)))
  }

  /** Reads what effects asked for, and writes the runs. Before the work is flushed. */
  async finish(): Promise<void> {
    await this.carrier.settle((chat, input) => void this.input(chat, input))
    for (const [chatId, open] of this.open) {
      if (!open.dirty) continue
      this.write(chatId, open)
      this.work.runKnown(chatId)
    }
    await this.carrier.write()
  }

  private write(chatId: string, { run, conversation, stored }: Open): void {
    const { now } = this.work
    const over = isOver(run)
    const cells = {
      menuId: run.menuId, version: run.version, state: run.state, nodeId: run.nodeId, data: JSON.stringify(run),
      eventKey: run.wait?.kind === 'event' ? run.wait.key : null, updatedAt: now, endedAt: over ? now : null,
    }
    if (!stored) this.work.insert('menu_runs', { id: run.id, chatId, conversationId: conversation.id, startedAt: run.startedAt, ...cells })
    else if (over) this.work.end('menu_runs', chatId, cells)
    else this.work.update('menu_runs', run.id, cells)
  }

  private begin(chat: ChatWork, conversation: ConversationFacts, menu: VersionOf, input: Extract<Input, { kind: 'start' }>, menus = 0): void {
    const run = newRun(this.core.ids.next(), menu, this.work.now)
    const before = this.open.get(chat.id)
    // The one before is over, and is written as such: only one may be open.
    if (before) this.write(chat.id, { ...before, run: isOver(before.run) ? before.run : { ...before.run, state: 'ended' } })
    const open: Open = { run, conversation, stored: false, dirty: true }
    this.open.set(chat.id, open)
    this.work.update('conversations', conversation.id, { menuId: menu.menuId })
    this.take(chat, open, step(run, input, this.scenes.of(chat, conversation)), menus)
  }

  private take(chat: ChatWork, open: Open, { run, effects }: Stepped, menus = 0): void {
    open.dirty ||= run !== open.run
    open.run = run
    for (const effect of effects) this.carry(chat, open, effect, menus)
  }

  private carry(chat: ChatWork, open: Open, effect: Effect, menus: number): void {
    if (effect.kind !== 'goMenu') {
      this.carrier.carry(chat, open.run, open.conversation, effect)
      return
    }
    const next = { menuId: effect.menuId, version: effect.version }
    if (menus >= mostMenus || !this.library.version(next.menuId, next.version)) {
      this.carrier.carry(chat, open.run, open.conversation, { kind: 'fallback', code: menus >= mostMenus ? 'step_limit' : 'unknown_menu' })
      return
    }
    this.begin(chat, open.conversation, next, { kind: 'start', node: effect.node, message: null, carried: effect.carried }, menus + 1)
  }
}
