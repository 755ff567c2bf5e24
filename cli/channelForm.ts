/** Settings and secrets of a channel from flags, files, standard input and, on a terminal, questions. */
import { Flags } from '@oclif/core'
import type { BridgeDefinition } from '../plugins/sdk/bridge.ts'
import { formValue, valuesFromFile, valuesFromText } from './channelWords.ts'
import { CliError } from './command.ts'
import { exitCodes } from './exit.ts'
import { isInteractive } from './prompts/ask.ts'
import { askFor, openQuestions } from './prompts/channelForm.ts'
import { secretFromFile, secretFromStdin } from './secretInput.ts'
import type { Locale } from './words.ts'

export const formFlags = {
  setting: Flags.string({
    description: 'A setting of the bridge (repeat for more; NAME= takes it away).',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME=VALUE',
  }),
  'settings-file': Flags.string({ description: 'A JSON file with settings.', helpValue: 'PATH' }),
  'secret-file': Flags.string({
    description: 'A file that holds one secret (repeat for more).',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME=PATH',
  }),
  'secrets-stdin': Flags.boolean({ description: 'Read a JSON object of secrets from standard input.', default: false }),
}

export interface FormFlags {
  readonly setting?: string[] | undefined
  readonly 'settings-file'?: string | undefined
  readonly 'secret-file'?: string[] | undefined
  readonly 'secrets-stdin'?: boolean
}
export interface Form {
  settings: Record<string, unknown>
  secrets: Record<string, unknown>
}

export async function formOf(
  definition: BridgeDefinition,
  flags: FormFlags,
  assignment: (text: string) => [string, string],
): Promise<Form> {
  const settings = flags['settings-file'] === undefined ? {} : valuesFromFile(flags['settings-file'])
  const secretNames = new Set(Object.keys((definition.secretsSchema.properties ?? {}) as object))
  for (const text of flags.setting ?? []) {
    const [name, value] = assignment(text)
    if (secretNames.has(name)) throw new CliError('error.secret_argument', exitCodes.usage, { name })
    settings[name] = formValue(definition.settingsSchema, name, value)
  }
  const secrets = flags['secrets-stdin'] ? valuesFromText(await secretFromStdin(), '-') : {}
  for (const text of flags['secret-file'] ?? []) {
    const [name, path] = assignment(text)
    secrets[name] = readSecret(path)
  }
  return { settings, secrets }
}

/** Asks for what is still missing, where somebody can be asked; the action refuses the rest. `endpoint`: a shared address brings its own secrets. */
export async function completeForm(form: Form, definition: BridgeDefinition, locale: Locale, { endpoint = false } = {}): Promise<Form> {
  if (!isInteractive()) return form
  const shared = (name: string): boolean =>
    ((definition.secretsSchema.properties ?? {}) as Record<string, { 'x-endpoint'?: boolean }>)[name]?.['x-endpoint'] === true
  for (const name of openQuestions(definition.settingsSchema, form.settings)) {
    form.settings[name] = formValue(definition.settingsSchema, name, await askFor(locale, definition.settingsSchema, name, false))
  }
  for (const name of openQuestions(definition.secretsSchema, form.secrets)) {
    if (!(endpoint && shared(name))) form.secrets[name] = await askFor(locale, definition.secretsSchema, name, true)
  }
  return form
}

function readSecret(path: string): string {
  try {
    return secretFromFile(path)
  } catch (error) {
    throw new CliError('error.file', exitCodes.usage, { path, reason: (error as NodeJS.ErrnoException).code ?? 'unreadable' })
  }
}
