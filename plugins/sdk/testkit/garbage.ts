/** Bodies that a network never sends, made from ones that it does. */

const junk: readonly unknown[] = [null, 0, -1, '', 'x', [], {}, [null], true]

/** Every body with one value, at any depth, replaced by something of another kind. */
function* mutations(value: unknown, build: (changed: unknown) => unknown): Generator<unknown> {
  for (const one of junk) yield build(one)
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield* mutations(item, (changed) => build(value.map((old: unknown, at) => (at === index ? changed : old))))
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      yield build(Object.fromEntries(Object.entries(value).filter(([other]) => other !== name)))
      yield* mutations(item, (changed) => build({ ...value, [name]: changed }))
    }
  }
}

function* formMutations(body: string): Generator<string> {
  const fields = [...new URLSearchParams(body)]
  for (const [index] of fields.entries()) {
    yield new URLSearchParams(fields.filter((_, at) => at !== index)).toString()
    for (const value of ['', 'x', '-1', '{', '[]']) yield new URLSearchParams(fields.map((field, at): [string, string] => (at === index ? [field[0], value] : field))).toString()
  }
}

/** At most `limit` bodies. Always with the empty ones, broken JSON, and bytes that are no text. */
export function garbageBodies(body: Uint8Array, limit = 3000): Uint8Array[] {
  const text = new TextDecoder().decode(body)
  const made: (string | Uint8Array)[] = ['', ' ', '{', '{}', '[]', 'null', '0', '"x"', '[[[]]]', 'a=b&c', '<xml/>', Buffer.from([0xff, 0xfe, 0x00, 0x80]), text.slice(0, text.length / 2), `${text}}`]
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    parsed = undefined
  }
  const changed = parsed === undefined ? formMutations(text) : mutations(parsed, (one) => one)
  for (const one of changed) {
    if (made.length >= limit) break
    made.push(typeof one === 'string' && parsed === undefined ? one : JSON.stringify(one))
  }
  return made.map((one) => Buffer.from(one))
}
