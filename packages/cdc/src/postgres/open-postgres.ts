/** Opens a Postgres as a database that changes are captured from. */
import type { Database, DatabaseContext } from '../database/database.ts'
import { CdcError } from '../errors.ts'
import type { CdcOptions } from '../source/cdc-options.ts'
import type { PostgresOptions } from './postgres-options.ts'

export function openPostgres(
  _options: CdcOptions & PostgresOptions,
  _context: DatabaseContext,
): Promise<Database> {
  throw new CdcError(
    'CDC_OPTION',
    'Postgres cannot be followed by this build: its reader follows in the next commit',
  )
}
