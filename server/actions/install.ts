/**
 * A new installation: the schema, who the installation is, its first administrator and its first queue, and the settings
 * that the installer asks for. The schema comes first; the rest is one transaction, so that an installation that was
 * cut short is done again from the start.
 */
import { z } from 'zod'
import { DomainError } from '../domain/errors.ts'
import type { Actor } from '../domain/permissions.ts'
import { settingSchemas, type SettingName } from '../domain/settings.ts'
import { inspectSchema, migrate, requireCurrentSchema } from '../store/migrate.ts'
import { modelsOf } from '../store/models/index.ts'
import type { Core } from './core.ts'
import { newPassword } from './passwords.ts'
import { insertQueue, newQueue, type QueueEditView } from './queues.ts'
import { parsed, refusingClash } from './refusals.ts'
import { openSecrets, sealSecrets } from './secrets.ts'
import { writeSetting } from './settings.ts'
import { insertUser, newUser, type UserView } from './users.ts'

const {
  'general.companyName': companyName,
  'general.locale': locale,
  'general.timezone': timezone,
  'general.country': country,
  'agents.defaultMaxChats': maxChats,
} = settingSchemas

export const installation = z.strictObject({
  companyName: companyName.schema.trim().min(1),
  locale: locale.schema.default(locale.byDefault),
  timezone: timezone.schema.default(timezone.byDefault),
  country: country.schema.default(country.byDefault),
  defaultMaxChats: maxChats.schema.default(maxChats.byDefault),
  admin: newUser.omit({ role: true }),
  queue: newQueue,
})
export type Installation = z.input<typeof installation>

export interface Installed {
  readonly installId: string
  readonly admin: UserView
  /** Shown once; null when the installer brought a password. */
  readonly generatedPassword: string | null
  readonly queue: QueueEditView
}

/** The words that the key check seals. */
const known = { turno: 'key check' }

/** @throws DomainError validation, weak_password, database_not_ours, schema_newer, already_installed */
export async function install(core: Core, actor: Actor, input: Installation): Promise<Installed> {
  const {
    admin: { password, mustChangePassword, ...admin },
    queue,
    ...values
  } = parsed(installation, input)
  await checkInstallable(core)
  const secret = await newPassword(admin, password)
  await migrate(core.db, { log: core.log })
  return refusingClash(
    { meta: 'installId', PRIMARY: 'installId' },
    () =>
      core.db.transaction(async (tx) => {
        const installId = core.ids.next()
        const { meta } = modelsOf(core.db)
        // First: of two installers, the second stops at this key.
        await meta.bulkCreate(
          [
            { name: 'installId', value: installId },
            { name: 'installedAt', value: String(core.clock.now()) },
            { name: 'keyCheck', value: sealSecrets(core.sealer, known) as string },
          ],
          { transaction: tx.models },
        )
        const user = await insertUser(core, tx, actor, {
          ...admin,
          role: 'admin',
          passwordHash: secret.hash,
          mustChangePassword: mustChangePassword ?? secret.generated !== null,
        })
        const first = await insertQueue(core, tx, actor, queue)
        const settings: [SettingName, unknown][] = [
          ['general.companyName', values.companyName],
          ['general.locale', values.locale],
          ['general.timezone', values.timezone],
          ['general.country', values.country],
          ['agents.defaultMaxChats', values.defaultMaxChats],
          ['routing.fallbackQueue', first.id],
        ]
        for (const [name, value] of settings) await writeSetting(core, tx, actor, name, value)
        return { installId, admin: user, generatedPassword: secret.generated, queue: first }
      }),
    'already_installed',
  )
}

/** For an installer that is about to ask questions. @throws DomainError database_not_ours, schema_newer, already_installed */
export async function checkInstallable(core: Core): Promise<void> {
  const { state, unknown } = await inspectSchema(core.db)
  if (state === 'foreign') throw new DomainError('database_not_ours')
  if (state === 'newer') throw new DomainError('schema_newer', { unknown })
  if (state !== 'empty' && (await readMeta(core, 'installId'))) throw new DomainError('already_installed')
}

/** For a program that is about to work. @throws DomainError not_installed, schema_older, schema_newer, database_not_ours, secret_key_wrong */
export async function requireInstallation(core: Core): Promise<{ installId: string }> {
  await requireCurrentSchema(core.db)
  const installId = await readMeta(core, 'installId')
  if (!installId) throw new DomainError('not_installed')
  openSecrets(core.sealer, await readMeta(core, 'keyCheck'))
  return { installId }
}

async function readMeta(core: Core, name: string): Promise<string | null> {
  return (await modelsOf(core.db).meta.findByPk(name))?.value ?? null
}
