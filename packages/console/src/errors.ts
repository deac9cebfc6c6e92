/**
 * Every error of the console that somebody can act on: one table of codes, one class. What a page's caller does wrong is an
 * AdminProblem of the gateway, under a code of its own.
 */
import { CodedError } from '@millrace/values'

/** Code -> what it means. Codes are never reused for another meaning. */
export const consoleErrorCodes = {
  CATALOG_VIEW_NOT_KEPT: 'a view that keeps no rows, or does not exist, was to be computed again',
  CONSOLE_PAGE_MISSING: 'the files of the web console have not been built',
  DASHBOARD_CHANGED:
    'a chart or dashboard that was to be saved has been changed by somebody else since, or exists',
  DASHBOARD_IN_USE: 'a chart that a dashboard shows was to be removed',
  DASHBOARD_INVALID: 'a chart, a dashboard or a file of them is not as it has to be',
  DASHBOARD_UNKNOWN: 'there is no chart or dashboard of that name',
} as const

export type ConsoleErrorCode = keyof typeof consoleErrorCodes

export class ConsoleError extends CodedError<ConsoleErrorCode> {
  override readonly name = 'ConsoleError'
}
