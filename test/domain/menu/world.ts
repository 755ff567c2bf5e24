/** What the tests of menus stand on: channels, a catalog, and a conversation that is played by the simulator. */
import { readFileSync } from 'node:fs'
import type { Capabilities } from '../../../plugins/sdk/capabilities.ts'
import { catalogOf, libraryOf, type CatalogLists } from '../../../server/domain/menu/catalog.ts'
import type { Effect } from '../../../server/domain/menu/effects.ts'
import type { Environment } from '../../../server/domain/menu/environment.ts'
import { compileMenu, parseDocument, type Menu } from '../../../server/domain/menu/flow.ts'
import { holidays } from '../../../server/domain/menu/holidays.ts'
import type { Input } from '../../../server/domain/menu/input.ts'
import { newRun, type Run } from '../../../server/domain/menu/run.ts'
import {
  asText, newSession, play, type Played, type Session, type SessionOptions, type SimStep, type SimulatedWorld,
} from '../../../server/domain/menu/simulate.ts'
import { step } from '../../../server/domain/menu/step.ts'
import type { Json } from '../../../server/domain/menu/variables.ts'
import { fromText } from '../../../server/domain/menu/yaml.ts'

const both = { direction: 'both' } as const
const base: Capabilities = {
  link: 'webhook',
  parts: { text: both, image: { ...both, caption: true, maxBytes: 5_000_000, mimeTypes: ['image/jpeg', 'image/png'] }, video: { ...both, caption: true }, audio: both, voice: both, document: { ...both, caption: true }, sticker: both, location: both, contacts: both },
  text: { max: 4096, unit: 'characters', formatting: 'whatsapp' },
  replies: 'both', reactions: 'both', edits: 'none', deletes: 'none', receipts: ['delivered', 'read'], buttons: null, lists: null, templates: null,
  serviceWindow: null, canStartChats: 'always', groups: false, statusReplies: false, calls: 'none', typing: 'none', referrals: false, phoneBook: false,
  checkNumber: false, optIn: false, idempotentSend: false, rate: { perSecond: 10, perChat: { everyMs: 0, burst: 1 } },
}
/** No buttons, as a linked phone has none. */
export const plain = base
/** Three buttons of 20, lists of ten rows. */
export const cloud: Capabilities = {
  ...base, parts: { ...base.parts, buttons: both, list: both },
  buttons: { max: 3, titleLength: 20, bodyLength: 1024, headers: ['text', 'image', 'video', 'document'], everywhere: true },
  lists: { maxRows: 10, titleLength: 24, descriptionLength: 72, bodyLength: 1024 },
}
/** Thirteen quick replies, no lists. */
export const messenger: Capabilities = {
  ...base, parts: { ...base.parts, buttons: both }, text: { max: 2000, unit: 'characters', formatting: 'none' },
  buttons: { max: 13, titleLength: 20, bodyLength: 2000, headers: [], everywhere: false },
}
/** Nothing but short text. */
export const bare: Capabilities = { ...base, parts: { text: both }, text: { max: 160, unit: 'characters', formatting: 'none' } }

const textField = (code: string) => ({ code, type: 'text' as const, required: false })
export const lists: CatalogLists = {
  queues: ['Recepción', 'Ventas', 'Soporte', 'Técnicos', 'Retención'].map((name) => ({ id: `q_${name.toLowerCase()}`, name, open: true })),
  agents: [
    { id: 'a_laura', login: 'laura.perez', name: 'Laura Pérez', enabled: true }, { id: 'a_ivan', login: 'ivan', name: 'Iván', enabled: true },
    { id: 'a_gone', login: 'gone', name: 'Gone', enabled: false },
  ],
  campaigns: [
    { id: 'c_servicio', code: 'servicio', name: 'Servicio', subcampaigns: [{ id: 's_quejas', code: 'quejas', name: 'Quejas' }] },
    { id: 'c_soporte', code: 'soporte', name: 'Soporte' },
  ],
  dispositions: [{ id: 'd_bot', code: 'resuelto_bot', name: 'Resuelto por el menú' }],
  forms: [
    { id: 'f_quejas', code: 'quejas', title: 'Quejas', fields: ['documento', 'motivo', 'telefono'].map(textField) },
    {
      id: 'f_contacto', code: 'contacto', title: 'Contacto',
      fields: [{ code: 'nombre', title: 'Nombre', type: 'text', required: true }, ...['telefono', 'cuando', 'comentario'].map(textField)],
    },
    { id: 'f_bajas', code: 'bajas', title: 'Bajas', fields: ['motivo', 'telefono'].map(textField) },
    { id: 'f_edades', code: 'edades', title: 'Edades', fields: [{ code: 'edad', type: 'integer', required: true }] },
  ],
  mailServers: ['principal'], providers: ['principal'], secrets: ['citas_token', 'tienda_api', 'andino_token'],
  calendars: [{ id: 'sede', name: 'Sede', open: false }],
  files: [{ fileId: 'logo', mimeType: 'image/png', size: 2000, fileName: 'logo.png' }, { fileId: 'huge', mimeType: 'image/png', size: 90_000_000, fileName: 'huge.png' }],
  holidays,
}
export const catalog = catalogOf(lists)

