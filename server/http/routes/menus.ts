/** Menus, their drafts and versions, forms and the register, and the services menus use (contract/menus.ts). */
import { compareVersions, createMenu, findMenu, listMenus, listVersions, publishMenu, readDocument, readDraft, removeMenu, restoreVersion, saveDraft, unpublishMenu, validateMenu } from '../../actions/menus/documents.ts'
import { exportRecords, findForm, listForms, listRecords, removeForm, saveForm } from '../../actions/menus/forms.ts'
import { listMailServers, listProviders, listSecrets, mailServerOf, providerOf, removeMailServer, removeProvider, removeSecret, saveMailServer, saveProvider, setSecret } from '../../actions/menus/services.ts'
import { assignMenu as assign } from '../../actions/menus/assignment.ts'
import { playMenu } from '../../actions/menus/simulation.ts'
import { addressGuard } from '../../adapters/addressGuard.ts'
import { chat } from '../../adapters/assistant.ts'
import { checkMailServer } from '../../adapters/mail.ts'
import { shippedMenus } from '../../adapters/menuTemplates.ts'
import { csvStream, xlsxBuffer } from '../../adapters/spreadsheet.ts'
import { DomainError } from '../../domain/errors.ts'
import type { Json } from '../../domain/menu/environment.ts'
import { recordSheet } from '../../domain/menu/recordSheet.ts'
import type { Session, SimStep, Mock } from '../../domain/menu/simulate.ts'
import { fromText, toJson, toYaml } from '../../domain/menu/yaml.ts'
import { can } from '../../domain/permissions.ts'
import { readJson } from '../body.ts'
import { assignMenu, compareMenus, createMenu as createBody, exportMenu, parseText, publishMenu as publishBody, recordExport, recordQuery, restoreMenu, saveDraft as saveBody, simulateMenu, validateMenu as validateBody } from '../contract/menus.ts'
import type { Context, HttpDeps, Routes } from '../deps.ts'
import { sessionOf } from '../middleware/session.ts'
import { idIn } from './chats.ts'

/** Documents are larger than what else people send. */
const maxDocument = 5 * 1024 * 1024

