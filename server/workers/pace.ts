/** Keeps a channel within what its network lets through (capabilities.rate). Per process: with several, each takes its share by claiming less. */
import type { Clock } from '../domain/ports.ts'
import type { Running } from '../bridges/registry.ts'

export class Pace {
  private readonly clock: Clock
  private readonly nextByChannel = new Map<string, number>()
  private readonly nextByChat = new Map<string, number>()
  constructor(clock: Clock) {
    this.clock = clock
  }

  /** A channel that is booked for the next second takes nothing new, so that its rows stay claimable by others. */
  free(channelId: string): boolean {
    return (this.nextByChannel.get(channelId) ?? 0) - this.clock.now() < 1000
  }

  /** Waits for the next free slot of the channel and of the chat; a burst may go at once, what follows is spaced by the same average. */
  async wait(running: Running, chatId: string): Promise<void> {
    const now = this.clock.now()
    const { perSecond, perChat } = running.bridge.capabilities().rate
    const chatTime = this.nextByChat.get(chatId) ?? 0
    const slot = Math.max(now, this.nextByChannel.get(running.channel.id) ?? 0, chatTime - (perChat.burst - 1) * perChat.everyMs)
    this.nextByChannel.set(running.channel.id, slot + 1000 / perSecond)
    if (this.nextByChat.size > 50_000) this.nextByChat.clear()
    this.nextByChat.set(chatId, Math.max(chatTime, slot) + perChat.everyMs)
    if (slot > now) await new Promise((resolve) => setTimeout(resolve, slot - now))
  }
}
