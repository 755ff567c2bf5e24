/** Tells a network that keeps its own register of consent what a customer agreed to. */
import type { Core } from '../actions/core.ts'
import type { Job } from '../actions/jobs.ts'
import type { Bridges } from '../bridges/registry.ts'

const answerTimeout = 30_000

export async function registerOptIn(core: Core, bridges: Pick<Bridges, 'running'>, { data }: Job): Promise<void> {
  const chat = await core.db.get<{ channelId: string; remoteChatId: string }>('SELECT channelId, remoteChatId FROM chats WHERE id = ?', [String(data.chatId)])
  // The chat is gone, and with it whom to register.
  if (!chat) return
  const facet = bridges.running(chat.channelId)?.bridge.optIn
  if (!facet) throw new Error('the channel is closed, or keeps no register')
  await facet.set(chat.remoteChatId, data.status === 'granted' ? 'in' : 'out', AbortSignal.timeout(answerTimeout))
}
