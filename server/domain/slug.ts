/** The key of a name that people type (domain §3): two names with one slug are the same name. */

/** Letters that do not fall apart into a base letter and a mark. */
const spelled: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' }

/**
 * Lower case, no diacritics, runs of other characters → `_`, none at the ends. Letters outside of a–z are written by
 * their code, so that names in other scripts keep apart. Empty for a name without a letter or digit.
 */
export function slugOf(name: string, longest = 120): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[ßæœøłđðþı]/g, (letter) => spelled[letter] as string)
    .replace(/(?![a-z0-9])[\p{L}\p{N}]/gu, (letter) => `u${(letter.codePointAt(0) as number).toString(16)}`)
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, longest)
}
