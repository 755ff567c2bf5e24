/** Shapes shared by the server's routes and the browser. Instants are milliseconds since the epoch, UTC. */
import { z } from 'zod'

export const ulid = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/)
export type Instant = number

/** Every refusal, of every route. `message` and `help` are in the reader's language. */
export interface ErrorBody {
  error: { code: string; message: string; help: string; details: Record<string, unknown> }
}

/** A keyset page: `next` is passed back as `after`; null at the end. */
export interface Page<T> {
  items: T[]
  next: string | null
}

export type Role = 'agent' | 'supervisor' | 'admin'
export type AppName = 'agent' | 'supervisor'
export type Locale = 'es' | 'en'
export type ChannelType = 'whatsapp' | 'messenger' | 'instagram' | 'widget'

/** Who did something, with the name it had then. */
export interface ActorView {
  kind: 'customer' | 'agent' | 'supervisor' | 'admin' | 'menu' | 'system' | 'api' | 'phone' | 'cli'
  id: string | null
  name: string
}

export const destination = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('agent'), id: ulid }),
  z.strictObject({ type: z.literal('queue'), id: ulid }),
  z.strictObject({ type: z.literal('menu'), id: ulid }),
  z.strictObject({ type: z.literal('none') }),
])
export type Destination = z.infer<typeof destination>
