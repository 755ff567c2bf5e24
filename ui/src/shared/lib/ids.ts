const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A client id for one send: unguessable, and safe to repeat with (the server answers with the first message). */
export function newClientId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20))
  return Array.from(bytes, (byte) => alphabet[byte % 32]).join('')
}
