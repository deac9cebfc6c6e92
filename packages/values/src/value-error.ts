/**
 * Failures of this package that a user can act on. Recognise them by `code`, which never changes its meaning; the
 * message says what was found, where, what is allowed, and the next step.
 */
export const valueErrorCodes = {
  VAL1001: 'text is not an SQL type',
  VAL1002: 'value does not suit its SQL type',
  VAL1101: 'text is not a supported JSON path',
  VAL1102: 'too many JSON paths in one reader',
  VAL1103: 'value has no JSON form',
  VAL1104: 'JSON text is not valid',
  VAL1105: 'columns flatten more than one array',
  VAL1201: 'number of shards is out of range',
  VAL1202: 'explicit hash key is no decimal number in 0 to 2^128 - 1',
} as const

export type ValueErrorCode = keyof typeof valueErrorCodes

export class ValueError extends Error {
  readonly code: ValueErrorCode
  readonly domain = 'user' as const

  constructor(code: ValueErrorCode, message: string) {
    super(`${code} ${message}`)
    this.name = 'ValueError'
    this.code = code
  }
}
