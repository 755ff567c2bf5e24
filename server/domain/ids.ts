/** Public ids. What a person typed is made sure of first: MySQL refuses to compare an ASCII column with other letters. */
import { z } from 'zod'

export const ulid = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, 'an id of 26 characters')

export const isUlid = (text: string): boolean => ulid.safeParse(text).success

/** The id, or one that nothing has. */
export const idOrNone = (text: string): string => (isUlid(text) ? text : '')
