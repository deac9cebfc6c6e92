/** What an app says of a MySQL or MariaDB beside the options of every database source, and how such a database is opened. */
import type { Database, DatabaseContext } from '../database/database.ts'
import type { CdcOptions } from '../source/cdc-options.ts'

export interface MysqlOptions {
  /**
   * The id by which the server knows us as one of its replicas, 1 to 4294967295; each replica of a server needs an id of its own.
   * Default: a random one for each start, above a million, which lost connections that are made again keep.
   */
  readonly serverId?: number
  /**
   * Other servers with the same data, as addresses like `url`: tried in this order when the one before cannot be reached. The
   * position goes over from one to the other by GTID, so GTIDs must be on.
   */
  readonly failover?: readonly string[]
  /** How long a connection may take, ms. Default 10,000. */
  readonly connectTimeoutMs?: number
}

/** Connects, learns the server's kind and version. Throws CDC_URL, CDC_OPTION, CDC_DRIVER_MISSING, CDC_CONNECT. */
export type OpenMysql = (options: CdcOptions & MysqlOptions, context: DatabaseContext) => Promise<Database>
