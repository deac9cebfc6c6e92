/** What an app says of a Postgres source beside the options of every database source. */

export interface PostgresOptions {
  /**
   * Name of the logical replication slot, `a-z`, `0-9` and `_`: the place in the log that the server keeps for this source. Made if it
   * is missing. One source, one slot. Default `millrace`.
   */
  readonly slot?: string
  /** Name of the publication: which tables the log tells of. Made if it is missing; tables that it lacks are added. Default `millrace`. */
  readonly publication?: string
  /** Whether slot and publication may be made and changed. With `false` both must be there. Default true. */
  readonly create?: boolean
  /** A slot that is made follows to standbys (Postgres 17 and newer, with `sync_replication_slots`). Default false. */
  readonly failover?: boolean
  /** Longest time until a connection stands, ms. Default 10,000. */
  readonly connectTimeoutMs?: number
  /** Longest time of a statement on the catalog, ms; reading tables and the log has no bound. Default 60,000. */
  readonly statementTimeoutMs?: number
}

/** The slot of a source that names none. */
export const defaultSlot = 'millrace'
