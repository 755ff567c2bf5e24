/**
 * Regular expressions written by administrators, run by an engine without backtracking (RE2): time grows with the
 * length of the text, never with its square. Look-around and back-references do not exist there and are refused.
 */
import { RE2JS } from 're2js'

const longestPattern = 1000
/** Longer texts are examined up to here, which keeps one match below the 100 ms that §4.10 allows. */
const longestText = 10_000
const cacheSize = 1000

export type Regex = { readonly ok: true; readonly test: (text: string) => boolean } | { readonly ok: false; readonly message: string }

const cache = new Map<string, Regex>()

function build(pattern: string, flags: string): Regex {
  if (pattern.length > longestPattern) return { ok: false, message: `longer than ${longestPattern} characters` }
  const bad = [...flags].find((flag) => !'imsu'.includes(flag))
  if (bad !== undefined) return { ok: false, message: `unknown flag "${bad}"` }
  try {
    const bits = (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) | (flags.includes('m') ? RE2JS.MULTILINE : 0)
      | (flags.includes('s') ? RE2JS.DOTALL : 0)
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern), bits)
    return { ok: true, test: (text) => compiled.test(text.slice(0, longestText)) }
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) }
  }
}

/** Compiles once per pattern. A match anywhere in the text counts: `^` and `$` anchor it. */
export function regex(pattern: string, flags = ''): Regex {
  const key = `${flags}/${pattern}`
  let found = cache.get(key)
  if (!found) {
    if (cache.size >= cacheSize) cache.clear()
    found = build(pattern, flags)
    cache.set(key, found)
  }
  return found
}

/** False when the pattern does not compile. */
export function matches(text: string, pattern: string, flags = ''): boolean {
  const compiled = regex(pattern, flags)
  return compiled.ok && compiled.test(text)
}
