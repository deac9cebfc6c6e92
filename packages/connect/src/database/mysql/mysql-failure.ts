/**
 * What MySQL's and MariaDB's errors mean for a batch: by their number where it says more than the SQLSTATE, whose class HY000 has
 * everything in it. Numbers and names: the error references of both servers.
 */
import { isConnectionLost, MysqlConnectError } from '@millrace/cdc'
import type { Failure } from '../sql-dialect.ts'

/** Waits, deadlocks, shutdowns, read-only servers, full disks. */
const passing: ReadonlySet<number> = new Set([
  1020, 1021, 1028, 1037, 1038, 1040, 1041, 1053, 1077, 1079, 1105, 1114, 1152, 1158, 1159, 1160, 1161, 1180,
  1184, 1194, 1203, 1205, 1206, 1213, 1226, 1290, 1317, 1397, 1479, 1535, 1613, 1614, 1792, 1836, 1927, 1969,
  2006, 2013, 3024, 3100, 3101, 3169, 3572, 4031,
])
const references: ReadonlySet<number> = new Set([1216, 1452])
const changed: ReadonlySet<number> = new Set([1051, 1054, 1109, 1146, 1412])
/** Of class HY000: no default (1364), no value for a character set (1366), too long for an index (1713), checks (3819, 4025), JSON. */
const data: ReadonlySet<number> = new Set([
  1062, 1169, 1264, 1265, 1267, 1292, 1364, 1366, 1406, 1411, 1416, 1525, 1526, 1591, 1690, 1713, 1748, 3140,
  3141, 3156, 3157, 3671, 3819, 3903, 4025, 4078, 1644,
])

export function mysqlFailure(error: unknown): Failure {
  const { errno, code = '', sqlState = '', message, sqlMessage } = fieldsOf(error)
  const failure = { code: code || 'Error', message: sqlMessage ?? message }
  if (error instanceof MysqlConnectError) return { ...failure, kind: error.isRefused ? 'other' : 'passing' }
  if (isConnectionLost(error)) return { ...failure, kind: 'passing' }
  if (errno === undefined) return { ...failure, kind: /^E[A-Z]+$/.test(code) ? 'passing' : 'other' }
  if (passing.has(errno)) return { ...failure, kind: 'passing' }
  if (references.has(errno)) return { ...failure, kind: 'reference' }
  if (changed.has(errno)) return { ...failure, kind: 'changed' }
  if (data.has(errno) || /^(22|23|44|45)/.test(sqlState)) return { ...failure, kind: 'data' }
  return { ...failure, kind: 'other' }
}

interface MysqlFields {
  readonly errno: number | undefined
  readonly code: string | undefined
  readonly sqlState: string | undefined
  readonly sqlMessage: string | undefined
  readonly message: string
}

function fieldsOf(error: unknown): MysqlFields {
  if (!(error instanceof Error)) {
    return {
      errno: undefined,
      code: undefined,
      sqlState: undefined,
      sqlMessage: undefined,
      message: String(error),
    }
  }
  // What the driver adds to its errors; each is looked at.
  const { errno, code, sqlState, sqlMessage } = error as Error & { readonly [name: string]: unknown }
  return {
    errno: typeof errno === 'number' ? errno : undefined,
    code: typeof code === 'string' ? code : undefined,
    sqlState: typeof sqlState === 'string' ? sqlState : undefined,
    sqlMessage: typeof sqlMessage === 'string' ? sqlMessage : undefined,
    message: error.message,
  }
}
