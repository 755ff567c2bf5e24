/** Every setting, its shape and the default of a fresh install (domain §12.2). Order of precedence: queue > channel > global. */
import { IANAZone } from 'luxon'
import { z } from 'zod'
import { strategies } from './distribution.ts'

/** A text customers read, by language; `es` and `en` always exist in the product's own defaults. */
export const localized = z.record(z.string().regex(/^[a-z]{2}(-[A-Z]{2})?$/), z.string().max(4096))
export type Localized = z.infer<typeof localized>

const seconds = z.number().int().min(0).max(31_536_000)
const count = z.number().int().min(0)

export const settingSchemas = {
  'general.companyName': { schema: z.string().max(120), byDefault: 'Turno' },
  'general.locale': { schema: z.enum(['es', 'en']), byDefault: 'es' },
  'general.timezone': { schema: z.string().max(60).refine((zone) => IANAZone.isValidZone(zone), 'an IANA time zone, as America/Bogota'), byDefault: 'America/Bogota' },
  'general.country': { schema: z.string().regex(/^[A-Z]{2}$/), byDefault: 'CO' },
  'agents.max': { schema: count, byDefault: 0 },
  'agents.defaultMaxChats': { schema: count, byDefault: 8 },
  'agents.historyDays': { schema: count, byDefault: 30 },
  'session.maxConcurrent': { schema: count, byDefault: 0 },
  'session.onSecondLogin': { schema: z.enum(['close-all', 'replace']), byDefault: 'close-all' },
  'session.idle': { schema: seconds, byDefault: 12 * 3600 },
  'presence.grace': { schema: seconds, byDefault: 60 },
  'routing.fallbackQueue': { schema: z.string().nullable(), byDefault: null },
  'distribution.mode': { schema: z.enum(['join', 'invite']), byDefault: 'join' },
  'distribution.strategy': { schema: z.enum(strategies), byDefault: 'turns' },
  'distribution.widenAfter': { schema: seconds, byDefault: 30 },
  'distribution.inviteTimeout': { schema: z.number().int().min(3).max(3600), byDefault: 15 },
  'distribution.totalTimeout': { schema: seconds, byDefault: 120 },
  'distribution.lapPause': { schema: z.number().int().min(1).max(3600), byDefault: 5 },
  'distribution.restAfterExpiry': { schema: z.number().int().min(1).max(3600), byDefault: 30 },
  'distribution.autoPauseAfterMissed': { schema: count, byDefault: 0 },
  'distribution.sweep': { schema: seconds, byDefault: 10 },
  'transfer.enqueue': { schema: z.boolean(), byDefault: true },
  'transfer.authorCooldown': { schema: seconds, byDefault: 30 },
  'transfer.message': { schema: localized, byDefault: { es: 'Su chat ha sido transferido a {{ agent.name }}.', en: 'Your chat was transferred to {{ agent.name }}.' } },
  'join.message': { schema: localized, byDefault: { es: 'Hola, soy {{ agent.name }}.', en: 'Hello, I am {{ agent.name }}.' } },
  'resolve.message': { schema: localized, byDefault: {} },
  'resolve.sendMessageDefault': { schema: z.boolean(), byDefault: false },
  'message.signature': { schema: z.enum(['none', 'name']), byDefault: 'none' },
  'message.showDeleted': { schema: z.enum(['supervisors', 'everyone', 'nobody']), byDefault: 'supervisors' },
  'outbox.ttl': { schema: seconds, byDefault: 600 },
  'bot.stopPhrase': { schema: z.string().max(200), byDefault: '' },
  'bot.resumePhrase': { schema: z.string().max(200), byDefault: '' },
  'bot.phraseRoles': { schema: z.array(z.enum(['customer', 'phone', 'agent', 'supervisor'])), byDefault: ['phone', 'agent', 'supervisor'] as ('customer' | 'phone' | 'agent' | 'supervisor')[] },
  /** The channel's own; a menu has its list besides (§4.10). */
  'bot.specialPhrases': {
    schema: z.array(z.strictObject({
      pattern: z.string().min(1).max(500), match: z.enum(['equals', 'starts', 'contains', 'regex']), queue: z.string().max(120).optional(), agent: z.string().max(120).optional(),
      message: z.string().max(4096).optional(), campaign: z.string().max(60).optional(),
    }).refine((one) => (one.queue === undefined) !== (one.agent === undefined), 'a queue or an agent')).max(100),
    byDefault: [] as { pattern: string; match: 'equals' | 'starts' | 'contains' | 'regex'; queue?: string | undefined; agent?: string | undefined; message?: string | undefined; campaign?: string | undefined }[],
  },
  'guard.count': { schema: z.number().int().min(2).max(100), byDefault: 10 },
  'guard.window': { schema: seconds, byDefault: 10 },
  'guard.mute': { schema: seconds, byDefault: 30 },
  /** Hosts, addresses and networks of the company's own that menus may reach (§5.8). */
  'http.allow': { schema: z.array(z.string().trim().min(1).max(200)).max(200), byDefault: [] as string[] },
  'recovery.grace': { schema: z.number().int().min(0).max(600), byDefault: 10 },
  'order.mediaWait': { schema: seconds, byDefault: 3 },
  'widget.rate.visitorMessages': { schema: count, byDefault: 20 },
  'widget.rate.newPerAddress': { schema: count, byDefault: 60 },
  'widget.rate.newPerChannel': { schema: count, byDefault: 600 },
  'retention.rawInbox': { schema: seconds, byDefault: 14 * 86_400 },
  'retention.channelLog': { schema: seconds, byDefault: 14 * 86_400 },
} as const satisfies Record<string, { schema: z.ZodType; byDefault: unknown }>

export type SettingName = keyof typeof settingSchemas
export type SettingValue<N extends SettingName> = z.infer<(typeof settingSchemas)[N]['schema']>
export const settingNames = Object.keys(settingSchemas) as SettingName[]

/** Settings that a queue or a channel may have of its own; every other holds for the whole installation. */
export const narrowerScopes: Partial<Record<SettingName, readonly ('queue' | 'channel')[]>> = {
  'transfer.enqueue': ['queue'],
  'transfer.authorCooldown': ['queue'],
  // A queue's own texts are columns of the queue.
  'transfer.message': ['channel'],
  'join.message': ['channel'],
  'resolve.message': ['channel'],
  'resolve.sendMessageDefault': ['queue', 'channel'],
  'message.signature': ['channel'],
  'outbox.ttl': ['channel'],
  'bot.stopPhrase': ['channel'],
  'bot.resumePhrase': ['channel'],
  'bot.phraseRoles': ['channel'],
  'bot.specialPhrases': ['channel'],
  'order.mediaWait': ['channel'],
  'widget.rate.visitorMessages': ['channel'],
  'widget.rate.newPerAddress': ['channel'],
  'widget.rate.newPerChannel': ['channel'],
}

/** The text for a reader: the language asked for, else the install's, else any. Empty string: send nothing. */
export function textFor(texts: Localized | undefined, language: string | null, locale: string): string {
  if (!texts) return ''
  return texts[language ?? ''] ?? texts[(language ?? '').slice(0, 2)] ?? texts[locale] ?? Object.values(texts)[0] ?? ''
}
