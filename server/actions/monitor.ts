/** A supervisor who looks into a chat leaves a trace, and nothing else (domain §12: monitor). */
import { can, type Actor } from '../domain/permissions.ts'
import { recordAudit } from './audit.ts'
import type { Core } from './core.ts'

/** A screen asks for the same chat again and again; that is one look. */
const sameLookMs = 10 * 60_000
const looks = new WeakMap<Core, Map<string, number>>()

/** `who` is the screen: a session. Agents looking at their chats are not monitors. */
export async function recordLook(core: Core, actor: Actor, who: string, chatId: string): Promise<void> {
  if (!can(actor, 'chats.all')) return
  const now = core.clock.now()
  const seen = looks.get(core) ?? new Map<string, number>()
  looks.set(core, seen)
  const key = `${who} ${chatId}`
  if (now - (seen.get(key) ?? -Infinity) < sameLookMs) return
  for (const [old, at] of seen) if (now - at >= sameLookMs) seen.delete(old)
  seen.set(key, now)
  await core.db.transaction((tx) => recordAudit(core, tx, actor, { action: 'chat.monitored', subjectKind: 'chat', subjectId: chatId }))
}
