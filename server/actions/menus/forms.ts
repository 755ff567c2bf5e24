/** Forms and the register of what customers answered (domain §5.3). */
import { z } from 'zod'
import { DomainError } from '../../domain/errors.ts'
import { idOrNone } from '../../domain/ids.ts'
import type { FormField, Json } from '../../domain/menu/environment.ts'
import type { MissingField } from '../../domain/menu/references.ts'
import type { Actor } from '../../domain/permissions.ts'
import { slugOf } from '../../domain/slug.ts'
import type { Tx, Value } from '../../store/db.ts'
import { forUpdate } from '../../store/sql.ts'
import { recordAudit } from '../audit.ts'
import { catalogChanged } from '../changes.ts'
import type { Core } from '../core.ts'
import { demand, parsed, refusingClash } from '../refusals.ts'
import { transact } from '../transact.ts'

const code = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,59}$/, 'small letters, digits, - and _')
const field = z.strictObject({
  code: z.string().regex(/^[a-zA-Z0-9_áéíóúñ-]{1,60}$/), title: z.string().max(120).optional(),
  type: z.enum(['text', 'integer', 'decimal', 'boolean', 'date', 'datetime', 'json', 'media', 'location']).default('text'), required: z.boolean().default(false),
})
const form = z.strictObject({
  code, title: z.string().trim().min(1).max(120),
  fields: z.array(field).max(100).refine((list) => new Set(list.map((one) => one.code)).size === list.length, 'each code once'),
})
export interface FormView { readonly id: string; readonly code: string; readonly title: string; readonly fields: readonly FormField[]; readonly records: number }

/** By code. @throws DomainError `forbidden` */
export async function listForms(core: Core, actor: Actor): Promise<FormView[]> {
  demand(actor, 'catalogues.manage')
  const rows = await core.db.all<{ id: string; code: string; title: string; fields: string; records: number }>(
    'SELECT f.id, f.code, f.title, f.fields, (SELECT COUNT(*) FROM records r WHERE r.formId = f.id) AS records FROM forms f WHERE f.archivedAt IS NULL ORDER BY f.code',
  )
  return rows.map((row) => ({ ...row, fields: JSON.parse(row.fields) as FormField[] }))
}

/** By id or code. @throws DomainError forbidden, not_found */
export async function findForm(core: Core, actor: Actor, reference: string): Promise<FormView> {
  const found = (await listForms(core, actor)).find((one) => one.id === reference || one.code === reference)
  if (!found) throw new DomainError('not_found', { form: reference })
  return found
}

/** Makes or replaces by code; fields that records have stay readable in them. @throws DomainError forbidden, validation, name_taken */
export async function saveForm(core: Core, actor: Actor, input: z.input<typeof form> & { formId?: string | undefined }): Promise<FormView> {
  demand(actor, 'catalogues.manage')
  const { formId, ...rest } = input
  const values = parsed(form, { ...rest, code: rest.code || slugOf(rest.title) })
  const now = core.clock.now()
  const id = await refusingClash({ forms_live_code: 'code', liveCode: 'code' }, () => transact(core, async (tx) => {
    const fields = JSON.stringify(values.fields)
    if (formId !== undefined) {
      const before = await lockForm(tx, formId)
      await tx.run('UPDATE forms SET code = ?, title = ?, fields = ?, updatedAt = ? WHERE id = ?', [values.code, values.title, fields, now, before.id])
      await recordAudit(core, tx, actor, { action: 'form.update', subjectKind: 'form', subjectId: before.id, before: { title: before.title, fields: JSON.parse(before.fields) }, after: { ...values } })
    } else {
      await tx.run('INSERT INTO forms (id, code, title, fields, createdAt, updatedAt) VALUES (?,?,?,?,?,?)', [core.ids.next(), values.code, values.title, fields, now, now])
      await recordAudit(core, tx, actor, { action: 'form.create', subjectKind: 'form', subjectId: values.code, after: { ...values } })
    }
    await catalogChanged(core, tx)
    return values.code
  }))
  return findForm(core, actor, id)
}

