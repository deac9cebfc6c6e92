/** What the parts of the query translation hand to each other. */
import type { Field } from '@millrace/values'
import type { Expression, Query, SelectItem, SelectQuery, WindowSpec } from '../syntax/tree.ts'
import { cast, flinkType, item, nothing } from './build.ts'
import type { FlinkTime } from './flink-scope.ts'
import type { ExpressionTools, ExpressionTranslator } from './translate-expression.ts'

/** A stream, view or table of the translated program as others read it. */
export interface FlinkRelation {
  readonly name: string
  readonly columns: readonly string[]
  readonly time: FlinkTime | undefined
  readonly isTable: boolean
}

/** The event time of an input table in place of its ROWTIME. */
export interface EventTime {
  readonly expression: Expression
  /** ms by which rows may come late. */
  readonly delay: number
}

/** What the translated program around a query offers. */
export interface QueryHost extends ExpressionTools {
  /** Undefined for names that are no relations. */
  relation(name: string): FlinkRelation | undefined
  /** An input stream that follows another time; undefined if the name is no input stream. */
  inputByEventTime(name: string, time: EventTime): FlinkRelation | undefined
  /** Puts a view for a query in front of the statement at hand. */
  helperView(hint: string, query: TranslatedQuery): FlinkRelation
}

/** Columns that the query has to have, in order, and which of its items each takes; undefined for NULL. */
export interface TargetShape {
  readonly fields: readonly Field[]
  readonly positions: readonly (number | undefined)[]
}

export interface Wanted {
  readonly shape: TargetShape | undefined
  /** Whether the time attribute is to be a column behind the others. */
  readonly carriesTime: boolean
}

export interface TranslatedQuery {
  readonly query: Query
  /** Without the column of the time attribute. */
  readonly columns: readonly string[]
  /** Undefined if no time attribute is carried. */
  readonly time: FlinkTime | undefined
}

/** An item of a select list with `*` multiplied out. */
export interface KdaItem {
  readonly name: string
  readonly expression: Expression
}

export type NamedWindows = ReadonlyMap<string, WindowSpec>

export function windowsOf(select: SelectQuery): NamedWindows {
  return new Map(select.windows.map(({ name, spec }) => [name.name, spec]))
}

/** A window with the named ones that it refers to put into it. */
export function resolveWindow(
  windows: NamedWindows,
  over: WindowSpec | { readonly name: string },
): WindowSpec {
  if (!('kind' in over)) {
    // The program has been bound, so the window is declared.
    return resolveWindow(windows, windows.get(over.name)!)
  }
  if (over.base === undefined) return over
  const base = resolveWindow(windows, over.base)
  return {
    ...over,
    base: undefined,
    partitionBy: over.partitionBy.length > 0 ? over.partitionBy : base.partitionBy,
    orderBy: over.orderBy.length > 0 ? over.orderBy : base.orderBy,
    frame: over.frame ?? base.frame,
  }
}

/** The select list in the shape of the target, or of the items themselves. */
export function selectList(
  items: readonly KdaItem[],
  shape: TargetShape | undefined,
  translator: ExpressionTranslator,
): { readonly items: SelectItem[]; readonly columns: readonly string[] } {
  if (shape === undefined) {
    const columns = items.map(({ name }) => name)
    return {
      items: items.map(({ name, expression }) => item(translator.translate(expression), name)),
      columns,
    }
  }
  const made = shape.fields.map((field, i) => {
    const position = shape.positions[i]
    const source = position === undefined ? undefined : items[position]
    const value =
      source === undefined
        ? cast(nothing(), flinkType(field.type))
        : translator.assigned(source.expression, field.type)
    return item(value, field.name)
  })
  return { items: made, columns: shape.fields.map(({ name }) => name) }
}
