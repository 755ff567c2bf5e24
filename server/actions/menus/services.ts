/** What menus reach the outside with (domain §5.8): named secrets, mail servers, AI providers. Administrators' only; values are sealed and never read back by anybody. */
import { z } from 'zod'
import { DomainError } from '../../domain/errors.ts'
import type { Actor } from '../../domain/permissions.ts'
import { upsertMany } from '../../store/sql.ts'
import type { Tx } from '../../store/db.ts'
import { recordAudit } from '../audit.ts'
import { catalogChanged } from '../changes.ts'
import type { Core } from '../core.ts'
import { demand, parsed } from '../refusals.ts'
import { openSecrets, sealSecrets } from '../secrets.ts'
import { transact } from '../transact.ts'
import { referencesIn } from '../../domain/menu/references.ts'
import { parseDocument } from '../../domain/menu/flow.ts'

const id = z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,59}$/i, 'letters, digits, and . _ - inside')
const secretName = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_.-]{0,63}$/, 'letters, digits, and . _ - inside')
const mailServer = z.strictObject({
  id, host: z.string().trim().min(1).max(190), port: z.number().int().min(1).max(65_535).default(587), tls: z.enum(['tls', 'starttls', 'none']).default('starttls'),
  username: z.string().max(190).nullable().default(null), sender: z.string().trim().min(3).max(250),
  /** Absent: the one there is stays. */
  password: z.string().max(1000).nullable().optional(),
})
const provider = z.strictObject({
  id, baseUrl: z.url({ protocol: /^https?$/ }).max(250), model: z.string().trim().min(1).max(120), secret: z.string().max(4000).nullable().optional(),
})
export type NewMailServer = z.input<typeof mailServer>
export type NewProvider = z.input<typeof provider>

export interface SecretView { readonly name: string; readonly updatedAt: number }
export interface MailServerView { readonly id: string; readonly host: string; readonly port: number; readonly tls: 'tls' | 'starttls' | 'none'; readonly username: string | null; readonly sender: string; readonly hasPassword: boolean }
export interface ProviderView { readonly id: string; readonly baseUrl: string; readonly model: string; readonly hasSecret: boolean }

/** Names alone. @throws DomainError `forbidden` */
export async function listSecrets(core: Core, actor: Actor): Promise<SecretView[]> {
  demand(actor, 'settings.manage')
  return core.db.all<SecretView>('SELECT name, updatedAt FROM secrets ORDER BY name')
}

/** @throws DomainError forbidden, validation */
export async function setSecret(core: Core, actor: Actor, input: { name: string; value: string }): Promise<void> {
  demand(actor, 'settings.manage')
  const name = parsed(z.strictObject({ name: secretName, value: z.string().min(1).max(20_000) }), input).name
  await transact(core, async (tx) => {
    await upsertMany(tx, 'secrets', ['name'], ['name', 'value', 'updatedAt'], [[name, sealSecrets(core.sealer, { value: input.value }), core.clock.now()]])
    await recordAudit(core, tx, actor, { action: 'secret.set', subjectKind: 'secret', subjectId: name })
    await catalogChanged(core, tx)
  })
}

/** @throws DomainError forbidden, not_found, in_use (details.menus) */
export const removeSecret = (core: Core, actor: Actor, name: string): Promise<void> => remove(core, actor, 'secret', 'secrets', 'name', name, 'secrets')

export async function listMailServers(core: Core, actor: Actor): Promise<MailServerView[]> {
  demand(actor, 'settings.manage')
  const rows = await core.db.all<Omit<MailServerView, 'hasPassword'> & { password: string | null }>('SELECT id, host, port, tls, username, sender, password FROM mail_servers ORDER BY id')
  return rows.map(({ password, ...row }) => ({ ...row, hasPassword: password !== null }))
}

/** Makes or changes by id. @throws DomainError forbidden, validation */
export async function saveMailServer(core: Core, actor: Actor, input: NewMailServer): Promise<void> {
  demand(actor, 'settings.manage')
  const { password, ...values } = parsed(mailServer, input)
  await transact(core, async (tx) => {
    const before = await tx.get<{ password: string | null }>('SELECT password FROM mail_servers WHERE id = ?', [values.id])
    const sealed = password === undefined ? (before?.password ?? null) : password === null ? null : sealSecrets(core.sealer, { value: password })
    await upsertMany(tx, 'mail_servers', ['id'], ['id', 'host', 'port', 'tls', 'username', 'password', 'sender', 'updatedAt'], [[values.id, values.host, values.port, values.tls, values.username, sealed, values.sender, core.clock.now()]])
    await recordAudit(core, tx, actor, { action: 'mail_server.save', subjectKind: 'mail_server', subjectId: values.id, after: values })
    await catalogChanged(core, tx)
  })
}

