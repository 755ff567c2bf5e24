import type { Actor } from '../domain/permissions.ts'
import { inspectSchema, migrate } from '../store/migrate.ts'
import { DomainError } from '../domain/errors.ts'
import { recordAudit } from './audit.ts'
import type { Core } from './core.ts'
import { demand } from './refusals.ts'

/** Brings the schema of an installation up to this program. Names of what was applied. @throws DomainError not_installed, schema_newer, database_not_ours */
export async function migrateSchema(core: Core, actor: Actor): Promise<string[]> {
  demand(actor, 'settings.manage')
  if ((await inspectSchema(core.db)).state === 'empty') throw new DomainError('not_installed')
  const applied = await migrate(core.db, { log: core.log })
  if (applied.length)
    await core.db.transaction((tx) => recordAudit(core, tx, actor, { action: 'db.migrate', subjectKind: 'schema', after: { applied } }))
  return applied
}
