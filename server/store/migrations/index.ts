/** Every migration, in order. Merged ones are never changed. */
import type { Migration } from '../migrate.ts'
import { core } from './0001-core.ts'
import { offers } from './0010-offers.ts'
import { menus } from './0040-menus.ts'
import { agentsDesk } from './0080-agents-desk.ts'
import { internalChats } from './0081-internal-chats.ts'

export const migrations: readonly Migration[] = [
  core,
  offers,
  menus,
  agentsDesk,
  internalChats,
]
