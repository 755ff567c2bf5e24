/** Accepting and declining what is offered (contract/offers.ts). */
import { acceptOffer, cancelTransfer, declineOffer } from '../../actions/distribution/offers.ts'
import { openOffers } from '../../actions/queries/offers.ts'
import type { HttpDeps, Routes } from '../deps.ts'
import { sessionOf } from '../middleware/session.ts'
import { idIn } from './chats.ts'

export function offerRoutes(router: Routes, { core }: HttpDeps): void {
  router.get('/app/offers', async (ctx) => {
    const { actor } = sessionOf(ctx)
    ctx.body = actor.kind === 'agent' && actor.id !== null ? await openOffers(core.db, await core.catalog.read(), actor.id, core.clock.now()) : []
  })

  router.post('/app/offers/:id/accept', async (ctx) => {
    ctx.body = await acceptOffer(core, sessionOf(ctx).actor, idIn(ctx, 'id'))
  })

  router.post('/app/offers/:id/decline', async (ctx) => {
    await declineOffer(core, sessionOf(ctx).actor, idIn(ctx, 'id'))
    ctx.status = 204
  })

  router.post('/app/chats/:id/transfer/cancel', async (ctx) => {
    await cancelTransfer(core, sessionOf(ctx).actor, idIn(ctx, 'id'))
    ctx.status = 204
  })
}
