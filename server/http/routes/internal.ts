/** Chats between people of the house (contract/internal.ts). */
import { changeInternal, leaveInternal, openInternal, readInternal, sendInternal } from '../../actions/internalChats.ts'
import { internalMessages, listColleagues, listInternal, readInternalChat, readInternalPage } from '../../actions/queries/internalChats.ts'
import { readJson } from '../body.ts'
import { internalChange, internalPageQuery, newInternalChat, sendInternal as sendShape } from '../contract/internal.ts'
import type { HttpDeps, Routes } from '../deps.ts'
import { sessionOf } from '../middleware/session.ts'
import { idIn } from './chats.ts'

export function internalRoutes(router: Routes, { core, config }: HttpDeps): void {
  const { maxBody } = config.http

  router.get('/app/colleagues', async (ctx) => {
    ctx.body = { items: await listColleagues(core, sessionOf(ctx).actor) }
  })
  router.get('/app/internal', async (ctx) => {
    ctx.body = { items: await listInternal(core, sessionOf(ctx).actor) }
  })
  router.post('/app/internal', async (ctx) => {
    const { actor } = sessionOf(ctx)
    const { id, made } = await openInternal(core, actor, newInternalChat.parse(await readJson(ctx.req, maxBody)))
    ctx.body = await readInternalChat(core, actor, id)
    ctx.status = made ? 201 : 200
  })
  router.patch('/app/internal/:id', async (ctx) => {
    const { actor } = sessionOf(ctx)
    const id = idIn(ctx, 'id')
    await changeInternal(core, actor, id, internalChange.parse(await readJson(ctx.req, maxBody)))
    ctx.body = await readInternalChat(core, actor, id)
  })
  router.get('/app/internal/:id/messages', async (ctx) => {
    ctx.body = await readInternalPage(core, sessionOf(ctx).actor, idIn(ctx, 'id'), internalPageQuery.parse(ctx.query))
  })
  router.post('/app/internal/:id/messages', async (ctx) => {
    const { actor } = sessionOf(ctx)
    const id = await sendInternal(core, actor, idIn(ctx, 'id'), sendShape.parse(await readJson(ctx.req, maxBody)))
    ctx.body = (await internalMessages(core.db, [id]))[0]
    ctx.status = 201
  })
  router.post('/app/internal/:id/read', async (ctx) => {
    await readInternal(core, sessionOf(ctx).actor, idIn(ctx, 'id'))
    ctx.status = 204
  })
  router.post('/app/internal/:id/leave', async (ctx) => {
    await leaveInternal(core, sessionOf(ctx).actor, idIn(ctx, 'id'))
    ctx.status = 204
  })
}
