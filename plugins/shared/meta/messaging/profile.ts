/** Name and picture of someone who wrote. Many people cannot be asked about: then there is none, and that is no fault. */
import { BridgeError } from '../../../sdk/bridge.ts'
import type { DirectoryFacet } from '../../../sdk/bridge.ts'
import type { Graph } from '../graph.ts'
import { httpUrl, optional, str } from '../json.ts'
import { personOf } from './parse.ts'
import type { MessagingNetwork } from './parse.ts'

export const directory = (graph: Graph, network: MessagingNetwork, account: string, fields: string): DirectoryFacet => ({
  async profile(user, signal) {
    const found = await graph.get(encodeURIComponent(user), { fields }, signal).catch((error: unknown) => {
      if (error instanceof BridgeError && error.kind === 'permanent') return null
      throw error
    })
    if (!found) return null
    const composed = [str(found.first_name), str(found.last_name)].filter(Boolean).join(' ')
    const picture = httpUrl(found.profile_pic)
    return {
      ...personOf(network, account, user),
      ...optional('name', str(found.name) ?? (composed || undefined)),
      ...optional('username', str(found.username)),
      ...(picture && { avatar: { at: 'remote' as const, id: picture } }),
    }
  },
})
