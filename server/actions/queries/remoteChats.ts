import type { Core } from '../core.ts'

/** The chat behind a network's own id for it. */
export function chatOfRemote(core: Core, channelId: string, remoteChatId: string): Promise<{ id: string; agentId: string | null; title: string } | undefined> {
  return core.db.get('SELECT id, agentId, title FROM chats WHERE channelId = ? AND remoteChatId = ?', [channelId, remoteChatId])
}
