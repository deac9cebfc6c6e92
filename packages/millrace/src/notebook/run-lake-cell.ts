/** A cell of the lake: one query of DuckDB over the catalog's tables, whose rows are kept up to the cell's limit. */
import type { CellJob, CellOutcome, CellValue, LakeHandle, RunningCell } from '@millrace/console'
import type { QueryColumn } from '@millrace/lake'
import { type Clock, codeOf, messageOf } from '@millrace/values'
import { cutText } from './cell-values.ts'
import { lakeColumn, timeTypes } from './lake-columns.ts'
import { lakeMarks, withoutEnd } from './lake-marks.ts'

const timeoutMs = 120_000
/** Of the rows that are shown, as JSON. */
const shownBytesMax = 8 * 1024 * 1024
const exactTypes = /^(?:U?(?:TINYINT|SMALLINT|INTEGER)|FLOAT|DOUBLE)$/

export function runLakeCell(
  { text, rows: limit, access }: CellJob,
  { query }: LakeHandle,
  clock: Clock,
  tell: (outcome: CellOutcome) => void,
): RunningCell {
  const startedAt = clock.now()
  const stopping = new AbortController()
  const work = async (): Promise<void> => {
    const result = await query.run(withoutEnd(text), {
      signal: stopping.signal,
      timeoutMs,
      ...(access === undefined ? {} : { access: access.lake }),
    })
    tell({ kind: 'columns', columns: result.columns.map(lakeColumn), isAppendOnly: true })
    for (const warning of result.warnings) tell({ kind: 'text', text: warning })
    let total = 0
    let left = shownBytesMax
    for await (const chunk of result.rows) {
      const put = chunk.slice(0, Math.max(0, limit - total)).map((row, i) => {
        const values = row.map((value, c) => lakeValue(value, result.columns[c]))
        return [total + i + 1, values] as const
      })
      const fitting = put.findIndex(([, values]) => {
        left -= JSON.stringify(values).length
        return left < 0
      })
      if (fitting >= 0) put.length = fitting
      total += chunk.length
      tell({ kind: 'rows', isWhole: false, put, removed: [], total })
      // There is more than is shown.
      if (total > limit || left < 0) break
    }
    if (total === 0) tell({ kind: 'rows', isWhole: true, put: [], removed: [], total })
    tell({ kind: 'progress', records: total, changes: total })
  }
  const ms = () => clock.now() - startedAt
  let over = false
  const end = (outcome: Extract<CellOutcome, { kind: 'done' }>): void => {
    if (over) return
    over = true
    tell(outcome)
  }
  const ended = work().then(
    () => end({ kind: 'done', reason: 'ended', ms: ms() }),
    (error: unknown) =>
      end({
        kind: 'done',
        reason: 'failed',
        ms: ms(),
        error: { code: codeOf(error) ?? 'NOTEBOOK_FAILED', message: messageOf(error) },
        marks: lakeMarks(error, text),
      }),
  )
  return {
    async stop() {
      end({ kind: 'done', reason: 'stopped', ms: ms() })
      stopping.abort()
      await ended
    },
  }
}

/** Numbers that a page can hold exactly are numbers; others stay what DuckDB writes. */
function lakeValue(value: string | null, column: QueryColumn | undefined): CellValue {
  if (value === null || column === undefined) return null
  const { type } = column
  if (type === 'BOOLEAN') return value === 'true'
  if (/^U?BIGINT$/.test(type)) return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (exactTypes.test(type)) return Number.isFinite(Number(value)) ? Number(value) : value
  if (timeTypes.test(type) && type !== 'DATE')
    return value.replace(' ', 'T').replace(/(?:\+00(?::?00)?)?$/, 'Z')
  return cutText(value)
}
