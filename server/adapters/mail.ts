/** E-mail through a server of the company's (domain §5.8). */
import { createTransport } from 'nodemailer'

export interface MailServer {
  readonly host: string
  readonly port: number
  /** tls: from the first byte. starttls: required after the greeting. none: in the clear. */
  readonly tls: 'tls' | 'starttls' | 'none'
  readonly username: string | null
  readonly password: string | null
  readonly sender: string
}

export interface Mail {
  readonly to: readonly string[]
  readonly cc?: readonly string[]
  readonly subject: string
  readonly text: string
  readonly html?: string | null
  readonly replyTo?: string | null
  readonly attachments?: readonly { readonly name: string; readonly mime: string; readonly content: Buffer }[]
}

const transportOf = (server: MailServer, timeoutMs: number) =>
  createTransport({
    host: server.host, port: server.port, secure: server.tls === 'tls', requireTLS: server.tls === 'starttls', ignoreTLS: server.tls === 'none',
    ...(server.username === null ? {} : { auth: { user: server.username, pass: server.password ?? '' } }),
    connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs, disableFileAccess: true, disableUrlAccess: true,
  })

/** Resolves when the server has accepted it for every addressee; rejects otherwise. */
export async function sendMail(server: MailServer, mail: Mail, timeoutMs: number): Promise<void> {
  const transport = transportOf(server, timeoutMs)
  try {
    const sent = await transport.sendMail({
      from: server.sender, to: [...mail.to], cc: [...(mail.cc ?? [])], subject: mail.subject, text: mail.text, ...(mail.html ? { html: mail.html } : {}), ...(mail.replyTo ? { replyTo: mail.replyTo } : {}),
      attachments: (mail.attachments ?? []).map((one) => ({ filename: one.name, contentType: one.mime, content: one.content })),
    })
    if (sent.rejected.length > 0) throw new Error(`refused: ${sent.rejected.map(String).join(', ')}`)
  } finally {
    transport.close()
  }
}

/** Whether it can be reached and takes the credentials. Rejects with what the server said. */
export async function checkMailServer(server: MailServer, timeoutMs = 15_000): Promise<void> {
  const transport = transportOf(server, timeoutMs)
  try {
    await transport.verify()
  } finally {
    transport.close()
  }
}
