/** Ten thousand damaged forms of every sample: each gives events, or is refused as no body of the network; nothing else is thrown. */
import { expect } from 'chai'
import type { InboundEvent } from '../../../plugins/sdk/index.ts'
import { isBridgeError } from '../../../plugins/sdk/index.ts'
import { parse as instagram } from '../../../plugins/instagram/convert.ts'
import { parse as messenger } from '../../../plugins/messenger/convert.ts'
import { parse as cloud } from '../../../plugins/whatsapp-cloud/convert.ts'
import { fixture, inboundNames } from './samples.ts'
import type { Provider } from './samples.ts'

const parsers: Readonly<Record<Provider, (body: Uint8Array) => InboundEvent[]>> = { 'whatsapp-cloud': cloud, messenger, instagram }
const count = 10_000

/** The same numbers every time, so that a failure can be repeated. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const junk: readonly unknown[] = [null, 0, -1, 1e300, '', 'x', '\u0000', [], {}, [[]], [null], { id: null }, true, '9'.repeat(400), '__proto__', 'constructor']

/** One value somewhere inside is replaced, removed or doubled. */
function damaged(value: unknown, random: (below: number) => number): unknown {
  if (typeof value !== 'object' || value === null || random(8) === 0) return junk[random(junk.length)]
  if (Array.isArray(value)) {
    const index = random(value.length)
    if (random(5) === 0) return [...(value as unknown[]), value[index]]
    return value.map((item: unknown, at) => (at === index ? damaged(item, random) : item))
  }
  const names = Object.keys(value)
  const name = names[random(names.length)]
  const rest = value as Record<string, unknown>
  if (name === undefined || random(6) === 0) return Object.fromEntries(Object.entries(rest).filter(([other]) => other !== name))
  return { ...rest, [name]: damaged(rest[name], random) }
}

for (const provider of ['whatsapp-cloud', 'messenger', 'instagram'] as const) {
  describe(`${provider} survives ${count} damaged forms of`, () => {
    for (const name of inboundNames(provider)) {
      it(name, () => {
        const sample = fixture<unknown>(provider, name)
        const random = numbers(name.length * 7919 + count)
        for (let turn = 0; turn < count; turn++) {
          const twice = random(3) === 0
          const once = damaged(sample, random)
          const text = JSON.stringify(twice ? damaged(once, random) : once)
          try {
            const events = parsers[provider](Buffer.from(text))
            if (events.some(event => event.key === '' || Number.isNaN(event.at.getTime()) || typeof event.account !== 'string')) expect.fail(`an invalid event of ${text}`)
          } catch (error) {
            if (!isBridgeError(error) || error.code !== 'bad_request') throw new Error(`${String(error)} on ${text}`, { cause: error })
          }
        }
      })
    }
  })
}
