/** Something that does pending work. Nudges make it quick; `sweep` makes it certain. */
export interface Worker {
  readonly name: string
  /** Looks for work that no nudge told of. */
  sweep(): Promise<void>
  /** Takes no more work, and resolves when what it is doing is done. */
  stop(): Promise<void>
}
