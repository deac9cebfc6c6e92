/**
 * Exit codes of every command. They are part of the interface: scripts and tests rely on them.
 *   0    done
 *   1    the app or the work failed, or the ledger does not balance
 *   2    wrong usage: command, flag, app option, or a name that does not exist
 *   3    the data directory is locked by another process, damaged, of a newer version or not one
 *   130  ended at once by a second ctrl-C (143 by a second SIGTERM)
 */
import { codeOf } from '../error.ts'

export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  dataDirectory: 3,
  interrupted: 130,
  terminated: 143,
} as const

const usageCodes = new Set([
  'CASES_NONE',
  'SQL_PLACEHOLDER',
  'USAGE',
  'OPTION_UNKNOWN',
  'OPTION_INVALID',
  'OPTION_REPEATED',
  'LOAD_NOT_FOUND',
  'DATA_DIR_MISSING',
  'DATA_TABLE_UNKNOWN',
  'DATA_STREAM_UNKNOWN',
  'DATA_FUNCTION_UNKNOWN',
  'SOURCE_UNKNOWN',
  'CATALOG_UNKNOWN',
  'CATALOG_VIEW_NOT_KEPT',
  'CATALOG_NAME_INVALID',
  'CATALOG_DATABASE_MISSING',
  'CATALOG_TABLE_MISSING',
  'CATALOG_TABLE_INVALID',
  'CATALOG_VIEW_MISSING',
  'CATALOG_VIEW_INVALID',
  'LAKE_QUERY_INVALID',
  'LAKE_QUERY_REFUSED',
  'DASHBOARD_INVALID',
  'DASHBOARD_UNKNOWN',
  'DEAD_LETTER_UNKNOWN',
  'DEAD_LETTER_AMBIGUOUS',
  'DEAD_LETTER_NOT_JSON',
  'DEAD_LETTER_STAGE',
  'INPUT_FAILED',
  'REPLAY_RANGE',
  'GATEWAY_OPTION_INVALID',
  'GATEWAY_AUTH_REFUSED',
  'GATEWAY_KEY_UNKNOWN',
  'ALARM_FILE_UNREADABLE',
  'ALARM_FILE_INVALID',
  'ALARM_RULE_INVALID',
])

const directoryCodes = new Set([
  'DATA_IN_USE',
  'STORE_LOCKED',
  'STORE_FORMAT_NEWER',
  'STORE_NOT_A_STORE',
  'STORE_DAMAGED',
  'STORE_OPEN_FAILED',
  'STAGE_RECORD_NEWER',
  'STAGE_RECORD_INVALID',
])

export function exitCodeOf(error: unknown): number {
  const code = codeOf(error)
  if (code === undefined) return exitCodes.failed
  if (usageCodes.has(code)) return exitCodes.usage
  return directoryCodes.has(code) ? exitCodes.dataDirectory : exitCodes.failed
}
