/** Secrets by the name of their field, for logs that people read; long texts cut. */
const secretName = /token|secret|password|authorization|signature|api-?key|cookie/i
const mostText = 4000

export const isSecretName = (name: string): boolean => secretName.test(name)

export function redact(value: unknown): unknown {
  if (typeof value === 'string') return value.length > mostText ? `${value.slice(0, mostText)}… (${value.length})` : value
  if (Array.isArray(value)) return value.map(redact)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, secretName.test(name) ? '***' : redact(inner)]))
}

/** An address without the values of parameters that may be tokens. */
export function redactUrl(text: string): string {
  const [path = '', query] = text.split('?', 2)
  if (query === undefined) return text
  const parameters = new URLSearchParams(query)
  for (const name of [...parameters.keys()]) if (secretName.test(name)) parameters.set(name, '***')
  return `${path}?${parameters.toString()}`
}

/** A body as JSON where it is JSON. */
export function readable(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
