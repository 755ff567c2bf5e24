/**
 * One Signal session is used by one operation at a time, in the whole process. libsignal queues work per address in a
 * global table and runs a waiting job in the asynchronous context of the one before it, so two transactions on the same
 * address (of two channels, or of a number's two addresses) would mix their changes. No job ever waits in that table
 * when whoever wants an address takes it here first.
 */
const tails = new Map<string, Promise<void>>()

export async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  const before = tails.get(name)
  let release = (): void => undefined
  const mine = new Promise<void>((resolve) => { release = resolve })
  const tail = (before ?? Promise.resolve()).then(() => mine)
  tails.set(name, tail)
  try {
    await before
    return await work()
  } finally {
    release()
    if (tails.get(name) === tail) tails.delete(name)
  }
}
