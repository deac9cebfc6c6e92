/**
 * What a client finds behind the name of a database. The lake's databases are schemas; one that is named at connect needs no prefix. A
 * client that names none (psql takes the user's name), or a usual name, gets the default.
 */
import { type Catalog, defaultDatabase, type LakeQuery } from '@millrace/lake'

export interface SessionPlaces {
  readonly services: { readonly catalog: Catalog; readonly query: LakeQuery }
  databases(): readonly string[]
  /** Undefined: there is no such database. */
  schemaOf(database: string, user: string): string | undefined
}

const usualNames = new Set(['millrace', 'lake', 'postgres'])

export function sessionPlaces(services: SessionPlaces['services']): SessionPlaces {
  const databases = (): string[] => services.catalog.databases().map(({ name }) => name)
  return {
    services,
    databases,
    schemaOf(database, user) {
      if (databases().includes(database)) return database
      return database === user || usualNames.has(database) ? defaultDatabase : undefined
    },
  }
}
