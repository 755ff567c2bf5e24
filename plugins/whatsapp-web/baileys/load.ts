/**
 * The only door to the client library. It is an optional dependency and is loaded when the first WhatsApp Web channel
 * opens; types are imported elsewhere in this folder, values never. Outside of this folder nothing knows the library.
 */
import type * as library from '@whiskeysockets/baileys'
import { BridgeError } from '../../sdk/index.ts'
import { silenceLibsignal } from './libsignal.ts'
import { guardSignatures } from './signatures.ts'

export type Baileys = typeof library

let loading: Promise<Baileys> | undefined

async function load(): Promise<Baileys> {
  try {
    await silenceLibsignal()
    const loaded = await import('@whiskeysockets/baileys')
    await guardSignatures(loaded)
    return loaded
  } catch (cause) {
    loading = undefined
    throw new BridgeError('permanent', 'provider_error', 'The WhatsApp Web client library is not installed (npm install @whiskeysockets/baileys)', {
      remoteCode: 'client_missing', cause,
    })
  }
}

/** @throws {BridgeError} permanent `provider_error`, remote code `client_missing`, when the optional dependency is absent */
export function loadBaileys(): Promise<Baileys> {
  loading ??= load()
  return loading
}
