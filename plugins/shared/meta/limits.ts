/** Limits that the declared capabilities do not say, checked before anything leaves, so that a person reads a reason instead of a code. */
import { BridgeError } from '../../sdk/bridge.ts'
import type { Capabilities, HostMedia, MediaRef, PartKind } from '../../sdk/bridge.ts'
import { fileProblem, measure } from '../../sdk/capabilities.ts'

export const mebibyte = 1024 * 1024

export const refuse = (message: string): BridgeError => new BridgeError('permanent', 'bad_request', message)
export const unsupported = (what: string): BridgeError => new BridgeError('permanent', 'not_supported', what)

/** @throws {BridgeError} bad_request, naming the field and both numbers. */
export function atMost(what: string, text: string | undefined, max: number): void {
  const length = measure(text ?? '', 'characters')
  if (length > max) throw refuse(`${what} has ${length} characters; at most ${max} are allowed`)
}
export function notEmpty(what: string, text: string | undefined): void {
  if (text === undefined || text.trim() === '') throw refuse(`${what} is empty`)
}

/** A file in a place of its own (a header), held to the limits of its kind. @throws {BridgeError} with the code of the limit. */
export function checkedFile(capabilities: Capabilities, kind: PartKind, media: MediaRef): HostMedia {
  if (media.at !== 'host') throw new BridgeError('permanent', 'media_unavailable', 'Only a file in the host\'s storage can be sent')
  const problem = fileProblem(capabilities, kind, media)
  if (problem) throw new BridgeError('permanent', problem.code, `The network does not take this file as ${kind}: ${problem.code}`)
  return media
}
