/**
 * A result that changes, for a terminal: the rows that are there after all changes so far, as a text table. Of a long result the
 * last rows are shown, since those are the news.
 */
import { plainValue, type Row, type RowKind } from '@millrace/sql'
import type { Field } from '@millrace/values'
import { ResultRows } from './result-rows.ts'

export class ResultTable {
  readonly #fields: readonly Field[]
  readonly #rows: ResultRows<string>

  constructor(fields: readonly Field[]) {
    this.#fields = fields
    this.#rows = new ResultRows({
      limit: Number.POSITIVE_INFINITY,
      isAppendOnly: false,
      cells: (row) => this.cells(row),
    })
  }

  apply(row: Row, kind: RowKind): void {
    this.#rows.apply(row, kind)
  }

  cells(row: Row): string[] {
    return this.#fields.map(({ type }, i) => {
      const value = plainValue(row[i] ?? null, type)
      return typeof value === 'string' ? value : value === null ? 'NULL' : JSON.stringify(value)
    })
  }

  /** One JSON object for each change. */
  json(row: Row, op: string): string {
    const values = this.#fields.map(({ name, type }, i) => [name, plainValue(row[i] ?? null, type)])
    return JSON.stringify({ op, ...Object.fromEntries(values) })
  }

  /** Header, rule, at most `most` rows, and how many there are. */
  lines(most: number): string[] {
    const all = this.#rows.rows()
    const shown = all.slice(-most)
    const names = this.#fields.map(({ name }) => name)
    const total = `${all.length} row${all.length === 1 ? '' : 's'}`
    const hidden = all.length > shown.length ? `, the last ${shown.length} shown` : ''
    return [...textTable(names, shown, this.#fields.map(isNumeric)), `(${total}${hidden})`]
  }
}

const cellWidthMax = 60

/** Columns as wide as their widest cell; numbers to the right. */
export function textTable(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly boolean[] = [],
): string[] {
  const cut = (text: string) => (text.length > cellWidthMax ? `${text.slice(0, cellWidthMax - 3)}...` : text)
  const cells = rows.map((row) => row.map((cell) => cut(cell.replace(/[\r\n\t]/g, ' '))))
  const widths = names.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (right[i] === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(names), widths.map((width) => '-'.repeat(width)).join('  '), ...cells.map(line)]
}

function isNumeric({ type }: Field): boolean {
  return ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'REAL', 'DOUBLE', 'DECIMAL'].includes(type.kind)
}