export function menuRoutes(router: Routes, { core, config }: HttpDeps): void {
  const body = (ctx: Context, max = config.http.maxBody): Promise<unknown> => readJson(ctx.req, max)
  const actorOf = (ctx: Context) => sessionOf(ctx).actor

  router.get('/app/menus', async (ctx) => {
    ctx.body = { items: await listMenus(core, actorOf(ctx)) }
  })
  router.get('/app/menus/templates', async (ctx) => {
    if (!can(actorOf(ctx), 'menus.edit')) throw new DomainError('forbidden')
    ctx.body = { items: shippedMenus().map(({ id, name, description }) => ({ id, name, description })) }
  })
  router.post('/app/menus', async (ctx) => {
    const { name, template, document } = createBody.parse(await body(ctx, maxDocument))
    const shipped = template === undefined ? undefined : shippedMenus().find((one) => one.id === template)
    if (template !== undefined && !shipped) throw new DomainError('not_found', { template })
    ctx.body = await createMenu(core, actorOf(ctx), { name, ...(shipped ? { document: shipped.document } : document ? { document: document as Json } : {}) })
    ctx.status = 201
  })
  router.post('/app/menus/validate', async (ctx) => {
    const { document, menuId, channelIds } = validateBody.parse(await body(ctx, maxDocument))
    ctx.body = await validateMenu(core, actorOf(ctx), document as Json, { ...(menuId ? { menuId } : {}), ...(channelIds ? { channelIds } : {}) })
  })
  router.post('/app/menus/parse', async (ctx) => {
    if (!can(actorOf(ctx), 'menus.edit')) throw new DomainError('forbidden')
    const read = fromText(parseText.parse(await body(ctx, maxDocument)).text)
    if (!read.ok) throw new DomainError('validation', { fields: [{ path: read.line === null ? 'text' : `line ${read.line}`, message: read.message }], line: read.line })
    ctx.body = { document: read.document }
  })
  router.post('/app/menus/simulate', async (ctx) => {
    const { document, session, step, on, mocks } = simulateMenu.parse(await body(ctx, maxDocument))
    ctx.body = await playMenu(core, actorOf(ctx), { document: document as Json, session: session as unknown as Session | null, step: step as unknown as SimStep, on, mocks: mocks as unknown as Mock[] })
  })
  router.get('/app/menus/:id', async (ctx) => {
    ctx.body = await findMenu(core, actorOf(ctx), idIn(ctx, 'id'))
  })
  router.delete('/app/menus/:id', async (ctx) => {
    await removeMenu(core, actorOf(ctx), idIn(ctx, 'id'))
    ctx.status = 204
  })
  router.get('/app/menus/:id/draft', async (ctx) => {
    ctx.body = await readDraft(core, actorOf(ctx), idIn(ctx, 'id'))
  })
  router.put('/app/menus/:id/draft', async (ctx) => {
    const { revision, document } = saveBody.parse(await body(ctx, maxDocument))
    ctx.body = await saveDraft(core, actorOf(ctx), { menuId: idIn(ctx, 'id'), revision, document: document as Json })
  })
  router.post('/app/menus/:id/publish', async (ctx) => {
    ctx.body = await publishMenu(core, actorOf(ctx), { menuId: idIn(ctx, 'id'), ...publishBody.parse(await body(ctx)) })
  })
  router.post('/app/menus/:id/unpublish', async (ctx) => {
    ctx.body = await unpublishMenu(core, actorOf(ctx), idIn(ctx, 'id'))
  })
  router.get('/app/menus/:id/versions', async (ctx) => {
    ctx.body = { items: await listVersions(core, actorOf(ctx), idIn(ctx, 'id')) }
  })
  router.post('/app/menus/:id/restore', async (ctx) => {
    ctx.body = await restoreVersion(core, actorOf(ctx), idIn(ctx, 'id'), restoreMenu.parse(await body(ctx)).version)
  })
  router.get('/app/menus/:id/compare', async (ctx) => {
    const { from, to } = compareMenus.parse(ctx.query)
    ctx.body = await compareVersions(core, actorOf(ctx), idIn(ctx, 'id'), from, to)
  })
  router.get('/app/menus/:id/export', async (ctx) => {
    const { format, version } = exportMenu.parse(ctx.query)
    const menu = await findMenu(core, actorOf(ctx), idIn(ctx, 'id'))
    const document = await readDocument(core, actorOf(ctx), menu.id, version)
    ctx.attachment(`${menu.name}.${format}`)
    ctx.type = format === 'yaml' ? 'application/yaml' : 'application/json'
    ctx.body = format === 'yaml' ? toYaml(document) : toJson(document)
  })
  router.post('/app/menus/:id/assign', async (ctx) => {
    ctx.body = await assign(core, actorOf(ctx), idIn(ctx, 'id'), assignMenu.parse(await body(ctx)).channelIds)
  })

  router.get('/app/forms', async (ctx) => {
    ctx.body = { items: await listForms(core, actorOf(ctx)) }
  })
  router.put('/app/forms', async (ctx) => {
    ctx.body = await saveForm(core, actorOf(ctx), (await body(ctx)) as Parameters<typeof saveForm>[2])
  })
  router.delete('/app/forms/:id', async (ctx) => {
    await removeForm(core, actorOf(ctx), idIn(ctx, 'id'))
    ctx.status = 204
  })
  router.get('/app/records', async (ctx) => {
    const { form, ...filter } = recordQuery.parse(ctx.query)
    ctx.body = { items: await listRecords(core, actorOf(ctx), { formId: form, ...filter }) }
  })
  router.get('/app/records/export', async (ctx) => {
    const { form, from, to, format } = recordExport.parse(ctx.query)
    const fields = form === undefined ? null : (await findForm(core, actorOf(ctx), form)).fields
    const sheet = recordSheet(exportRecords(core, actorOf(ctx), { formId: form, from, to }), fields)
    ctx.attachment(`registros.${format}`)
    ctx.type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
    ctx.body = format === 'csv' ? csvStream(sheet) : await xlsxBuffer(sheet)
  })

  router.get('/app/secrets', async (ctx) => {
    ctx.body = { items: await listSecrets(core, actorOf(ctx)) }
  })
  router.put('/app/secrets', async (ctx) => {
    await setSecret(core, actorOf(ctx), (await body(ctx)) as Parameters<typeof setSecret>[2])
    ctx.status = 204
  })
  router.delete('/app/secrets/:name', async (ctx) => {
    await removeSecret(core, actorOf(ctx), String(ctx.params.name))
    ctx.status = 204
  })
  router.get('/app/mail-servers', async (ctx) => {
    ctx.body = { items: await listMailServers(core, actorOf(ctx)) }
  })
  router.put('/app/mail-servers', async (ctx) => {
    await saveMailServer(core, actorOf(ctx), (await body(ctx)) as Parameters<typeof saveMailServer>[2])
    ctx.status = 204
  })
  router.delete('/app/mail-servers/:name', async (ctx) => {
    await removeMailServer(core, actorOf(ctx), String(ctx.params.name))
    ctx.status = 204
  })
  router.post('/app/mail-servers/:name/test', async (ctx) => {
    await listMailServers(core, actorOf(ctx))
    const server = await mailServerOf(core, String(ctx.params.name))
    if (!server) throw new DomainError('not_found')
    await tried(() => checkMailServer(server))
    ctx.status = 204
  })
  router.get('/app/ai-providers', async (ctx) => {
    ctx.body = { items: await listProviders(core, actorOf(ctx)) }
  })
  router.put('/app/ai-providers', async (ctx) => {
    await saveProvider(core, actorOf(ctx), (await body(ctx)) as Parameters<typeof saveProvider>[2])
    ctx.status = 204
  })
  router.delete('/app/ai-providers/:name', async (ctx) => {
    await removeProvider(core, actorOf(ctx), String(ctx.params.name))
    ctx.status = 204
  })
  router.post('/app/ai-providers/:name/test', async (ctx) => {
    await listProviders(core, actorOf(ctx))
    const provider = await providerOf(core, String(ctx.params.name))
    if (!provider) throw new DomainError('not_found')
    const guard = addressGuard((await core.catalog.read()).setting('http.allow'))
    await tried(() => chat(guard, provider, { model: null, turns: [{ role: 'user', content: 'ping' }], maxTokens: 5, timeoutMs: 20_000 }))
    ctx.status = 204
  })
}

/** What the other side said is the administrator's to read. @throws DomainError `provider_error` */
async function tried(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    throw new DomainError('provider_error', { reason: error instanceof Error ? error.message.slice(0, 300) : 'unknown' }, { cause: error })
  }
}