export type Doc = Readonly<Record<string, unknown>>
/** A document around nodes; the first is the start. */
export function doc(nodes: readonly Doc[], settings: Doc = {}, rest: Doc = {}): Doc {
  return { format: 'turno.menu/1', name: 'Prueba', start: nodes[0]?.['id'] ?? 'start', settings, nodes, ...rest }
}

export function menuOf(raw: unknown, identity: { readonly menuId?: string; readonly version?: number } = {}): Menu {
  const parsed = parseDocument(raw)
  if (!parsed.ok) throw new Error(`not a document: ${JSON.stringify(parsed.issues)}`)
  return compileMenu(parsed.document, { menuId: identity.menuId ?? 'M', version: identity.version ?? 1 })
}

export function example(name: 'clinica' | 'tienda' | 'internet'): Json {
  const read = fromText(readFileSync(new URL(`../../../server/domain/menu/examples/${name}.yaml`, import.meta.url), 'utf8'))
  if (!read.ok) throw new Error(read.message)
  return read.document
}

/** Sunday 22 November 2026, 10:00 in Bogotá. */
export const sunday = Date.UTC(2026, 10, 22, 15)
/** Tuesday 24 November 2026, 10:00 in Bogotá. */
export const tuesday = Date.UTC(2026, 10, 24, 15)

export interface ChatOptions extends Partial<SessionOptions>, Partial<Omit<SimulatedWorld, 'menu' | 'library' | 'catalog'>> {
  readonly lists?: CatalogLists
  readonly others?: readonly Menu[]
}

/** One chat with a menu. Every verb returns what the customer was shown since, as text. */
export class Chat {
  session: Session
  last: Played | null = null
  readonly effects: Effect[] = []
  readonly #world: SimulatedWorld

  constructor(raw: unknown, options: ChatOptions = {}) {
    const menu = menuOf(raw)
    const others = options.others ?? []
    this.#world = {
      menu, library: libraryOf([menu, ...others]), channel: options.channel ?? plain,
      catalog: catalogOf({ ...lists, menus: [menu, ...others].map((one) => ({ menuId: one.menuId, version: one.version, name: one.document.name })), ...options.lists }),
      ...(options.mocks ? { mocks: options.mocks } : {}), ...(options.botPhrases ? { botPhrases: options.botPhrases } : {}),
    }
    this.session = newSession({ now: tuesday, ...options })
  }
  do(does: SimStep): string[] {
    const played = play(this.session, does, this.#world)
    this.session = played.session
    this.last = played
    this.effects.push(...played.effects)
    return played.messages.map((message) => asText(message.content))
  }
  say(text: string): string[] {
    return this.do({ text })
  }
  press(id: string): string[] {
    return this.do({ press: id })
  }
  wait(seconds: number): string[] {
    return this.do({ advance: seconds })
  }
  get run(): Run {
    if (!this.session.run) throw new Error('no run')
    return this.session.run
  }
  get state(): string {
    return this.session.state
  }
  variable(name: string): Json | undefined {
    return this.run.variables[name]
  }
  /** Names of the domain events so far. */
  events(type?: string): Effect[] {
    return this.effects.filter((effect) => effect.kind === 'event' && (type === undefined || effect.type === type))
  }
  of<K extends Effect['kind']>(kind: K): Extract<Effect, { kind: K }>[] {
    return this.effects.filter((effect): effect is Extract<Effect, { kind: K }> => effect.kind === kind)
  }
}

/** A run driven by bare inputs, where a test needs other instants than the simulator's. */
export class Bench {
  run: Run
  now: number
  effects: readonly Effect[] = []
  readonly menu: Menu
  readonly #over: Partial<Environment>
  #seed = 0
  constructor(raw: unknown, over: Partial<Environment> = {}, now = 0) {
    this.menu = menuOf(raw)
    this.run = newRun('R', this.menu, now)
    this.now = now
    this.#over = over
  }
  environment(): Environment {
    const { snapshot, variables } = newSession({ now: this.now })
    return {
      now: this.now, seed: `seed${++this.#seed}`, channel: plain, locale: 'es', timezone: 'America/Bogota', country: 'CO',
      library: libraryOf([this.menu]), catalog, snapshot, variables, consent: {}, ...this.#over,
    }
  }
  give(input: Input, now = this.now): readonly Effect[] {
    this.now = now
    const stepped = step(this.run, input, this.environment())
    this.run = stepped.run
    this.effects = stepped.effects
    return stepped.effects
  }
  text(text: string, receivedAt: number, now = receivedAt): readonly Effect[] {
    return this.give({ kind: 'message', message: { id: `m${receivedAt}`, receivedAt, parts: [{ kind: 'text', text }] } }, now)
  }
  /** The prompt under way is handed to the bridge. */
  handed(at: number): readonly Effect[] {
    return this.give({ kind: 'promptHanded', serial: this.run.prompt?.serial ?? -1, at }, at)
  }
  alarm(now: number, oldestPending: number | null = null): readonly Effect[] {
    return this.give({ kind: 'timer', version: this.run.alarm.version, oldestPending }, now)
  }
}
export const sent = (effects: readonly Effect[]): string[] => effects.flatMap((effect) => (effect.kind === 'send' ? [asText(effect.content)] : []))
export const kinds = (effects: readonly Effect[]): string[] => effects.filter((effect) => effect.kind !== 'trace' && effect.kind !== 'event').map((effect) => effect.kind)
