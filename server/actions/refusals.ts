/** What every administration action refuses alike: no right, values of a wrong shape, a name that is taken. */
import type { z } from 'zod'
import { DomainError, type ErrorCode } from '../domain/errors.ts'
import { can, type Actor, type Right } from '../domain/permissions.ts'
import { isUniqueViolation } from '../store/errors.ts'

/** @throws DomainError `forbidden` */
export function demand(actor: Actor, right: Right): void {
  if (!can(actor, right)) throw new DomainError('forbidden', { right })
}

/** @throws DomainError `validation` with `details.fields` [{path, message}] */
export function parsed<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  throw new DomainError('validation', {
    fields: result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
  })
}

/** Runs the work; a clash with one of these unique keys (its name, or its generated column) is refused by the field it stands for. */
export async function refusingClash<T>(
  keys: Readonly<Record<string, string>>,
  work: () => Promise<T>,
  code: ErrorCode = 'name_taken',
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    const told = describe(error)
    const key = Object.keys(keys).find((name) => told.includes(name))
    if (!key) throw error
    throw new DomainError(code, { field: keys[key] }, { cause: error })
  }
}

function describe(error: unknown): string {
  const { fields, parent } = error as { fields?: object; parent?: { message?: string; sqlMessage?: string } }
  return `${Object.keys(fields ?? {}).join(' ')} ${parent?.message ?? ''} ${parent?.sqlMessage ?? ''}`
}
