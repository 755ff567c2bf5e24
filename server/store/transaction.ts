/** What both dialects share: the guard against nesting, the repetition, the callbacks after the commit. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { Sequelize } from 'sequelize'
import { DomainError } from '../domain/errors.ts'
import type { Log } from '../domain/ports.ts'
import { failureOf } from './errors.ts'

/** `open` falls when the transaction ends, for work that was started inside and goes on outside. */
interface Scope { open: boolean }

const scopes = new AsyncLocalStorage<Scope>()
const attempts = 5

/** Whether the caller works within an open transaction. */
export const insideTransaction = (): boolean => scopes.getStore()?.open ?? false

/** A query beside the open transaction would wait for it (SQLite) or for a connection that it holds (a full pool): refused at once. */
export function refuseInsideTransaction(what: string): void {
  if (insideTransaction()) throw new Error(`${what} inside a transaction: use the transaction's own tx`)
}

/** The same for models that were not given `{ transaction: tx.models }`. */
export function guardModels(sequelize: Sequelize): void {
  sequelize.addHook('beforeQuery', (options) => {
    if (!(options as { transaction?: unknown }).transaction) refuseInsideTransaction('A model query without `transaction`')
  })
}

/** Thrown by a dialect when it cannot know whether the commit happened. Never repeated. */
export class CommitUncertain extends Error {}

/** One attempt at a transaction: begins, works, and commits or rolls back. `after` collects the callbacks. */
export type Attempt<T> = (within: <R>(work: () => Promise<R>) => Promise<R>, after: (() => void)[]) => Promise<T>

export async function repeat<T>(log: Log | undefined, attempt: Attempt<T>): Promise<T> {
  refuseInsideTransaction('A transaction')
  for (let tries = 1; ; tries++) {
    const scope: Scope = { open: true }
    const after: (() => void)[] = []
    let result: T
    try {
      result = await attempt((work) => scopes.run(scope, work).finally(() => { scope.open = false }), after)
    } catch (error) {
      const failure = error instanceof CommitUncertain ? 'uncertain' : failureOf(error)
      if (failure === 'other') throw error
      if (failure === 'uncertain' || tries >= attempts) throw failure === 'clash' ? error : unavailable(error)
      log?.debug('transaction repeated', { failure, tries })
      await pause(failure === 'lost' ? 50 : 5, tries)
      continue
    }
    for (const callback of after) callback()
    return result
  }
}

export const unavailable = (error: unknown): DomainError => new DomainError('database_unavailable', {}, { cause: error })

export const pause = (ms: number, tries: number): Promise<void> => delay(ms * 2 ** (tries - 1) * (0.5 + Math.random()))
