/**
 * Where the rows of a node lie when a program runs in parts: which columns of the node hold the partition key of the source
 * records behind its rows, and which table column each of its columns comes from. Values are followed through columns and
 * through conversions that keep their text; anything else loses them.
 */
import { isLossless } from '../expression/can-fail.ts'
import type { Expr, Schema } from '../plan.ts'
import { keyTextClass } from './partition-key.ts'
import type { JoinCondition, JoinKind } from './plan.ts'

export interface Origin {
  readonly table: string
  readonly column: string
}

export interface Flow {
  /**
   * For each part of the partition key, the columns that hold it: a row lies where the texts of these columns say.
   * Undefined: nothing is known about where a row lies.
   */
  readonly key: readonly (readonly number[])[] | undefined
  /** Why the key is not known, as the second half of a sentence. */
  readonly why: string
  /** Tables whose records the rows come from. */
  readonly tables: readonly string[]
  readonly origins: readonly (Origin | undefined)[]
}

/** The flow of a node whose column j holds column from[j] of its input (undefined: something new). */
export function mapFlow(flow: Flow, from: readonly (number | undefined)[], lostBy: string): Flow {
  const origins = from.map((column) => (column === undefined ? undefined : flow.origins[column]))
  if (flow.key === undefined) return { ...flow, origins }
  const key = flow.key.map((columns) =>
    from.flatMap((column, j) => (column !== undefined && columns.includes(column) ? [j] : [])),
  )
  const lost = key.findIndex((columns) => columns.length === 0)
  if (lost < 0) return { ...flow, key, origins }
  const name = flow.origins[flow.key[lost]![0]!]?.column ?? 'the key'
  return {
    ...flow,
    key: undefined,
    why: `the partition key \`${name}\` does not come through ${lostBy}`,
    origins,
  }
}

/** The columns of the input that the expressions hold, as far as the text of the value stays. */
export function columnsBehind(exprs: readonly Expr[]): (number | undefined)[] {
  return exprs.map(columnBehind)
}

function columnBehind(expr: Expr): number | undefined {
  if (expr.kind === 'column') return expr.index
  if (expr.kind !== 'call' || (expr.fn !== 'CAST' && expr.fn !== 'ASSIGN')) return undefined
  const value = expr.args[0]!
  const [from, to] = [keyTextClass(value.type), keyTextClass(expr.type)]
  const keeps = from !== undefined && from === to && isLossless(value.type, expr.type)
  return keeps ? columnBehind(value) : undefined
}

export function identity(width: number, columns: number): (number | undefined)[] {
  return Array.from({ length: columns }, (_, j) => (j < width ? j : undefined))
}

/** Rows of several inputs in the same columns: they lie alike if a key part stands in the same column everywhere. */
export function unionFlow(flows: readonly Flow[], schemas: readonly Schema[], lostBy: string): Flow {
  const tables = [...new Set(flows.flatMap((flow) => flow.tables))]
  const origins = flows[0]?.origins ?? []
  const unknown = flows.find((flow) => flow.key === undefined)
  if (unknown !== undefined) return { key: undefined, why: unknown.why, tables, origins }
  const keys = flows.map((flow) => flow.key ?? [])
  const first = keys[0] ?? []
  const key = first.map((columns, part) =>
    columns.filter(
      (column) => keys.every((other) => other[part]?.includes(column)) && sameClass(schemas, column),
    ),
  )
  if (keys.every(({ length }) => length === first.length) && key.every(({ length }) => length > 0))
    return { key, why: '', tables, origins }
  return {
    key: undefined,
    why: `the inputs of ${lostBy} are keyed by different columns`,
    tables,
    origins,
  }
}

function sameClass(schemas: readonly Schema[], column: number): boolean {
  const classes = schemas.map((schema) => keyTextClass(schema.fields[column]!.type))
  return classes[0] !== undefined && classes.every((each) => each === classes[0])
}

/** Whether equal keys of a join say that both rows lie in the same part. */
export function meetInJoin(left: Flow, right: Flow, { leftKeys, rightKeys }: JoinCondition): boolean {
  const [leftKey, rightKey] = [left.key, right.key]
  if (leftKey === undefined || rightKey === undefined || leftKey.length !== rightKey.length) return false
  const leftColumns = columnsBehind(leftKeys)
  const rightColumns = columnsBehind(rightKeys)
  return leftKey.every((columns, part) =>
    leftColumns.some((column, i) => {
      const other = rightColumns[i]
      if (column === undefined || other === undefined) return false
      const kind = keyTextClass(leftKeys[i]!.type)
      return (
        kind !== undefined &&
        kind === keyTextClass(rightKeys[i]!.type) &&
        columns.includes(column) &&
        rightKey[part]!.includes(other)
      )
    }),
  )
}

/**
 * Rows of a join whose sides meet. A side that may be missing says nothing where it is NULL, so of an outer join only the
 * other side's columns hold the key, and of a full join none.
 */
export function joinFlow(left: Flow, right: Flow, join: JoinKind): Flow {
  const tables = [...new Set([...left.tables, ...right.tables])]
  if (join === 'semi' || join === 'anti') return { ...left, tables }
  const width = left.origins.length
  const origins = [...left.origins, ...right.origins]
  const shifted = right.key?.map((columns) => columns.map((column) => column + width))
  switch (join) {
    case 'inner':
      return {
        key: left.key?.map((columns, part) => [...columns, ...(shifted?.[part] ?? [])]),
        why: left.why,
        tables,
        origins,
      }
    case 'left':
      return { key: left.key, why: left.why, tables, origins }
    case 'right':
      return { key: shifted, why: right.why, tables, origins }
    case 'full':
      return {
        key: undefined,
        why: 'after a FULL JOIN the key may stand on either side',
        tables,
        origins,
      }
  }
}
