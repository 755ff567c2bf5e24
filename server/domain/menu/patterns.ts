/** Finds what a node type's patterns point at in a node. */
export interface Found { readonly path: string; readonly value: unknown }

const join = (path: string, key: string | number) => (path === '' ? String(key) : `${path}.${key}`)
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function texts({ path, value }: Found): Found[] {
  const found: Found[] = []
  const open: Found[] = [{ path, value }]
  for (let next = open.pop(); next; next = open.pop()) {
    const at = next
    if (typeof at.value === 'string') found.push(at)
    else if (isObject(at.value)) for (const [key, value] of Object.entries(at.value)) open.push({ path: join(at.path, key), value })
  }
  return found
}

/** A last key that is missing is found with the value undefined, where its parent is an object. */
export function find(node: unknown, pattern: string): Found[] {
  let found: Found[] = [{ path: '', value: node }]
  for (const part of pattern.split('.')) {
    const name = part.replace(/~+$/, '')
    found = found.flatMap(({ path, value }) => {
      if (!isObject(value)) return []
      return name === '*' ? Object.entries(value).map(([key, one]) => ({ path: join(path, key), value: one }))
        : [{ path: join(path, name), value: Object.hasOwn(value, name) ? value[name] : undefined }]
    })
    if (part.endsWith('~~')) found = found.flatMap(texts)
    else if (part.endsWith('~')) {
      const keys = ({ path, value }: Found) => (isObject(value) ? Object.keys(value).map((key) => ({ path: join(path, key), value: key })) : [])
      found = found.flatMap(keys)
    }
  }
  return found
}

export const findAll = (node: unknown, patterns: readonly string[] = []): Found[] => patterns.flatMap((pattern) => find(node, pattern))
/** Those that are texts. */
export const findTexts = (node: unknown, patterns: readonly string[] = []): { readonly path: string; readonly value: string }[] =>
  findAll(node, patterns).filter((one): one is { path: string; value: string } => typeof one.value === 'string')
