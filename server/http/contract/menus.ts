/**
 * Menus and what belongs to them. Supervisors and administrators; secrets, mail servers and AI providers administrators only.
 *
 *   GET    /app/menus                                  → { items: MenuView[] }
 *   GET    /app/menus/templates                        → { items: MenuTemplate[] }
 *   POST   /app/menus             CreateMenu           → 201 MenuView      (name_taken)
 *   GET    /app/menus/:id                              → MenuView
 *   DELETE /app/menus/:id                              → 204               (in_use)
 *   GET    /app/menus/:id/draft                        → Draft
 *   PUT    /app/menus/:id/draft   SaveDraft            → Draft             (conflict, name_taken)
 *   POST   /app/menus/validate    ValidateMenu         → Validated
 *   POST   /app/menus/parse       ParseText            → { document }      (validation)
 *   POST   /app/menus/:id/publish PublishMenu          → Published         (menu_invalid, fields_missing, conflict)
 *   POST   /app/menus/:id/unpublish                    → MenuView          (not_published)
 *   GET    /app/menus/:id/versions                     → { items: VersionView[] }
 *   POST   /app/menus/:id/restore { version }          → Draft
 *   GET    /app/menus/:id/compare?from=&to=            → Difference        (numbers, or `draft`)
 *   GET    /app/menus/:id/export?format=yaml|json&version=  → text
 *   POST   /app/menus/:id/assign  { channelIds }       → MenuView
 *   POST   /app/menus/simulate    SimulateMenu         → SimulatedTurn
 *   GET    /app/forms                                  → { items: FormView[] }
 *   PUT    /app/forms             SaveForm             → FormView
 *   DELETE /app/forms/:id                              → 204
 *   GET    /app/records?form=&from=&to=&before=        → { items: RecordView[] }
 *   GET    /app/records/export?form=&from=&to=&format=csv|xlsx → file
 *   GET    /app/secrets · PUT { name, value } · DELETE /:name
 *   GET    /app/mail-servers · PUT · DELETE /:id · POST /:id/test
 *   GET    /app/ai-providers · PUT · DELETE /:id · POST /:id/test
 */
import { z } from 'zod'
import { ulid } from './common.ts'

/** What JSON can say, of any depth; its meaning is checked by the engine. */
const json = z.custom<never>((value) => value !== undefined)
const document = z.record(z.string(), json)

export const createMenu = z.strictObject({ name: z.string().trim().min(1).max(120), template: z.string().max(60).optional(), document: document.optional() })
export const saveDraft = z.strictObject({ revision: z.number().int(), document })
export const validateMenu = z.strictObject({ document, menuId: ulid.optional(), channelIds: z.array(ulid).max(200).optional() })
export const parseText = z.strictObject({ text: z.string().max(5_000_000) })
export const publishMenu = z.strictObject({ note: z.string().max(2000).default(''), addFields: z.boolean().default(false), applyToRunning: z.boolean().default(false) })
export const restoreMenu = z.strictObject({ version: z.number().int().min(1) })
const versionOrDraft = z.union([z.literal('draft'), z.coerce.number().int().min(1)])
export const compareMenus = z.strictObject({ from: versionOrDraft, to: versionOrDraft })
export const exportMenu = z.strictObject({ format: z.enum(['yaml', 'json']).default('yaml'), version: versionOrDraft.default('draft') })
export const assignMenu = z.strictObject({ channelIds: z.array(ulid).max(200) })
export const simulateMenu = z.strictObject({
  document, session: z.record(z.string(), json).nullable().default(null), step: z.record(z.string(), json),
  on: z.union([z.strictObject({ channelId: ulid }), z.strictObject({ shape: z.enum(['buttons', 'text']) })]).default({ shape: 'buttons' }), mocks: z.array(json).max(100).default([]),
})
export const recordQuery = z.strictObject({ form: ulid.optional(), from: z.coerce.number().optional(), to: z.coerce.number().optional(), before: ulid.optional(), limit: z.coerce.number().int().min(1).max(200).optional() })
export const recordExport = z.strictObject({ form: ulid.optional(), from: z.coerce.number().optional(), to: z.coerce.number().optional(), format: z.enum(['csv', 'xlsx']).default('csv') })

export interface MenuTemplate { readonly id: string; readonly name: string; readonly description: string }
