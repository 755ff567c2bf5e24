/** Drafts, kept lists, files and quick replies (contract/desk.ts). */
import { createCategory, listCategories, removeCategory, renameCategory } from '../../actions/categories.ts'
import { addView, listDrafts, listViews, removeView, saveDraft } from '../../actions/drafts.ts'
import { createQuickReply, fillQuickReply, listQuickReplies, removeQuickReply, updateQuickReply } from '../../actions/quickReplies.ts'
import { listFiles } from '../../actions/queries/files.ts'
import { readJson } from '../body.ts'
import { filesQuery, newCategory, newQuickReply, newView, quickReplyChange, saveDraft as draftBody } from '../contract/desk.ts'
import type { HttpDeps, Routes } from '../deps.ts'
import { sessionOf } from '../middleware/session.ts'
import { idIn } from './chats.ts'

export function deskRoutes(router: Routes, { core, config }: HttpDeps): void {
  const { maxBody } = config.http

  router.get('/app/drafts', async (ctx) => {
    ctx.body = { items: await listDrafts(core, sessionOf(ctx).actor) }
  })
  router.put('/app/chats/:id/draft', async (ctx) => {
    const { actor } = sessionOf(ctx)
    await saveDraft(core, actor, idIn(ctx, 'id'), draftBody.parse(await readJson(ctx.req, maxBody)))
    ctx.status = 204
  })

  router.get('/app/views', async (ctx) => {
    const { actor, app } = sessionOf(ctx)
    ctx.body = { items: await listViews(core, actor, app) }
  })
  router.post('/app/views', async (ctx) => {
    const { actor, app } = sessionOf(ctx)
    ctx.body = await addView(core, actor, app, newView.parse(await readJson(ctx.req, maxBody)))
    ctx.status = 201
  })
  router.delete('/app/views/:id', async (ctx) => {
    await removeView(core, sessionOf(ctx).actor, idIn(ctx, 'id'))
    ctx.status = 204
  })

  router.get('/app/chats/:id/files', async (ctx) => {
    ctx.body = await listFiles(core, sessionOf(ctx).actor, idIn(ctx, 'id'), filesQuery.parse(ctx.query))
  })

  router.get('/app/quick-replies', async (ctx) => {
    ctx.body = { items: await listQuickReplies(core, sessionOf(ctx).actor) }
  })
  router.post('/app/quick-replies', async (ctx) => {
    const { actor } = sessionOf(ctx)
    ctx.body = await createQuickReply(core, actor, newQuickReply.parse(await readJson(ctx.req, maxBody)))
    ctx.status = 201
  })
  router.patch('/app/quick-replies/:id', async (ctx) => {
    const { actor } = sessionOf(ctx)
    ctx.body = await updateQuickReply(core, actor, idIn(ctx, 'id'), quickReplyChange.parse(await readJson(ctx.req, maxBody)))
  })
  router.delete('/app/quick-replies/:id', async (ctx) => {
    await removeQuickReply(core, sessionOf(ctx).actor, idIn(ctx, 'id'))
    ctx.status = 204
  })
  router.post('/app/chats/:id/quick-replies/:replyId/fill', async (ctx) => {
    ctx.body = await fillQuickReply(core, sessionOf(ctx).actor, idIn(ctx, 'id'), idIn(ctx, 'replyId'))
  })

  router.get('/app/categories', async (ctx) => {
    // Signed in is enough: they are names to filter by.
    sessionOf(ctx)
    ctx.body = { items: await listCategories(core) }
  })
  router.post('/app/categories', async (ctx) => {
    const { actor } = sessionOf(ctx)
    ctx.body = await createCategory(core, actor, newCategory.parse(await readJson(ctx.req, maxBody)))
    ctx.status = 201
  })
  router.patch('/app/categories/:id', async (ctx) => {
    const { actor } = sessionOf(ctx)
    ctx.body = await renameCategory(core, actor, idIn(ctx, 'id'), newCategory.parse(await readJson(ctx.req, maxBody)))
  })
  router.delete('/app/categories/:id', async (ctx) => {
    await removeCategory(core, sessionOf(ctx).actor, idIn(ctx, 'id'))
    ctx.status = 204
  })
}
