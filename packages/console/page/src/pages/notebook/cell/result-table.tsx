/** Rows of a result in place: those that change keep their place, and the cells that changed are marked for a moment. */
import { useMemo, useState } from 'react'
import type { CellValue, ColumnShape } from '../../../../../src/protocol/notebook.ts'
import { steadyMs } from '../../../kit/clock.ts'
import { Grid, type GridColumn, type GridSort } from '../../../kit/grid.tsx'
import type { CellResult } from '../model/cell-results.ts'
import type { ResultRow } from '../model/row-set.ts'
import { sortRows } from '../model/sort-rows.ts'

/** Rows that have room without scrolling. */
const rowsShown = 10
const rowsReserved = 3
/** How long a change is marked; the animation of notebook.css takes as long. */
const markMs = 1_200

export function ResultTable({ label, result }: { readonly label: string; readonly result: CellResult }) {
  const { columns, rows, progress, state } = result
  const [sort, setSort] = useState<GridSort | undefined>()
  const layout = useMemo(() => columns.map(gridColumn), [columns])
  const at = useMemo(() => new Map(columns.map(({ name }, i) => [name, i])), [columns])
  const sorted = useMemo(() => {
    const column = sort === undefined ? -1 : (at.get(sort.column) ?? -1)
    const isNumber = columns[column]?.isNumber ?? false
    return sortRows(rows, column, { isNumber, descending: sort?.descending ?? false })
  }, [rows, sort, at, columns])
  const isBusy = state === 'asked' || state === 'running'
  const shown = Math.min(rowsShown, Math.max(rowsReserved, rows.length))
  return (
    <Grid
      label={label}
      columns={layout}
      rows={sorted}
      rowKey={(row) => String(row.id)}
      cell={(row, name) => {
        const place = at.get(name) ?? -1
        return <Value row={row} at={place} isTime={columns[place]?.isTime ?? false} />
      }}
      height={32 + shown * 28}
      follow={sort === undefined}
      sort={sort}
      // A third click on a head takes the order away.
      onSort={(next) => setSort(sort?.column === next.column && sort.descending ? undefined : next)}
      empty={isBusy ? (progress?.waiting ?? 'No rows yet.') : 'The result has no rows.'}
    />
  )
}

function Value({
  row,
  at,
  isTime,
}: {
  readonly row: ResultRow
  readonly at: number
  readonly isTime: boolean
}) {
  const value = row.values[at] ?? null
  const changedMs = row.changedMs?.[at]
  const isMarked = changedMs !== undefined && steadyMs() - changedMs < markMs
  // The key starts the animation anew for each change.
  return (
    <span
      key={isMarked ? changedMs : 0}
      className={`result-value ${isMarked ? 'changed' : ''} ${value === null ? 'null' : ''}`}
      title={titleOf(value)}
    >
      {isTime ? timeText(value) : valueText(value)}
    </span>
  )
}

/** Nine digits of a number with a fraction: what is behind them is mostly the rounding of floats, and stands in the title. */
function valueText(value: CellValue): string {
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(9)))
  return value === null ? 'NULL' : String(value)
}

function titleOf(value: CellValue): string | undefined {
  const text = String(value)
  return value !== null && (text.length > 18 || text !== valueText(value)) ? text : undefined
}

/** As SQL writes it, without what is the same everywhere: the T, the zone, and no fraction. */
function timeText(value: CellValue): string {
  return valueText(value)
    .replace('T', ' ')
    .replace(/(?:\.0+)?Z$/, '')
}

/** Few columns share the room; of many each has what its values need, and the table scrolls. */
function gridColumn(
  { name, type, isNumber, isTime }: ColumnShape,
  _at: number,
  all: readonly unknown[],
): GridColumn {
  const title = (
    <span title={`${name} ${type}`}>
      {name} <span className="column-type">{shortType(type)}</span>
    </span>
  )
  const align = isNumber ? ({ align: 'right' } as const) : {}
  if (all.length > 6) return { name, title, ...align, width: isTime ? 190 : isNumber ? 130 : 160 }
  return { name, title, ...align, width: isTime ? '1.4fr' : '1fr' }
}

/** `TIMESTAMP(3) *ROWTIME*` needs more room than it is worth in a head. */
function shortType(type: string): string {
  const short = type.replace(/\s+NOT NULL$/i, '')
  return short.length > 16 ? `${short.slice(0, 15)}…` : short
}
