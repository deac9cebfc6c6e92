/** Rows of a result in a grid: numbers at the right, NULL told from an empty text. All of it is text. */
import { useMemo } from 'react'
import type { QueryAnswer } from '../../../../../src/protocol/lake.ts'
import { Grid, type GridColumn } from '../../../kit/grid.tsx'

/** Of a cell; the whole value is in its title. */
const lettersMax = 300

export function ResultGrid({
  label,
  answer: { columns, rows },
  height,
}: {
  readonly label: string
  readonly answer: Pick<QueryAnswer, 'columns' | 'rows'>
  readonly height?: number | 'fill'
}) {
  const heads = useMemo(
    () =>
      columns.map(
        ({ name, type, isNumber }, i): GridColumn => ({
          name: String(i),
          title: (
            <span title={type}>
              {name} <span className="lake-type">{shortType(type)}</span>
            </span>
          ),
          align: isNumber ? 'right' : 'left',
          width: widthOf(name, type, i, rows),
        }),
      ),
    [columns, rows],
  )
  const lines = useMemo(() => rows.map((values, index) => ({ index, values })), [rows])
  return (
    <Grid
      label={label}
      columns={heads}
      rows={lines}
      rowKey={({ index }) => String(index)}
      cell={({ values }, column) => <Value text={values[Number(column)] ?? null} />}
      empty="The result has no rows."
      {...(height === undefined ? {} : { height })}
    />
  )
}

function Value({ text }: { readonly text: string | null }) {
  if (text === null) return <span className="lake-null">NULL</span>
  return (
    <span className="mono" title={text.length > 20 ? text.slice(0, 2_000) : undefined}>
      {text.slice(0, lettersMax)}
    </span>
  )
}

/** Room for what the first rows have, within bounds, so that nothing jumps when one scrolls. */
function widthOf(name: string, type: string, column: number, rows: QueryAnswer['rows']): string {
  let letters = name.length + shortType(type).length + 2
  for (const row of rows.slice(0, 50)) letters = Math.max(letters, Math.min(48, row[column]?.length ?? 4))
  return `${Math.min(48, Math.max(8, letters)) + 3}ch`
}

function shortType(type: string): string {
  return type
    .toLowerCase()
    .replace('timestamp with time zone', 'timestamptz')
    .replace(/^(struct|map|enum).*$/s, '$1')
    .slice(0, 20)
}
