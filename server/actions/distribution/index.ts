/** Distribution, for those who set it going. */
import type { Core } from '../core.ts'
import { drainLine } from './drain.ts'
import { overflowFull } from './limits.ts'

/** Drains a list, and sends on who finds it full. Answers how many chats it did something for. */
export async function drain(core: Core, key: string): Promise<number> {
  return (await drainLine(core, key)) + (await overflowFull(core, key))
}
