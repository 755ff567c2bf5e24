/** A host in memory whose network is real: for bridges that speak to a fake provider on loopback. */
import type { BridgeHost } from '../../../plugins/sdk/index.ts'
import { fakeHost } from '../../../plugins/sdk/testkit/index.ts'
import type { FakeHost } from '../../../plugins/sdk/testkit/index.ts'

export interface LiveHost { readonly fake: FakeHost; readonly host: BridgeHost }
export function liveHost(): LiveHost {
  const fake = fakeHost()
  return { fake, host: { ...fake.host, fetch } }
}

export async function bytesOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}
