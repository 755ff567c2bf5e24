/** Posts signed webhooks as a provider does, over connections that stay open. */
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import { signLoopback } from '../plugins/sdk/testkit/loopback.ts'

export interface Load {
  readonly endpointId: string
  readonly appSecret: string
  /** Distinguishes the messages of one run from those of another. */
  readonly tag: string
  readonly chats: number
}

const now = (): number => performance.timeOrigin + performance.now()

export class Generator {
  private readonly pool: Pool
  private readonly load: Load
  readonly sentAt = new Map<string, number>()
  refused = 0
  constructor(baseUrl: string, load: Load, connections: number) {
    this.pool = new Pool(baseUrl, { connections, pipelining: 1 })
    this.load = load
  }

  private async post(n: number): Promise<void> {
    const { tag, chats, endpointId, appSecret } = this.load
    const text = `${tag} ${n}`
    const from = `${tag.split('.')[0]}-${n % chats}`
    const { body, headers } = signLoopback(appSecret, [{ account: 'linea', id: `${tag}-${n}`, from, name: `Cliente ${n % chats}`, text, at: Date.now() }])
    this.sentAt.set(text, now())
    const response = await this.pool.request({ path: `/hooks/loopback/${endpointId}`, method: 'POST', body, headers })
    if (response.statusCode !== 200) this.refused++
    await response.body.dump()
  }

  /** As fast as `concurrency` allows; answers the seconds it took. */
  async flood(total: number, concurrency: number): Promise<number> {
    let next = 0
    const started = performance.now()
    await Promise.all(Array.from({ length: concurrency }, async () => {
      for (let n = next++; n < total; n = next++) await this.post(n)
    }))
    return (performance.now() - started) / 1000
  }

  /** At a steady rate, whatever the answers take. */
  async steady(perSecond: number, seconds: number): Promise<void> {
    const started = performance.now()
    const posts: Promise<void>[] = []
    for (let n = 0; n < perSecond * seconds; n++) {
      const due = started + (n * 1000) / perSecond
      const wait = due - performance.now()
      if (wait > 1) await delay(wait)
      posts.push(this.post(n))
    }
    await Promise.all(posts)
  }

  close(): Promise<void> {
    return this.pool.close()
  }
}
