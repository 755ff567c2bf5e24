/** Small helpers for stanzas. */
import type { BinaryNode } from '@whiskeysockets/baileys'

export const node = (tag: string, attrs: Record<string, string | undefined> = {}, content: BinaryNode['content'] = []): BinaryNode => ({
  tag,
  attrs: Object.fromEntries(Object.entries(attrs).filter((entry): entry is [string, string] => entry[1] !== undefined)),
  content,
})
export const children = (parent: BinaryNode | undefined): BinaryNode[] => (Array.isArray(parent?.content) ? parent.content : [])
export const child = (parent: BinaryNode | undefined, tag: string): BinaryNode | undefined => children(parent).find((one) => one.tag === tag)
export const bytesOf = (parent: BinaryNode | undefined): Buffer => {
  const content = parent?.content
  return typeof content === 'string' ? Buffer.from(content) : content instanceof Uint8Array ? Buffer.from(content) : Buffer.alloc(0)
}
export const text = (value: string): Buffer => Buffer.from(value, 'utf8')
export const big = (value: number, size: number): Buffer => {
  const bytes = Buffer.alloc(size)
  bytes.writeUIntBE(value, 0, size)
  return bytes
}

/** `57300:5@s.whatsapp.net` → user 57300, device 5, server s.whatsapp.net. */
export function parseJid(jid: string): { user: string; device: number; server: string } {
  const [name = '', server = ''] = jid.split('@')
  const [user = '', device = '0'] = name.split(':')
  return { user, device: Number(device), server }
}
export const bare = (jid: string): string => {
  const { user, server } = parseJid(jid)
  return `${user}@${server}`
}
export const phoneJid = (number: string): string => `${number}@s.whatsapp.net`
export const lidJid = (lid: string): string => `${lid}@lid`
