/** Chats, their timeline, and what people do with them (contract/chats.ts). Every handler reaches its chat through the access functions. */
import { viewerOf } from '../../actions/access.ts'
import { resolveChat as resolve, transferChat as transfer } from '../../actions/conversations.ts'
import { discardMessage, markRead, resendMessage, sendReply, writeNote } from '../../actions/messages.ts'
import { reactTo } from '../../actions/reactions.ts'
import { recordLook } from '../../actions/monitor.ts'
import { readChatDetail, readChatRow } from '../../actions/queries/chatDetail.ts'
import { countChats, listChats } from '../../actions/queries/chatLists.ts'
import { readMessage } from '../../actions/queries/messages.ts'
import { readTimeline } from '../../actions/queries/timeline.ts'
import { ulid } from '../contract/common.ts'
import { chatQuery, react, resolveChat, sendMessage, sendNote, timelineQuery, transferChat } from '../contract/chats.ts'
import { DomainError } from '../../domain/errors.ts'
import { readJson } from '../body.ts'
import type { Context, HttpDeps, Routes } from '../deps.ts'
import { sessionOf } from '../middleware/session.ts'

/** An id that cannot be one names nothing. */
export function idIn(ctx: Context, name: string): string {
  const { [name]: id } = ctx.params
  if (!ulid.safeParse(id).success) throw new DomainError('not_found')
  return id as string
}

export function chatRoutes(router: Routes, { core, config, bridges }: HttpDeps): void {
  const { maxBody } = config.http
  const messageOf = (ctx: Context, messageId: string): Promise<unknown> => readMessage(core, sessionOf(ctx).actor, messageId, ctx.state.locale)

  router.get('/app/chats', async (ctx) => {
    const { actor } = sessionOf(ctx)
    ctx.body = await listChats(core, await viewerOf(core.db, actor), chatQuery.parse(ctx.query))
  })

  router.get('/app/chats/counts', async (ctx) => {
    const { actor } = sessionOf(ctx)
    ctx.body = await countChats(core, await viewerOf(core.db, actor))
  })

  router.get('/app/chats/:id', async (ctx) => {
    const session = sessionOf(ctx)
    const chatId = idIn(ctx, 'id')
    const detail = await readChatDetail(core, session.actor, chatId)
    await recordLook(core, session.actor, session.id, chatId)
    ctx.body = detail
  })

  router.get('/app/chats/:id/timeline', async (ctx) => {
    ctx.body = await readTimeline(core, sessionOf(ctx).actor, idIn(ctx, 'id'), timelineQuery.parse(ctx.query), ctx.state.locale)
  })

  router.post('/app/chats/:id/messages', async (ctx) => {
    const { actor } = sessionOf(ctx)
    const chatId = idIn(ctx, 'id')
    const input = sendMessage.parse(await readJson(ctx.req, maxBody))
    ctx.body = await messageOf(ctx, await sendReply(core, actor, chatId, input))
    ctx.status = 201
  })

  router.post('/app/chats/:id/notes', async (ctx) => {
    const { actor } = sessionOf(ctx)
    const chatId = idIn(ctx, 'id')
    const input = sendNote.parse(await readJson(ctx.req, maxBody))
    ctx.body = await messageOf(ctx, await writeNote(core, actor, chatId, input))
    ctx.status = 201
  })

  router.post('/app/chats/:id/messages/:messageId/resend', async (ctx) => {
    const messageId = idIn(ctx, 'messageId')
    await resendMessage(core, sessionOf(ctx).actor, idIn(ctx, 'id'), messageId)
    ctx.body = await messageOf(ctx, messageId)
  })

  router.post('/app/chats/:id/messages/:messageId/discard', async (ctx) => {
    const messageId = idIn(ctx, 'messageId')
    await discardMessage(core, sessionOf(ctx).actor, idIn(ctx, 'id'), messageId)
    ctx.body = await messageOf(ctx, messageId)
  })

  router.put('/app/chats/:id/messages/:messageId/reaction', async (ctx) => {
    const messageId = idIn(ctx, 'messageId')
    const { emoji } = react.parse(await readJson(ctx.req, maxBody))
    await reactTo(core, sessionOf(ctx).actor, idIn(ctx, 'id'), messageId, emoji)
    ctx.body = await messageOf(ctx, messageId)
  })

  router.post('/app/chats/:id/read', async (ctx) => {
    const read = await markRead(core, sessionOf(ctx).actor, idIn(ctx, 'id'))
    ctx.status = 204
    // The customer's receipt is a courtesy: nobody waits for it, and it is not tried twice.
    const telling = read && bridges.running(read.channelId)?.bridge.presence?.markRead?.(read.remoteChatId, read.upTo)
    telling?.catch((error: unknown) => core.log.debug('read receipt not sent', { channelId: read?.channelId, error: String(error) }))
  })

  router.post('/app/chats/:id/resolve', async (ctx) => {
    const { actor } = sessionOf(ctx)
    const chatId = idIn(ctx, 'id')
    await resolve(core, actor, chatId, resolveChat.parse(await readJson(ctx.req, maxBody)))
    ctx.body = await readChatRow(core, actor, chatId)
  })

  router.post('/app/chats/:id/transfer', async (ctx) => {
    const { actor } = sessionOf(ctx)
    const chatId = idIn(ctx, 'id')
    const outcome = await transfer(core, actor, chatId, transferChat.parse(await readJson(ctx.req, maxBody)))
    ctx.body = await readChatRow(core, actor, chatId)
    ctx.status = outcome === 'queued' || outcome === 'offered' ? 202 : 200
  })
}
