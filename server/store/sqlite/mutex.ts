/**
 * First come, first served lock for the one writer of a file. SQLite's own lock blocks the thread
 * that would release it, because every connection of a process shares that thread.
 */
export type Release = () => void

interface Waiter { label: string; start: (release: Release) => void }

export class Mutex {
  readonly #patience: number
  readonly #waiting: Waiter[] = []
  #holder: { label: string; since: number } | null = null

  /** A wait of more than `patience` ms ends in WriterTimeout: the holder is stuck, or waits for itself. */
  constructor(patience: number) {
    this.#patience = patience
  }

  /** `label` names the caller in other callers' errors. The release may be called more than once. */
  acquire(label: string): Promise<Release> {
    if (!this.#holder) return Promise.resolve(this.#take(label))
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { label, start: (release) => { clearTimeout(watchdog); resolve(release) } }
      const watchdog = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        reject(new WriterTimeout(label, this.#patience, this.#holder?.label ?? 'nobody', Date.now() - (this.#holder?.since ?? Date.now())))
      }, this.#patience)
      this.#waiting.push(waiter)
    })
  }

  #take(label: string): Release {
    const holder = { label, since: Date.now() }
    this.#holder = holder
    return () => {
      if (this.#holder !== holder) return
      this.#holder = null
      const next = this.#waiting.shift()
      if (next) next.start(this.#take(next.label))
    }
  }
}

export class WriterTimeout extends Error {
  override readonly name = 'WriterTimeout'
  readonly code = 'SQLITE_WRITER_TIMEOUT'
  constructor(label: string, waited: number, holder: string, held: number) {
    super(`SQLite: “${label}” waited ${waited} ms for the writer, which “${holder}” has held for ${held} ms. `
      + 'A write issued inside a transaction but not through it waits for itself.')
  }
}
