/**
 * Every error of change data capture that somebody can act on: one table of codes, one class. A message says what happened, where,
 * with which value, what is allowed and what to do next; it never holds a password. Recognise an error by its `code`, not by its
 * class: classes differ between threads and copies of the package.
 */
import { CodedError } from '@millrace/values'

/** Code -> what it means. Codes are never reused for another meaning. */
export const cdcErrorCodes = {
  CDC_OPTION: 'an option of a database source or sink is missing, unknown or out of range',
  CDC_URL: 'the address of a database cannot be read; the message says what it must look like',
  CDC_DRIVER_MISSING: 'a package that speaks to the database is not installed; the message names it',
  CDC_CONNECT: 'a database could not be reached, or refused the account',
  CDC_PREREQUISITE:
    'a setting or grant of the database is missing; the message has the statement that mends it',
  CDC_POSITION: 'a committed or given position is not one of this source, or cannot be read',
  CDC_POSITION_LOST:
    'the database no longer has its log from the committed position on; the message names the tables to load again',
  CDC_LOG_INVALID: 'bytes of a log are not what the protocol allows; nothing of them was used',
  CDC_LOG_UNSUPPORTED: 'a log has a form that is not read; the message says how to switch it off',
  CDC_SCHEMA_UNKNOWN: 'rows of a log do not fit the columns that are known for their table at that place',
  CDC_SCHEMA_CHANGED: 'a table changed in a way that its policy does not allow to be followed',
  CDC_LOG_BEHIND: 'a database keeps much of its log for a source, which is behind; its disk may fill up',
  CDC_LOG_EXPIRES: 'a database will soon drop the log at the place that a source has reached',
  CDC_LOAD_WAITS: 'a table cannot be loaded at the moment; it is tried again until it can',
  CDC_LOAD_INEXACT:
    'rows of a table without a key may come twice, since it changed all the time while it was loaded',
  CDC_RECORD_INVALID:
    'a record is larger, or has a longer key, than a stream takes; the dead letter holds its beginning',
  CDC_ROWS_UNLOGGED:
    'a statement changed rows of a table without the log saying which; the message names the table to load again',
  CDC_TABLE_MISSING: 'a selected table does not exist, or the account may not see it',
  CDC_ONE_SHARD: 'all changes of a table have one partition key, so that they land on one shard',
  CDC_RULES_INVALID: 'table mappings have a rule that cannot be; the message names the rule and the member',
  CDC_VALUE_INVALID: 'a value of a database does not suit the type of its column',
  CDC_SERVER_START: 'a private database server could not be started; the message has the end of its log',
} as const

export type CdcErrorCode = keyof typeof cdcErrorCodes

export class CdcError extends CodedError<CdcErrorCode> {
  override name = 'CdcError'
}
