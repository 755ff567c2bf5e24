/** Secret values come by prompt, standard input or file: an argument would stay in the shell's history and show in `ps`. */
import { readFileSync } from 'node:fs'

export function secretFromFile(path: string): string {
  return withoutLastNewline(readFileSync(path, 'utf8'))
}

export async function secretFromStdin(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Buffer))
  return withoutLastNewline(Buffer.concat(chunks).toString('utf8'))
}

/** `echo` and editors add one that nobody meant. */
const withoutLastNewline = (text: string): string => text.replace(/\r?\n$/, '')

/** The address of a service with a password in it, which must not be typed as an argument. */
export const carriesPassword = (url: string): boolean => URL.canParse(url) && new URL(url).password !== ''

export function withPassword(url: string, password: string): string {
  const parsed = new URL(url)
  parsed.password = encodeURIComponent(password)
  return parsed.href
}
