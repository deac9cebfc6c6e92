/**
 * Rules of one table at work: events of the source's schema become events of the transformed one. Cost for a row: its filters, and one
 * new array where columns change; nothing where no rule concerns the table.
 */
import type { ColumnValue, Row } from '../model/column-value.ts'
import type { LogEvent, RowChange, SchemaChange } from '../model/log-event.ts'
import type { TableSchema } from '../model/table-schema.ts'
import { isoTime } from '../model/time-text.ts'
import { makeConvert } from './convert-value.ts'
import type { ExpressionContext } from './expression/compile-expression.ts'
import { toColumn } from './expression/expression-value.ts'
import type { RowTest } from './filters.ts'
import type { ObjectMapping, TableTransform } from './table-rules.ts'
import type { ColumnOrigin, TransformedSchema } from './transform-schema.ts'

type RowSide = (change: RowChange, row: Row, side: 'before' | 'after') => Row

export function makeTableTransform(
  source: TableSchema,
  transformed: TransformedSchema,
  passes: RowTest | undefined,
  mapping: ObjectMapping | undefined,
  /** Of other schemas of the table: those that a change of it names. */
  schemaOf: (schema: TableSchema) => TableSchema,
): TableTransform {
  const { schema } = transformed
  const rowOf = transformed.keepsRows ? undefined : compileRow(source, transformed.origins)
  return {
    schema,
    mapping,
    apply(event) {
      if (event.kind === 'schema') return applySchema(event, schemaOf)
      if (event.kind === 'truncate') return schema === source ? event : { ...event, table: schema }
      if (passes !== undefined && !isLetThrough(event, passes)) return undefined
      if (schema === source) return event
      const { before, after } = event
      if (rowOf === undefined) return { ...event, table: schema }
      return {
        ...event,
        table: schema,
        before: before && rowOf(event, before, 'before'),
        after: after && rowOf(event, after, 'after'),
      } satisfies LogEvent
    },
  }
}

/** An update of a row that was in, or is in: a filter is for columns that do not change. */
function isLetThrough({ operation, before, after }: RowChange, passes: RowTest): boolean {
  const isIn = (row: Row | undefined) => row !== undefined && passes(row) !== false
  return operation === 'delete' ? isIn(before) : isIn(after) || (operation === 'update' && isIn(before))
}

function compileRow(source: TableSchema, origins: readonly ColumnOrigin[]): RowSide {
  const cells = origins.map((origin) => compileCell(source, origin))
  return (change, row, side) => {
    const values: ColumnValue[] = new Array(cells.length)
    for (let i = 0; i < cells.length; i++) values[i] = cells[i]!(change, row, side)
    return values
  }
}

type Cell = (change: RowChange, row: Row, side: 'before' | 'after') => ColumnValue

function compileCell(source: TableSchema, origin: ColumnOrigin): Cell {
  switch (origin.kind) {
    case 'column': {
      const { index, convert } = origin
      return convert === undefined ? (_, row) => row[index] : (_, row) => convert(row[index])
    }
    case 'before': {
      const { index, convert } = origin
      return (change, _, side) => {
        // Null, and not unknown: the column has no value but in updates.
        const value = side === 'after' ? (change.before?.[index] ?? null) : null
        return convert === undefined ? value : convert(value)
      }
    }
    case 'expression': {
      const { expression, rule, where } = origin
      return (change, row) => {
        const result = expression.evaluate(row, contextOf(source, change))
        if (result === undefined) return undefined
        const { value, type } = toColumn(result)
        return makeConvert(type, rule.type, where)(value)
      }
    }
  }
}

function contextOf({ schema, table }: TableSchema, { operation, transaction }: RowChange): ExpressionContext {
  return {
    schema,
    table,
    operation,
    commitTime: transaction === undefined ? null : isoTime(transaction.commitTimeUs),
    streamPosition: transaction?.place ?? null,
  }
}

/** Undefined where the change is in what the rules take away. */
function applySchema(
  event: SchemaChange,
  schemaOf: (schema: TableSchema) => TableSchema,
): SchemaChange | undefined {
  const before = event.before && schemaOf(event.before)
  const after = event.after && schemaOf(event.after)
  if (before === event.before && after === event.after) return event
  if (before !== undefined && after !== undefined && isAlike(before, after)) return undefined
  const named = before ?? after
  const table = named === undefined ? event.table : { schema: named.schema, table: named.table }
  return { ...event, table, before, after }
}

function isAlike(a: TableSchema, b: TableSchema): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
