/** What it means that a server stopped sending its log: nothing but to try again, or an error that only somebody can mend. */
import { CdcError } from '../../errors.ts'
import { type MysqlPosition, mysqlPositionText } from './mysql-position.ts'

/** ER_MASTER_FATAL_ERROR_READING_BINLOG: everything that is wrong with a log has this number, and only a text says what. */
const fatalNumber = 1236
/** ER_ACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR. */
const deniedNumbers: ReadonlySet<number> = new Set([1045, 1227])

/**
 * Two readers under one number. 'ended': a newer one came, which is not ours. 'refused': an older one is still there, which may be what the
 * server has left of our own last connection.
 */
export function serverIdClash(failure: Error): 'ended' | 'refused' | undefined {
  if (!/same server_(?:uuid|id)/i.test(failure.message)) return undefined
  return /already connected/i.test(failure.message) ? 'refused' : 'ended'
}

export function serverIdTaken(name: string, serverId: number, failure: Error): CdcError {
  return new CdcError(
    'CDC_OPTION',
    `Another reader or replica of ${name} uses the server id ${serverId}: ${endless(failure)}. ` +
      'Give each its own serverId, or leave the option out.',
    { cause: failure },
  )
}

/** Undefined: try again. */
export function dumpError(
  failure: Error,
  position: MysqlPosition,
  name: string,
  tables: string,
): CdcError | undefined {
  if (failure instanceof CdcError) return failure
  const number = errorNumber(failure)
  const said = endless(failure)
  if (number !== undefined && deniedNumbers.has(number)) {
    return new CdcError(
      'CDC_PREREQUISITE',
      `${name} does not let the account read its log: ${said}. Grant it: GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO the account.`,
      { cause: failure },
    )
  }
  if (number !== fatalNumber) return undefined
  if (/max_allowed_packet/i.test(said)) {
    return new CdcError(
      'CDC_PREREQUISITE',
      `${name} cannot send an event of its log: ${said}. Raise it there: SET GLOBAL max_allowed_packet = 1073741824.`,
      { cause: failure },
    )
  }
  if (/binlog_checksum|checksum/i.test(said)) {
    return new CdcError('CDC_LOG_INVALID', `${name} cannot read its own log: ${said}.`, { cause: failure })
  }
  return positionLost(name, position, said, tables, failure)
}

export function positionLost(
  name: string,
  position: MysqlPosition,
  reason: string,
  tables: string,
  cause?: unknown,
): CdcError {
  return new CdcError(
    'CDC_POSITION_LOST',
    `${name} does not have its log from ${mysqlPositionText(position)} on: ${reason}. To be loaded again: ${tables}.`,
    cause === undefined ? undefined : { cause },
  )
}

function errorNumber(error: Error): number | undefined {
  return 'errno' in error && typeof error.errno === 'number' ? error.errno : undefined
}

/** What it says, without the full stop that some messages end in. */
function endless(error: Error): string {
  return error.message.replace(/[.\s]+$/, '')
}
