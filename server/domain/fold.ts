/** Text as searches and slugs compare it: lower case, no diacritics, one space. */
export function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}+/gu, '').toLowerCase().replace(/\s+/g, ' ').trim()
}

/** The words of a text, folded: letters and digits only. */
export function words(text: string): string {
  return fold(text).replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
}

export const digitsOf = (text: string): string => text.replace(/\D+/g, '')
export const reversed = (text: string): string => [...text].reverse().join('')
