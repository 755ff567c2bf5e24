import { requireCurrentSchema } from '../../store/migrate.ts'
import type { Core } from '../core.ts'

/** Throws `database_unavailable`, `schema_older`, `schema_newer`, `database_not_ours` and `not_installed`. */
export const checkDatabase = (core: Core): Promise<void> => requireCurrentSchema(core.db)
