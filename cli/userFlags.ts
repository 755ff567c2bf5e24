/** Flags and steps that `users` and `agents` share. */
import { Flags } from '@oclif/core'
import type { UserChange, UserView } from '../server/actions/users.ts'

export const passwordFlags = {
  'password-stdin': Flags.boolean({ description: 'Read the password from standard input.', exclusive: ['password-file'] }),
  'password-file': Flags.string({ description: 'Read the password from a file.', helpValue: 'PATH' }),
  'must-change-password': Flags.boolean({
    description: 'Ask for a new password at the next sign-in (default: only when Turno makes it up).',
    allowNo: true,
  }),
}

export const profileFlags = {
  username: Flags.string({ description: 'User name to sign in with.' }),
  name: Flags.string({ description: 'Name that customers and colleagues see.' }),
  email: Flags.string({ description: 'E-mail address; an empty text takes it away.' }),
  'max-chats': Flags.string({ description: 'Open chats at a time; 0 for no limit, "default" for the setting.', helpValue: 'N' }),
}

/** Undefined: not given. Null: the setting's value. Not a number: left to the action to refuse. */
export function maxChatsOf(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined
  return text === 'default' ? null : Number(text)
}

export function changeOf(flags: { username?: string; name?: string; email?: string; 'max-chats'?: string }): Omit<UserChange, 'userId'> {
  const maxChats = maxChatsOf(flags['max-chats'])
  return {
    ...(flags.username === undefined ? {} : { username: flags.username }),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(flags.email === undefined ? {} : { email: flags.email === '' ? null : flags.email }),
    ...(maxChats === undefined ? {} : { maxChats }),
  }
}

export interface Made {
  readonly user: UserView
  readonly generatedPassword: string | null
}
