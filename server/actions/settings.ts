/** Settings (domain §12.2): one row where a value differs from the default, at the scope it was set for. */
import { DomainError } from '../domain/errors.ts'
import { idOrNone } from '../domain/ids.ts'
import type { Actor } from '../domain/permissions.ts'
import { narrowerScopes, settingNames, settingSchemas, type SettingName } from '../domain/settings.ts'
import type { Tx } from '../store/db.ts'
import { modelsOf } from '../store/models/index.ts'
import { upsertMany } from '../store/sql.ts'
import { recordAudit } from './audit.ts'
import { catalogChanged } from './changes.ts'
import type { Core } from './core.ts'
import { demand, parsed } from './refusals.ts'

/** `global`, `queue:<id>` or `channel:<id>`. */
export type SettingScope = string

export interface SettingEntry {
  readonly name: SettingName
  /** What holds: the value stored at this scope, else the wider one's, else the default. */
  readonly value: unknown
  readonly byDefault: unknown
  /** Stored at exactly this scope. */
  readonly set: boolean
}

/** Every setting that the scope may have, as it holds there. @throws DomainError forbidden, not_found, validation */
export async function listSettings(core: Core, actor: Actor, scope: SettingScope = 'global'): Promise<SettingEntry[]> {
  demand(actor, 'settings.manage')
  const { settings } = modelsOf(core.db)
  const names = settingNames.filter((name) => allowed(name, scope))
  await checkScope(core, scope)
  const rows = await settings.findAll({ where: { scope: [scope, 'global'] } })
  return names.map((name) => {
    const own = rows.find((row) => row.scope === scope && row.name === name)
    const wider = rows.find((row) => row.scope === 'global' && row.name === name)
    const byDefault: unknown = settingSchemas[name].byDefault
    return { name, value: own ? own.value : wider ? wider.value : byDefault, byDefault, set: own !== undefined }
  })
}

/**
 * Null goes back to what holds without it (a setting whose value may itself be null has null for a default).
 * @throws DomainError forbidden, validation, not_found (the scope), invalid_destination (a queue that is none)
 */
export async function setSetting(core: Core, actor: Actor, input: { name: string; value: unknown; scope?: SettingScope }): Promise<void> {
  demand(actor, 'settings.manage')
  const { name, scope = 'global' } = input
  if (!isSetting(name)) throw new DomainError('not_found', { setting: name })
  if (!allowed(name, scope))
    throw new DomainError('validation', { fields: [{ path: 'scope', message: 'this setting holds for the whole installation' }] })
  const value = input.value === null ? null : (parsed(settingSchemas[name].schema, input.value) as unknown)
  await checkScope(core, scope)
  await core.db.transaction(async (tx) => {
    await writeSetting(core, tx, actor, name, value, scope)
  })
}

/** Within the caller's transaction; the value has been checked against its schema. */
export async function writeSetting(
  core: Core,
  tx: Tx,
  actor: Actor,
  name: SettingName,
  value: unknown,
  scope: SettingScope = 'global',
): Promise<void> {
  const { settings, queues } = modelsOf(core.db)
  if (name === 'routing.fallbackQueue' && value !== null) {
    // Locked: a queue must not be removed while it becomes the fallback.
    const queue = await queues.findOne({ where: { id: idOrNone(String(value)), archivedAt: null }, transaction: tx.models, lock: true })
    if (!queue) throw new DomainError('invalid_destination', { queueId: value })
  }
  const before = await settings.findOne({ where: { scope, name }, transaction: tx.models, lock: true })
  if (value === null) await settings.destroy({ where: { scope, name }, transaction: tx.models })
  else {
    await upsertMany(
      tx,
      'settings',
      ['scope', 'name'],
      ['scope', 'name', 'value', 'updatedAt', 'updatedBy'],
      [[scope, name, JSON.stringify(value), core.clock.now(), actor.id]],
    )
  }
  await recordAudit(core, tx, actor, {
    action: 'setting.update',
    subjectKind: 'setting',
    subjectId: name,
    before: { scope, value: before?.value ?? null },
    after: { scope, value },
  })
  await catalogChanged(core, tx)
}

const isSetting = (name: string): name is SettingName => Object.hasOwn(settingSchemas, name)

function allowed(name: SettingName, scope: SettingScope): boolean {
  return scope === 'global' || (narrowerScopes[name] ?? []).some((kind) => scope.startsWith(`${kind}:`))
}

async function checkScope(core: Core, scope: SettingScope): Promise<void> {
  if (scope === 'global') return
  const [kind, id] = scope.split(':')
  const { queues, channels } = modelsOf(core.db)
  const where = { id: idOrNone(id ?? ''), archivedAt: null }
  const found = kind === 'queue' ? await queues.findOne({ where }) : kind === 'channel' ? await channels.findOne({ where }) : null
  if (!found) throw new DomainError('not_found', { scope })
}
