/** What a file may claim to be (domain §8.4): its type is decided by its content, and a name that says otherwise is refused. */

export type FileKind = 'image' | 'video' | 'audio' | 'document'

const office = 'application/vnd.openxmlformats-officedocument.'
const openDocument = 'application/vnd.oasis.opendocument.'
const zip = 'application/zip'
const compound = 'application/x-cfb'

/** By the ending of the name: the type it stands for, and what its content may be recognised as (null: as nothing but text). */
const byEnding: Readonly<Record<string, { readonly mime: string; readonly content: readonly (string | null)[] }>> = {
  jpg: { mime: 'image/jpeg', content: ['image/jpeg'] }, jpeg: { mime: 'image/jpeg', content: ['image/jpeg'] },
  png: { mime: 'image/png', content: ['image/png', 'image/apng'] }, gif: { mime: 'image/gif', content: ['image/gif'] }, webp: { mime: 'image/webp', content: ['image/webp'] },
  bmp: { mime: 'image/bmp', content: ['image/bmp'] }, tif: { mime: 'image/tiff', content: ['image/tiff'] }, tiff: { mime: 'image/tiff', content: ['image/tiff'] },
  heic: { mime: 'image/heic', content: ['image/heic', 'image/heif'] }, avif: { mime: 'image/avif', content: ['image/avif'] },
  mp4: { mime: 'video/mp4', content: ['video/mp4', 'video/x-m4v', 'audio/mp4', 'audio/x-m4a', 'video/quicktime'] },
  mov: { mime: 'video/quicktime', content: ['video/quicktime', 'video/mp4'] },
  '3gp': { mime: 'video/3gpp', content: ['video/3gpp', 'video/3gpp2', 'video/mp4'] }, webm: { mime: 'video/webm', content: ['video/webm', 'audio/webm', 'video/matroska', 'video/x-matroska'] },
  mp3: { mime: 'audio/mpeg', content: ['audio/mpeg'] }, m4a: { mime: 'audio/mp4', content: ['audio/x-m4a', 'audio/mp4', 'video/mp4'] }, aac: { mime: 'audio/aac', content: ['audio/aac'] },
  ogg: { mime: 'audio/ogg', content: ['audio/ogg', 'audio/opus', 'application/ogg', 'video/ogg'] }, oga: { mime: 'audio/ogg', content: ['audio/ogg', 'audio/opus', 'application/ogg'] },
  opus: { mime: 'audio/ogg', content: ['audio/ogg', 'audio/opus'] }, amr: { mime: 'audio/amr', content: ['audio/amr'] }, wav: { mime: 'audio/wav', content: ['audio/wav', 'audio/vnd.wave'] },
  pdf: { mime: 'application/pdf', content: ['application/pdf'] }, zip: { mime: zip, content: [zip] },
  docx: { mime: `${office}wordprocessingml.document`, content: [`${office}wordprocessingml.document`, zip] },
  xlsx: { mime: `${office}spreadsheetml.sheet`, content: [`${office}spreadsheetml.sheet`, zip] },
  pptx: { mime: `${office}presentationml.presentation`, content: [`${office}presentationml.presentation`, zip] },
  odt: { mime: `${openDocument}text`, content: [`${openDocument}text`, zip] }, ods: { mime: `${openDocument}spreadsheet`, content: [`${openDocument}spreadsheet`, zip] },
  doc: { mime: 'application/msword', content: [compound, 'application/msword'] }, xls: { mime: 'application/vnd.ms-excel', content: [compound, 'application/vnd.ms-excel'] },
  ppt: { mime: 'application/vnd.ms-powerpoint', content: [compound, 'application/vnd.ms-powerpoint'] },
  txt: { mime: 'text/plain', content: [null] }, csv: { mime: 'text/csv', content: [null] }, vcf: { mime: 'text/vcard', content: [null, 'text/vcard'] },
}

export interface Sniffed {
  /** What the bytes were recognised as; null when they carry no mark. */
  readonly mime: string | null
  /** No mark, and all of it reads as UTF-8 text. */
  readonly text: boolean
}

/**
 * The type to store and serve; null when the name contradicts the content. What nothing knows is kept as bytes, and
 * text of an unknown ending (a page, a script) as bytes too, so that no browser ever runs it.
 */
export function typeOf(name: string, sniffed: Sniffed): string | null {
  const expected = byEnding[endingOf(name)]
  const found = sniffed.mime === null ? null : (sniffed.mime.split(';')[0] as string).trim()
  if (!expected) return found ?? 'application/octet-stream'
  if (found === null) return sniffed.text && expected.content.includes(null) ? expected.mime : null
  if (!expected.content.includes(found)) return null
  // A recording's own type is more exact than its ending; a document's ending more than “a zip”.
  return found.startsWith('audio/') && expected.mime.startsWith('video/') ? normal(found) : expected.mime
}

const normal = (mime: string): string => (mime === 'audio/x-m4a' ? 'audio/mp4' : mime)

export function kindOf(mime: string): FileKind {
  const family = mime.split('/')[0]
  return family === 'image' && mime !== 'image/svg+xml' ? 'image' : family === 'video' || family === 'audio' ? family : 'document'
}

/** What browsers may show; all else is only ever downloaded. */
export const isShownInline = (mime: string): boolean => kindOf(mime) !== 'document' || mime === 'application/pdf'

export const acceptsType = (accept: readonly string[], mime: string): boolean =>
  accept.some((rule) => rule === mime || rule === '*/*' || (rule.endsWith('/*') && mime.startsWith(rule.slice(0, -1))))

const endingOf = (name: string): string => /\.([A-Za-z0-9]{1,8})$/.exec(name)?.[1]?.toLowerCase() ?? ''

/** A name to show and to save under: no folders, no control or direction characters, at most 200 characters with its ending. */
export function safeFileName(name: string): string {
  const bare = (name.split(/[/\\]/).at(-1) ?? '').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>:"|?*]/gu, '').replace(/\s+/g, ' ').replace(/^[. ]+|[. ]+$/g, '')
  const characters = [...bare]
  if (characters.length === 0) return 'archivo'
  if (characters.length <= 200) return bare
  const ending = endingOf(bare)
  return ending ? `${characters.slice(0, 199 - ending.length).join('')}.${ending}` : characters.slice(0, 200).join('')
}
