/** What `openMysqlLog` needs: a position, ways to connect, and what is known of tables. */
import type { Clock, Random } from '@millrace/values'
import type { Connection } from 'mysql2'
import type { LogTables } from '../../log/log-reader.ts'
import type { MysqlPosition } from './mysql-position.ts'
import type { SchemaTracker } from './schema-tracker.ts'

export type { MysqlPosition }

export interface MysqlLogOptions {
  readonly family: 'mysql' | 'mariadb'
  readonly start: MysqlPosition
  readonly tables: LogTables
  readonly tracker: SchemaTracker
  /**
   * A new connection of its own, signed in, with `createConnection` of mysql2 (not its promises); it is closed here. Asked again for
   * every reconnect. A CdcError ends reading unless it is a MysqlConnectError that is not `isRefused`; that, and every other error,
   * means that the server is away for now.
   */
  readonly connect: (signal: AbortSignal) => Promise<Connection>
  /** For messages: `mysql://host:3306`. */
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  /** Under which the server knows us; must differ from every server and replica of the same source. Random unless given. */
  readonly serverId?: number
  /** How often an idle server says where it is. Default 1,000. */
  readonly heartbeatMs?: number
  readonly warn?: (code: string, message: string) => void
}
