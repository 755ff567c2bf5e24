/** One socket of a client: Noise below, stanzas above. Frames are handled one after the other. */
import type { WebSocket } from 'ws'
import { decodeBinaryNode, encodeBinaryNode, type BinaryNode, type proto } from '@whiskeysockets/baileys'
import { NoiseResponder, type ServerCertificate } from './noise.ts'
import { node } from './stanza.ts'

export interface ConnectionEvents {
  ready(connection: Connection): void
  stanza(connection: Connection, stanza: BinaryNode): Promise<void>
  closed(connection: Connection): void
  failed(error: unknown): void
}

export class Connection {
  /** Says nothing any more, as a network that swallows everything. */
  silent = false
  clientStatic: Buffer = Buffer.alloc(0)
  payload!: proto.ClientPayload
  readonly #socket: WebSocket
  readonly #noise: NoiseResponder
  #work: Promise<void> = Promise.resolve()

  constructor(socket: WebSocket, certificate: ServerCertificate, events: ConnectionEvents) {
    this.#socket = socket
    const inOrder = (job: () => Promise<void> | void): void => {
      this.#work = this.#work.then(job).catch((error: unknown) => events.failed(error))
    }
    this.#noise = new NoiseResponder(certificate, {
      send: (bytes) => { if (!this.silent) this.#socket.send(bytes) },
      ready: (clientStatic, payload) => {
        this.clientStatic = clientStatic
        this.payload = payload
        inOrder(() => events.ready(this))
      },
      frame: (plain) => inOrder(async () => events.stanza(this, await decodeBinaryNode(plain))),
    })
    socket.on('message', (data: Buffer) => {
      try {
        this.#noise.feed(Buffer.from(data))
      } catch (error) {
        events.failed(error)
        this.drop()
      }
    })
    socket.on('close', () => events.closed(this))
    socket.on('error', () => events.closed(this))
  }

  send(stanza: BinaryNode): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#noise.write(encodeBinaryNode(stanza))
  }

  /** `<stream:error>`, and the end. */
  streamError(attrs: Record<string, string>, reason?: BinaryNode): void {
    this.send(node('stream:error', attrs, reason ? [reason] : []))
    this.#socket.close()
  }

  /** `<failure>`: the login is refused. */
  refuse(attrs: Record<string, string>): void {
    this.send(node('failure', attrs))
    this.#socket.close()
  }

  /** Cuts the line without a word. */
  drop(): void {
    this.#socket.terminate()
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }
}
