/** The search box (contract/search.ts). */
import { viewerOf } from '../../actions/access.ts'
import { searchEverything, searchThread } from '../../actions/queries/searchAll.ts'
import { searchQuery } from '../contract/search.ts'
import type { HttpDeps, Routes } from '../deps.ts'
import { sessionOf } from '../middleware/session.ts'
import { idIn } from './chats.ts'

export function searchRoutes(router: Routes, { core }: HttpDeps): void {
  router.get('/app/search', async (ctx) => {
    ctx.body = await searchEverything(core, await viewerOf(core.db, sessionOf(ctx).actor), searchQuery.parse(ctx.query))
  })
  router.get('/app/chats/:id/search', async (ctx) => {
    ctx.body = await searchThread(core, sessionOf(ctx).actor, idIn(ctx, 'id'), searchQuery.parse(ctx.query))
  })
}
