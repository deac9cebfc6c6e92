/** `postgres(...)`: what a Postgres holds, then every change of it, as records of a stream. */
import type { SourceFactory } from '@millrace/runtime'
import { parsePostgresAddress } from '../postgres/connection/postgres-address.ts'
import { openPostgres } from '../postgres/open-postgres.ts'
import { defaultSlot, type PostgresOptions } from '../postgres/postgres-options.ts'
import type { CdcOptions } from './cdc-options.ts'
import { flagCheck, integerCheck, readCdcOptions } from './cdc-settings.ts'
import { optionsSource } from './options-source.ts'

/**
 * Follows tables of Postgres 12 and newer by logical replication (pgoutput). Exactly once into the stream, in the order of the log per
 * row. Options are checked at once: CDC_OPTION, CDC_URL, CDC_RULES_INVALID; everything that needs the database when it opens.
 */
export function postgres(options: CdcOptions & PostgresOptions): SourceFactory {
  const settings = readCdcOptions('postgres', options, {
    slot: nameCheck(/^[a-z0-9_]{1,63}$/, "1 to 63 of a-z, 0-9 and '_'"),
    publication: nameCheck(/^[^\0]{1,63}$/, 'a name of 1 to 63 characters'),
    create: flagCheck,
    failover: flagCheck,
    connectTimeoutMs: integerCheck(1, 3_600_000),
    statementTimeoutMs: integerCheck(1, 3_600_000),
  })
  const { name } = parsePostgresAddress(options.url)
  const source = optionsSource('postgres', options, settings, (context) => openPostgres(options, context))
  return Object.assign(source, { alone: `slot "${options.slot ?? defaultSlot}" of ${name}` })
}

function nameCheck(pattern: RegExp, allowed: string) {
  return (value: unknown) => (typeof value === 'string' && pattern.test(value) ? undefined : allowed)
}
