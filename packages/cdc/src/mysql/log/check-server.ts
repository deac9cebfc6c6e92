/** Before a log is asked for: whose it is, whether by GTID, and whether the server still has what comes next. */
import type { Connection } from 'mysql2'
import { CdcError } from '../../errors.ts'
import { query } from './dump-connection.ts'
import { positionLost } from './dump-error.ts'
import type { MysqlPosition } from './mysql-position.ts'

/** A replica that lacks transactions that were read already: it may have them soon. Or never, if a server lost them. */
export class ServerBehindError extends Error {}

export interface ServerFacts {
  /** MySQL's server_uuid, MariaDB's server_id. */
  readonly server: string
  readonly isByGtid: boolean
}

/** Errors: CDC_POSITION_LOST, CDC_PREREQUISITE, CDC_LOG_UNSUPPORTED, `ServerBehindError`. */
export async function checkServer(
  connection: Connection,
  family: 'mysql' | 'mariadb',
  position: MysqlPosition,
  { name, tables }: { readonly name: string; readonly tables: string },
): Promise<ServerFacts> {
  const facts =
    family === 'mysql'
      ? await checkMysql(connection, position, name, tables)
      : await askMariadb(connection, position)
  if (facts.isByGtid) return facts
  if (position.file === '') {
    throw new CdcError(
      'CDC_PREREQUISITE',
      `${name} cannot be read by GTID, and the position has nothing else. Switch them on: SET GLOBAL gtid_mode = ON (by its steps), or start from a file and an offset.`,
    )
  }
  if (position.server !== undefined && position.server !== facts.server) {
    throw positionLost(
      name,
      position,
      `it is another server (${facts.server}) than that of the position (${position.server}), and files differ between servers`,
      tables,
    )
  }
  if (position.offset > 0xffff_ffff) {
    throw new CdcError(
      'CDC_LOG_UNSUPPORTED',
      `Reading from ${position.file}:${position.offset} is not possible: without GTIDs offsets go up to 4 GiB. Lower max_binlog_size, or switch on GTIDs.`,
    )
  }
  return facts
}

async function checkMysql(
  connection: Connection,
  position: MysqlPosition,
  name: string,
  tables: string,
): Promise<ServerFacts> {
  const [row] = await query(
    connection,
    'SELECT CAST(@@GLOBAL.server_uuid AS CHAR) AS server, CAST(@@GLOBAL.gtid_mode AS CHAR) AS mode',
  )
  const server = String(row?.server)
  const { gtids } = position
  if (gtids === undefined || gtids === '' || String(row?.mode) !== 'ON') return { server, isByGtid: false }
  // Digits, letters, colons, commas and underlines only: the set was parsed.
  const [sets] = await query(
    connection,
    `SELECT CAST(GTID_SUBTRACT(@@GLOBAL.gtid_purged, '${gtids}') AS CHAR) AS purged,
     CAST(GTID_SUBTRACT('${gtids}', @@GLOBAL.gtid_executed) AS CHAR) AS missing`,
  )
  const purged = String(sets?.purged)
  const missing = String(sets?.missing)
  if (purged !== '') throw positionLost(name, position, `it has purged ${purged}`, tables)
  if (missing !== '') {
    throw new ServerBehindError(`it lacks transactions that were read already: ${missing}`)
  }
  return { server, isByGtid: true }
}

/** Whether it has the GTIDs it says when it is asked for the log. */
async function askMariadb(connection: Connection, { gtids }: MysqlPosition): Promise<ServerFacts> {
  const [row] = await query(connection, 'SELECT CAST(@@GLOBAL.server_id AS CHAR) AS server')
  return { server: String(row?.server), isByGtid: gtids !== undefined && gtids !== '' }
}
