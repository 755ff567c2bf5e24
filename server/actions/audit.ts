/** The audit log (domain §12): who did what, from where, before and after. Written in the transaction of the deed. */
import type { Actor } from '../domain/permissions.ts'
import type { Tx } from '../store/db.ts'
import type { Core } from './core.ts'

export interface Deed {
  /** noun.verb, as in `queue.update`. */
  readonly action: string
  readonly subjectKind?: string
  readonly subjectId?: string
  /** Only what an administrator may read: never a secret, a password or a message's content. */
  readonly before?: Record<string, unknown> | null
  readonly after?: Record<string, unknown> | null
}

export async function recordAudit(core: Core, tx: Tx, actor: Actor, deed: Deed): Promise<void> {
  await tx.run(
    'INSERT INTO audit (id, at, actorKind, actorId, actorName, action, subjectKind, subjectId, address, `before`, `after`) VALUES (?,?,?,?,?,?,?,?,?,?,?)',
    [
      core.ids.next(), core.clock.now(), actor.kind, actor.id, actor.name, deed.action, deed.subjectKind ?? null, deed.subjectId ?? null, actor.address ?? null,
      deed.before ? JSON.stringify(deed.before) : null, deed.after ? JSON.stringify(deed.after) : null,
    ],
  )
}
