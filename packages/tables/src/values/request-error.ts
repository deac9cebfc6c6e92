/**
 * What is wrong with a request: a value, an expression or an update that DynamoDB would refuse, in its words. `reason` is
 * the message on the wire and `exception` its name there; app code sees the same with a code in front.
 *
 * Clients and their tests compare these messages, so they are AWS's to the letter, double spaces included.
 */
import { CodedError } from '@millrace/values'

/** Code -> what it means. Codes are never reused for another meaning. */
export const tableRequestErrorCodes = {
  TABLE_VALUE_INVALID: 'An attribute value, a key or an item is not one that a table can hold.',
  TABLE_EXPRESSION_INVALID:
    'An expression, its names or values, or their older forms are not well formed, or do not fit together.',
  TABLE_UPDATE_INVALID: 'An update does not fit the item that it is applied to.',
} as const

export type TableRequestErrorCode = keyof typeof tableRequestErrorCodes

/** Name of the error on the wire: the first for what a request says, the second for JSON of the wrong form. */
export type RequestException = 'ValidationException' | 'SerializationException'

export class TableRequestError extends CodedError<TableRequestErrorCode> {
  override readonly name = 'TableRequestError'
  readonly exception: RequestException
  /** The message without the code, as it goes over the wire. */
  readonly reason: string

  constructor(
    code: TableRequestErrorCode,
    reason: string,
    exception: RequestException = 'ValidationException',
  ) {
    super(code, reason)
    this.reason = reason
    this.exception = exception
  }
}

export function invalidValue(reason: string): TableRequestError {
  return new TableRequestError('TABLE_VALUE_INVALID', reason)
}

export function invalidParameter(reason: string): TableRequestError {
  return invalidValue(`One or more parameter values were invalid: ${reason}`)
}

export function invalidExpression(reason: string): TableRequestError {
  return new TableRequestError('TABLE_EXPRESSION_INVALID', reason)
}

export function invalidUpdate(reason: string): TableRequestError {
  return new TableRequestError('TABLE_UPDATE_INVALID', reason)
}

export function wrongForm(reason: string): TableRequestError {
  return new TableRequestError('TABLE_VALUE_INVALID', reason, 'SerializationException')
}