/** Archives; its records stay. @throws DomainError forbidden, not_found */
export async function removeForm(core: Core, actor: Actor, formId: string): Promise<void> {
  demand(actor, 'catalogues.manage')
  await transact(core, async (tx) => {
    const before = await lockForm(tx, formId)
    await tx.run('UPDATE forms SET archivedAt = ? WHERE id = ?', [core.clock.now(), before.id])
    await recordAudit(core, tx, actor, { action: 'form.remove', subjectKind: 'form', subjectId: before.id, before: { title: before.title } })
    await catalogChanged(core, tx)
  })
}

/** Publishing a menu that writes fields its forms lack. */
export async function addFields(core: Core, tx: Tx, actor: Actor, missing: readonly MissingField[]): Promise<void> {
  for (const formCode of new Set(missing.map((one) => one.form))) {
    const row = await tx.get<{ id: string; fields: string }>(`SELECT id, fields FROM forms WHERE code = ? AND archivedAt IS NULL${forUpdate(tx.dialect)}`, [formCode])
    if (!row) continue
    const fields = JSON.parse(row.fields) as FormField[]
    const added = missing.filter((one) => one.form === formCode && !fields.some((known) => known.code === one.code)).map(({ code: name, type }) => ({ code: name, type, required: false }))
    await tx.run('UPDATE forms SET fields = ?, updatedAt = ? WHERE id = ?', [JSON.stringify([...fields, ...added]), core.clock.now(), row.id])
    await recordAudit(core, tx, actor, { action: 'form.update', subjectKind: 'form', subjectId: row.id, after: { added: added.map((one) => one.code) } })
  }
}

async function lockForm(tx: Tx, formId: string): Promise<{ id: string; title: string; fields: string }> {
  const row = await tx.get<{ id: string; title: string; fields: string }>(`SELECT id, title, fields FROM forms WHERE id = ? AND archivedAt IS NULL${forUpdate(tx.dialect)}`, [idOrNone(formId)])
  if (!row) throw new DomainError('not_found', { formId })
  return row
}

export interface RecordView {
  readonly id: string; readonly form: string; readonly at: number; readonly chatId: string; readonly contactName: string
  readonly menuId: string; readonly menuVersion: number; readonly values: Readonly<Record<string, Json>>
}
export interface RecordFilter { readonly formId?: string | undefined; readonly from?: number | undefined; /** Exclusive. */ readonly to?: number | undefined }

/** Newest first, a page at a time; `before` goes on from an id. @throws DomainError `forbidden` */
export async function listRecords(core: Core, actor: Actor, filter: RecordFilter & { before?: string | undefined; limit?: number | undefined } = {}): Promise<RecordView[]> {
  demand(actor, 'catalogues.manage')
  const conditions: string[] = []
  const params: Value[] = []
  const where = (sql: string, value: Value | undefined): void => {
    if (value === undefined) return
    conditions.push(sql)
    params.push(value)
  }
  where('formId = ?', filter.formId)
  where('at >= ?', filter.from)
  where('at < ?', filter.to)
  where('id < ?', filter.before)
  const rows = await core.db.all<{ id: string; formCode: string; at: number; chatId: string; contactName: string; menuId: string; menuVersion: number; data: string }>(
    `SELECT id, formCode, at, chatId, contactName, menuId, menuVersion, data FROM records${conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : ''} ORDER BY id DESC LIMIT ?`,
    [...params, Math.min(filter.limit ?? 50, 1000)],
  )
  return rows.map(({ formCode, data, ...row }) => ({ ...row, form: formCode, values: JSON.parse(data) as Record<string, Json> }))
}

/** All of them, oldest rows last, in pages: for files, however many there are. Leaves a trace in the audit log. */
export async function* exportRecords(core: Core, actor: Actor, filter: RecordFilter): AsyncGenerator<RecordView> {
  demand(actor, 'catalogues.manage')
  await transact(core, (tx) => recordAudit(core, tx, actor, { action: 'record.export', subjectKind: 'form', ...(filter.formId ? { subjectId: filter.formId } : {}), after: { from: filter.from ?? null, to: filter.to ?? null } }))
  for (let before: string | undefined; ;) {
    const page = await listRecords(core, actor, { ...filter, limit: 500, before })
    yield* page
    if (page.length < 500) return
    before = page.at(-1)?.id
  }
}
