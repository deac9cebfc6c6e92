/**
 * Warnings of a run: what is probably not meant, each with a stable code. A warning is identified by its code and its
 * subject, and said once; one with a growing count (values that did not fit) is replaced under the same identity.
 */
import type { Warning } from './report.ts'

export const warningCodes = {
  COLUMNS_SHARE_PATH: 'two columns of a schema mapping read the same path',
  PATH_NEVER_MATCHED: 'a mapped path matched none of the records so far',
  VALUES_OUT_OF_RANGE: 'values did not fit the type of their column; their rows are on the error stream',
  VALUES_REFUSED:
    'values could not be read as the type of their column; their records are on the error stream',
  RECORDS_LOST: 'retention deleted records before a stage had read them',
  RECORDS_CORRUPT: 'a stretch of the log failed its checksum and was stepped over',
  KEY_DIFFERS: 'records are keyed by something else than the column that their table names as partition key',
  REFERENCE_NOT_RELOADED: 'a reference file could not be read again; its table stays as it was',
  SCHEDULE_FAILED: 'a scheduled task of the lake (a view, a crawler) failed, and is tried again',
  DELIVERY_PREFIX: 'a prefix of a delivery has a date pattern that is allowed, but hardly meant',
  SINK_BLOCKED: 'a function that writes elsewhere cannot do so, tries again, and holds its records meanwhile',
  DELIVERY_BLOCKED: 'a delivery cannot store an object, tries again, and holds its records meanwhile',
  TABLE_UPKEEP: 'files of a table that a delivery writes could not be put together, which is tried again',
  LOG_NOT_WRITTEN: 'what functions print cannot be written to the data directory',
  REPORT_NOT_WRITTEN: 'a report about records that were given up could not be brought to its destination',
  STATE_DROPPED: 'operator state of an earlier program has no place in this one',
  STATE_REBUILT: 'the program has changed, and its state was rebuilt from the log',
  STATE_EMPTY: 'the program has changed, and operators that are new in it begin empty',
} as const

export class Warnings {
  /** By code and subject. */
  private readonly bySubject = new Map<string, Warning>()
  private readonly onNew: ((warning: Warning, subject: string) => void) | undefined

  constructor(onNew?: (warning: Warning, subject: string) => void) {
    this.onNew = onNew
  }

  /** Says a warning unless its subject had one with this very message; tells the listener of new subjects only. */
  say(code: string, subject: string, message: string): void {
    const key = `${code} ${subject}`
    const known = this.bySubject.get(key)
    if (known?.message === message) return
    const warning = { code, message }
    this.bySubject.set(key, warning)
    if (known === undefined) this.onNew?.(warning, subject)
  }

  /** Takes a warning back that has turned out wrong. */
  retract(code: string, subject: string): void {
    this.bySubject.delete(`${code} ${subject}`)
  }

  entries(): [subject: string, warning: Warning][] {
    return [...this.bySubject]
  }

  list(): Warning[] {
    return [...this.bySubject.values()]
  }
}
