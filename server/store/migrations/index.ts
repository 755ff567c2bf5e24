/** Every migration, in order. Merged ones are never changed. */
import type { Migration } from '../migrate.ts'

export const migrations: readonly Migration[] = []
