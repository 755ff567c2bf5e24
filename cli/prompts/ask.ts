/** Questions on the terminal. They only fill in flags that were left out, so that everything also runs unattended. */
import type { Words } from '../words.ts'

export interface Choice {
  readonly value: string
  readonly name: string
}
export interface Question {
  /** Key of the text in the locales. */
  readonly text: string
  readonly choices?: readonly Choice[]
  readonly byDefault?: string
  readonly secret?: boolean
  readonly optional?: boolean
}

/** Both ends are a person's: neither a pipe nor a script is asked anything. */
export const isInteractive = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true

/** Standard error carries the questions, so that standard output holds the answer of the command alone. */
async function prompter() {
  const { default: inquirer } = await import('inquirer')
  return inquirer.createPromptModule({ output: process.stderr })
}

export async function ask(words: Words, question: Question): Promise<string> {
  const prompt = await prompter()
  const { text, choices, byDefault, secret, optional = false } = question
  const message = words(text)
  if (choices) {
    return (
      await prompt<{ value: string }>([
        { type: 'select', name: 'value', message, choices: choices.map((choice) => ({ ...choice })), default: byDefault },
      ])
    ).value
  }
  const validate = (said: string): boolean | string => optional || said.trim() !== '' || words('ask.required')
  if (secret) return (await prompt<{ value: string }>([{ type: 'password', name: 'value', message, mask: '•', validate }])).value
  return (await prompt<{ value: string }>([{ type: 'input', name: 'value', message, default: byDefault, validate }])).value
}

export async function agree(message: string): Promise<boolean> {
  const prompt = await prompter()
  return (await prompt<{ value: boolean }>([{ type: 'confirm', name: 'value', message, default: false }])).value
}
