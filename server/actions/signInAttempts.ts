/** Sign-in attempts, counted in the database so that every process knows them. The rules are domain/signInGuard. */
import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { counted, forgiven, guardForgottenAfter, waitBefore, type Guard, type GuardKind } from '../domain/signInGuard.ts'
import { DomainError } from '../domain/errors.ts'
import type { Instant } from '../domain/ports.ts'
import type { Tx } from '../store/db.ts'
import { forUpdate, placeholders, upsertMany } from '../store/sql.ts'
import type { Core } from './core.ts'

type Keys = Readonly<Record<GuardKind, string>>
const kinds = ['address', 'pair', 'user'] as const

const hashed = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 40)

/** An IPv6 caller owns its whole /64. */
function network(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const front = head.split(':').filter(Boolean)
  const groups = tail === undefined ? front : [...front, ...Array<string>(8 - front.length - tail.split(':').filter(Boolean).length).fill('0'), ...tail.split(':').filter(Boolean)]
  return groups.slice(0, 4).join(':')
}

const keysOf = (username: string, address: string): Keys => ({
  address: `address:${hashed(network(address))}`, pair: `pair:${hashed(`${network(address)}\n${username}`)}`, user: `user:${hashed(username)}`,
})

/** Rows that are missing are made first: a row that is not there cannot be locked, and parallel attempts would not see each other. */
async function lockGuards(tx: Tx, keys: Keys, now: Instant): Promise<Record<GuardKind, Guard | null>> {
  await upsertMany(tx, 'sign_in_guards', ['guard'], ['guard', 'failures', 'lastAt'], kinds.map((kind) => [keys[kind], 0, now]), { update: ['guard'] })
  const rows = await tx.all<Guard & { guard: string }>(
    `SELECT guard, failures, lastAt, blockedUntil FROM sign_in_guards WHERE guard IN (?,?,?) ORDER BY guard${forUpdate(tx.dialect)}`,
    kinds.map((kind) => keys[kind]),
  )
  const of = (kind: GuardKind): Guard | null => rows.find((row) => row.guard === keys[kind]) ?? null
  return { address: of('address'), pair: of('pair'), user: of('user') }
}

/** Counts an attempt as a failure before it is made. Throws `rate_limited` with `retryAfter` in seconds. */
export async function beginAttempt(core: Core, username: string, address: string, known: boolean): Promise<void> {
  const keys = keysOf(username, address)
  const now = core.clock.now()
  await core.db.transaction(async (tx) => {
    const guards = await lockGuards(tx, keys, now)
    const wait = waitBefore(guards, known, now)
    if (wait > 0) throw new DomainError('rate_limited', { retryAfter: Math.ceil(wait / 1000) })
    const rows = kinds.map((kind) => {
      const next = counted(guards[kind], kind, now)
      return [keys[kind], next.failures, next.lastAt, next.blockedUntil] as const
    })
    await upsertMany(tx, 'sign_in_guards', ['guard'], ['guard', 'failures', 'lastAt', 'blockedUntil'], rows)
  })
}

/** The attempt was right after all. */
export async function forgiveAttempt(core: Core, username: string, address: string): Promise<void> {
  const keys = keysOf(username, address)
  const now = core.clock.now()
  await core.db.transaction(async (tx) => {
    const guards = await lockGuards(tx, keys, now)
    const after = kinds.map((kind) => ({ key: keys[kind], next: guards[kind] ? forgiven(guards[kind], kind, now) : null }))
    const gone = after.filter((row) => row.next === null).map((row) => row.key)
    if (gone.length > 0) await tx.run(`DELETE FROM sign_in_guards WHERE guard IN (${placeholders(gone.length)})`, gone)
    const kept = after.flatMap(({ key, next }) => (next ? [[key, next.failures, next.lastAt, next.blockedUntil] as const] : []))
    await upsertMany(tx, 'sign_in_guards', ['guard'], ['guard', 'failures', 'lastAt', 'blockedUntil'], kept)
  })
}

export async function forgetAttempts(core: Core): Promise<void> {
  await core.db.run('DELETE FROM sign_in_guards WHERE lastAt < ?', [core.clock.now() - guardForgottenAfter])
}
