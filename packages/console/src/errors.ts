/**
 * Every error of the console that somebody can act on: one table of codes, one class. What a page's caller does wrong is an
 * AdminProblem of the gateway, under a code of its own.
 */
import { CodedError } from '@millrace/values'

/** Code -> what it means. Codes are never reused for another meaning. */
export const consoleErrorCodes = {
  CATALOG_VIEW_NOT_KEPT: 'a view that keeps no rows, or does not exist, was to be computed again',
  CONSOLE_PAGE_MISSING: 'the files of the web console have not been built',
} as const

export type ConsoleErrorCode = keyof typeof consoleErrorCodes

export class ConsoleError extends CodedError<ConsoleErrorCode> {
  override readonly name = 'ConsoleError'
}