export const removeMailServer = (core: Core, actor: Actor, serverId: string): Promise<void> => remove(core, actor, 'mail_server', 'mail_servers', 'id', serverId, 'mailServers')

export async function listProviders(core: Core, actor: Actor): Promise<ProviderView[]> {
  demand(actor, 'settings.manage')
  const rows = await core.db.all<Omit<ProviderView, 'hasSecret'> & { secret: string | null }>('SELECT id, baseUrl, model, secret FROM ai_providers ORDER BY id')
  return rows.map(({ secret, ...row }) => ({ ...row, hasSecret: secret !== null }))
}

/** Makes or changes by id. @throws DomainError forbidden, validation */
export async function saveProvider(core: Core, actor: Actor, input: NewProvider): Promise<void> {
  demand(actor, 'settings.manage')
  const { secret, ...values } = parsed(provider, input)
  await transact(core, async (tx) => {
    const before = await tx.get<{ secret: string | null }>('SELECT secret FROM ai_providers WHERE id = ?', [values.id])
    const sealed = secret === undefined ? (before?.secret ?? null) : secret === null ? null : sealSecrets(core.sealer, { value: secret })
    await upsertMany(tx, 'ai_providers', ['id'], ['id', 'baseUrl', 'model', 'secret', 'updatedAt'], [[values.id, values.baseUrl, values.model, sealed, core.clock.now()]])
    await recordAudit(core, tx, actor, { action: 'ai_provider.save', subjectKind: 'ai_provider', subjectId: values.id, after: values })
    await catalogChanged(core, tx)
  })
}

export const removeProvider = (core: Core, actor: Actor, providerId: string): Promise<void> => remove(core, actor, 'ai_provider', 'ai_providers', 'id', providerId, 'providers')

async function remove(core: Core, actor: Actor, kind: string, table: string, key: string, value: string, used: 'secrets' | 'mailServers' | 'providers'): Promise<void> {
  demand(actor, 'settings.manage')
  await transact(core, async (tx) => {
    const menus = await usedBy(tx, used, value)
    if (menus.length > 0) throw new DomainError('in_use', { menus })
    const { changes } = await tx.run(`DELETE FROM ${table} WHERE ${key} = ?`, [value])
    if (changes === 0) throw new DomainError('not_found', { [kind]: value })
    await recordAudit(core, tx, actor, { action: `${kind}.remove`, subjectKind: kind, subjectId: value })
    await catalogChanged(core, tx)
  })
}

/** Published menus that name it. */
async function usedBy(tx: Tx, kind: 'secrets' | 'mailServers' | 'providers', name: string): Promise<string[]> {
  const rows = await tx.all<{ name: string; document: string }>(
    'SELECT m.name, v.document FROM menus m JOIN menu_versions v ON v.menuId = m.id AND v.version = m.publishedVersion WHERE m.archivedAt IS NULL',
  )
  return rows.flatMap((row) => {
    const flow = parseDocument(JSON.parse(row.document))
    return flow.ok && referencesIn(flow.document)[kind].includes(name) ? [row.name] : []
  })
}

// ------------------------------------------------- for the workers that use them
const valueOf = (core: Core, sealed: string | null): string | null => {
  const { value } = openSecrets(core.sealer, sealed)
  return typeof value === 'string' ? value : null
}

/** The values of these secrets; those that do not exist are left out. Never to be logged, stored or answered. */
export async function secretValues(core: Core, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>()
  for (const name of new Set(names)) {
    const row = await core.db.get<{ value: string }>('SELECT value FROM secrets WHERE name = ?', [name])
    const value = row ? valueOf(core, row.value) : null
    if (value !== null) values.set(name, value)
  }
  return values
}

export async function mailServerOf(core: Core, serverId: string): Promise<(Omit<MailServerView, 'hasPassword'> & { password: string | null }) | null> {
  const row = await core.db.get<Omit<MailServerView, 'hasPassword'> & { password: string | null }>('SELECT id, host, port, tls, username, sender, password FROM mail_servers WHERE id = ?', [serverId])
  return row ? { ...row, password: valueOf(core, row.password) } : null
}

export async function providerOf(core: Core, providerId: string | null): Promise<{ baseUrl: string; model: string; secret: string | null } | null> {
  const row = await core.db.get<{ baseUrl: string; model: string; secret: string | null }>(
    providerId === null ? 'SELECT baseUrl, model, secret FROM ai_providers ORDER BY id LIMIT 1' : 'SELECT baseUrl, model, secret FROM ai_providers WHERE id = ?', providerId === null ? [] : [providerId],
  )
  return row ? { ...row, secret: valueOf(core, row.secret) } : null
}
