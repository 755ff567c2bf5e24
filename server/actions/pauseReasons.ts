/** What agents pick from when they pause (domain §7.3). Kept pauses carry their own copy of the name. */
import { z } from 'zod'
import { DomainError } from '../domain/errors.ts'
import { idOrNone, ulid } from '../domain/ids.ts'
import type { Actor } from '../domain/permissions.ts'
import { slugOf } from '../domain/slug.ts'
import type { Tx } from '../store/db.ts'
import { modelsOf, type PauseReasonModel } from '../store/models/index.ts'
import { recordAudit } from './audit.ts'
import { catalogChanged, difference } from './changes.ts'
import type { Core } from './core.ts'
import { demand, parsed, refusingClash } from './refusals.ts'

const longestCode = 40
const name = z.string().trim().min(1).max(120)
const maxMinutes = z.number().int().min(1).max(1440).nullable()

export const newPauseReason = z.strictObject({
  name: name.refine((text) => slugOf(text, longestCode) !== '', 'at least one letter or digit'),
  /** By default the name's slug. Reports group by it: it never changes. */
  code: z
    .string()
    .regex(/^[a-z0-9_]{1,40}$/, 'lower case letters, digits and _')
    .optional(),
  productive: z.boolean().default(false),
  maxMinutes: maxMinutes.default(null),
})
export type NewPauseReason = z.input<typeof newPauseReason>
export const pauseReasonChange = z.strictObject({
  reasonId: ulid,
  name: name.optional(),
  active: z.boolean().optional(),
  productive: z.boolean().optional(),
  maxMinutes: maxMinutes.optional(),
})
export type PauseReasonChange = z.input<typeof pauseReasonChange>

export interface PauseReasonEditView {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly active: boolean
  readonly productive: boolean
  readonly maxMinutes: number | null
}

export function pauseReasonViewOf(reason: PauseReasonModel): PauseReasonEditView {
  const { id, code, name, active, productive, maxMinutes } = reason
  return { id, code, name, active, productive, maxMinutes: maxMinutes ?? null }
}

/** @throws DomainError forbidden, validation, name_taken (by code) */
export async function createPauseReason(core: Core, actor: Actor, input: NewPauseReason): Promise<PauseReasonEditView> {
  demand(actor, 'catalogues.manage')
  const values = parsed(newPauseReason, input)
  const code = values.code ?? slugOf(values.name, longestCode)
  return refusingClash({ pause_reasons_live_code: 'code', liveCode: 'code' }, () =>
    core.db.transaction(async (tx) => {
      const reason = await modelsOf(core.db).pauseReasons.create(
        { ...values, code, id: core.ids.next(), createdAt: core.clock.now() },
        { transaction: tx.models },
      )
      await recordAudit(core, tx, actor, {
        action: 'pause_reason.create',
        subjectKind: 'pause_reason',
        subjectId: reason.id,
        after: { ...values, code },
      })
      await catalogChanged(core, tx)
      return pauseReasonViewOf(reason)
    }),
  )
}

/** An inactive reason leaves the agents' menu; pauses that run go on. @throws DomainError forbidden, validation, not_found */
export async function updatePauseReason(core: Core, actor: Actor, input: PauseReasonChange): Promise<PauseReasonEditView> {
  demand(actor, 'catalogues.manage')
  const { reasonId, ...change } = parsed(pauseReasonChange, input)
  return core.db.transaction(async (tx) => {
    const reason = await lockReason(core, tx, reasonId)
    const before = pauseReasonViewOf(reason)
    const changed = difference<Record<string, unknown>>({ ...before }, change)
    if (Object.keys(changed.after).length === 0) return before
    await reason.update(changed.after, { transaction: tx.models })
    await recordAudit(core, tx, actor, { action: 'pause_reason.update', subjectKind: 'pause_reason', subjectId: reasonId, ...changed })
    await catalogChanged(core, tx)
    return pauseReasonViewOf(reason)
  })
}

/** Archives; its code is free again. @throws DomainError forbidden, not_found */
export async function removePauseReason(core: Core, actor: Actor, input: { reasonId: string }): Promise<void> {
  demand(actor, 'catalogues.manage')
  await core.db.transaction(async (tx) => {
    const reason = await lockReason(core, tx, input.reasonId)
    await reason.update({ archivedAt: core.clock.now(), active: false }, { transaction: tx.models })
    await recordAudit(core, tx, actor, {
      action: 'pause_reason.remove',
      subjectKind: 'pause_reason',
      subjectId: reason.id,
      before: { ...pauseReasonViewOf(reason) },
    })
    await catalogChanged(core, tx)
  })
}

async function lockReason(core: Core, tx: Tx, reasonId: string): Promise<PauseReasonModel> {
  const reason = await modelsOf(core.db).pauseReasons.findOne({
    where: { id: idOrNone(reasonId), archivedAt: null },
    transaction: tx.models,
    lock: true,
  })
  if (!reason) throw new DomainError('not_found', { reasonId })
  return reason
}
