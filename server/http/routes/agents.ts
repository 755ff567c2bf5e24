/** Presence and pauses, one's own and other people's, and the board (contract/agents.ts). */
import { accessAgent } from '../../actions/access.ts'
import { pauseAgent, signOutAgent, unpauseAgent } from '../../actions/presence.ts'
import { agentViews } from '../../actions/queries/agents.ts'
import { readBoard } from '../../actions/queries/board.ts'
import { DomainError } from '../../domain/errors.ts'
import { can } from '../../domain/permissions.ts'
import { readJson } from '../body.ts'
import { pauseRequest } from '../contract/agents.ts'
import type { Context, HttpDeps, Routes } from '../deps.ts'
import { sessionOf } from '../middleware/session.ts'
import { idIn } from './chats.ts'

export function agentRoutes(router: Routes, { core, config }: HttpDeps): void {
  const pause = async (ctx: Context, agentId: string): Promise<void> => {
    const { actor } = sessionOf(ctx)
    await accessAgent(core, actor, agentId, 'steer')
    const { reasonId } = pauseRequest.parse(await readJson(ctx.req, config.http.maxBody))
    await pauseAgent(core, actor, agentId, reasonId)
    ctx.body = (await agentViews(core, core.db, [agentId]))[0]
  }
  const unpause = async (ctx: Context, agentId: string): Promise<void> => {
    await unpauseAgent(core, sessionOf(ctx).actor, agentId)
    ctx.body = (await agentViews(core, core.db, [agentId]))[0]
  }

  router.post('/app/pause', (ctx) => pause(ctx, sessionOf(ctx).user.id))
  router.delete('/app/pause', (ctx) => unpause(ctx, sessionOf(ctx).user.id))
  router.post('/app/agents/:id/pause', (ctx) => pause(ctx, idIn(ctx, 'id')))
  router.delete('/app/agents/:id/pause', (ctx) => unpause(ctx, idIn(ctx, 'id')))
  router.post('/app/agents/:id/sign-out', async (ctx) => {
    await signOutAgent(core, sessionOf(ctx).actor, idIn(ctx, 'id'))
    ctx.status = 204
  })

  router.get('/app/board', async (ctx) => {
    if (!can(sessionOf(ctx).actor, 'board.see')) throw new DomainError('forbidden')
    ctx.body = await readBoard(core)
  })
}
