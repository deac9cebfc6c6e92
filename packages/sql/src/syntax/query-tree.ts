/**
 * The syntax tree of queries: expressions, types, SELECT and what stands behind FROM (tree.ts has the statements). They refer to
 * each other, so they are one file. Every node has the span of its text.
 */
import type { Span } from '../span.ts'

export interface Node {
  readonly span: Span
}

/** A name in its stored form. */
export interface Identifier extends Node {
  readonly name: string
}

export interface TypeName extends Node {
  /** Upper case, of one or several words: 'INTEGER', 'DOUBLE', 'VARCHAR', 'CHARACTER VARYING'. */
  readonly name: string
  readonly parameters: readonly number[]
  /** ARRAY<T> and MULTISET<T>: [T]; MAP<K, V>: [K, V]. */
  readonly elements?: readonly TypeName[]
  /** ROW<name T, ...>, and ROW(name T, ...). */
  readonly fields?: readonly { readonly name: Identifier; readonly type: TypeName }[]
  readonly notNull?: boolean
}

export type TimeUnit = 'YEAR' | 'QUARTER' | 'MONTH' | 'WEEK' | 'DAY' | 'HOUR' | 'MINUTE' | 'SECOND'

export interface IntervalUnits {
  readonly from: TimeUnit
  readonly to: TimeUnit | undefined
}

export type Expression =
  | NumberLiteral
  | StringLiteral
  | BytesLiteral
  | BooleanLiteral
  | NullLiteral
  | DatetimeLiteral
  | IntervalLiteral
  | NameExpression
  | UnaryExpression
  | BinaryExpression
  | LogicExpression
  | IsExpression
  | BetweenExpression
  | InExpression
  | LikeExpression
  | CaseExpression
  | CastExpression
  | FunctionCall
  | RoundToUnit
  | StepExpression
  | ExtractExpression
  | SubstringExpression
  | TrimExpression
  | PositionExpression
  | OverlayExpression
  | TemporalDifference
  | SubqueryExpression
  | ArrayConstructor
  | MapConstructor
  | RowConstructor
  | ElementAccess
  | FieldAccess
  | PeriodPredicate
  | JsonCall
  | TableArgument
  | DescriptorArgument
  | NamedArgument

/** Digits as written: 12, 1.5, 1e-3. */
export interface NumberLiteral extends Node {
  readonly kind: 'number'
  readonly text: string
}
export interface StringLiteral extends Node {
  readonly kind: 'string'
  readonly value: string
}
/** X'0aff': pairs of lower-case hexadecimal digits. */
export interface BytesLiteral extends Node {
  readonly kind: 'bytes'
  readonly hex: string
}
export interface BooleanLiteral extends Node {
  readonly kind: 'boolean'
  readonly value: boolean | null
}
export interface NullLiteral extends Node {
  readonly kind: 'null'
}
/** DATE '2024-01-31', TIME '..', TIMESTAMP '..'. */
export interface DatetimeLiteral extends Node {
  readonly kind: 'datetime'
  readonly type: 'DATE' | 'TIME' | 'TIMESTAMP'
  readonly value: string
}
/** INTERVAL [-] 'value' unit [TO unit]; precisions in parentheses are read and forgotten. */
export interface IntervalLiteral extends Node {
  readonly kind: 'interval'
  readonly negative: boolean
  readonly value: string
  readonly units: IntervalUnits
}
/** column, source.column, ... */
export interface NameExpression extends Node {
  readonly kind: 'name'
  readonly parts: readonly Identifier[]
}
export interface UnaryExpression extends Node {
  readonly kind: 'unary'
  readonly op: '-' | '+' | 'NOT'
  readonly operand: Expression
}
export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '||' | '=' | '<>' | '<' | '<=' | '>' | '>='
export interface BinaryExpression extends Node {
  readonly kind: 'binary'
  readonly op: BinaryOperator
  readonly left: Expression
  readonly right: Expression
}
/** AND and OR take two or more operands; an operand is never a LogicExpression of the same operator. */
export interface LogicExpression extends Node {
  readonly kind: 'logic'
  readonly op: 'AND' | 'OR'
  readonly operands: readonly Expression[]
}
/** operand IS [NOT] test; IS [NOT] DISTINCT FROM has `other`. */
export interface IsExpression extends Node {
  readonly kind: 'is'
  readonly operand: Expression
  readonly negated: boolean
  readonly test:
    | 'NULL'
    | 'TRUE'
    | 'FALSE'
    | 'UNKNOWN'
    | 'DISTINCT FROM'
    | 'JSON VALUE'
    | 'JSON SCALAR'
    | 'JSON ARRAY'
    | 'JSON OBJECT'
  readonly other: Expression | undefined
}
export interface BetweenExpression extends Node {
  readonly kind: 'between'
  readonly operand: Expression
  readonly negated: boolean
  readonly symmetric: boolean
  readonly low: Expression
  readonly high: Expression
}
export interface InExpression extends Node {
  readonly kind: 'in'
  readonly operand: Expression
  readonly negated: boolean
  readonly choices: readonly Expression[] | Query
}
export interface LikeExpression extends Node {
  readonly kind: 'like'
  readonly op: 'LIKE' | 'SIMILAR TO'
  readonly operand: Expression
  readonly negated: boolean
  readonly pattern: Expression
  readonly escape: Expression | undefined
}
export interface CaseExpression extends Node {
  readonly kind: 'case'
  readonly operand: Expression | undefined
  readonly branches: readonly { readonly when: Expression; readonly result: Expression }[]
  readonly otherwise: Expression | undefined
}
export interface CastExpression extends Node {
  readonly kind: 'cast'
  readonly operand: Expression
  readonly type: TypeName
  /** TRY_CAST: NULL where CAST fails. */
  readonly tries?: boolean
}
export interface FunctionCall extends Node {
  readonly kind: 'call'
  readonly name: Identifier
  /** 'star' for COUNT(*), 'none' for CURRENT_TIMESTAMP and the like without parentheses. */
  readonly args: readonly Expression[] | 'star' | 'none'
  readonly distinct: boolean
  readonly nulls: 'IGNORE' | 'RESPECT' | undefined
  readonly filter: Expression | undefined
  readonly over: WindowSpec | Identifier | undefined
}
/** FLOOR(operand TO unit), CEIL(operand TO unit). */
export interface RoundToUnit extends Node {
  readonly kind: 'round-to-unit'
  readonly fn: 'FLOOR' | 'CEIL'
  readonly operand: Expression
  readonly unit: TimeUnit
}
/** STEP(operand BY size). */
export interface StepExpression extends Node {
  readonly kind: 'step'
  readonly operand: Expression
  readonly size: Expression
}
export interface ExtractExpression extends Node {
  readonly kind: 'extract'
  readonly unit: string
  readonly operand: Expression
}
/** SUBSTRING(operand FROM from [FOR length]) and SUBSTRING(operand SIMILAR from ESCAPE escape). */
export interface SubstringExpression extends Node {
  readonly kind: 'substring'
  readonly form: 'FROM' | 'SIMILAR'
  readonly operand: Expression
  readonly from: Expression
  readonly length: Expression | undefined
  readonly escape: Expression | undefined
}
export interface TrimExpression extends Node {
  readonly kind: 'trim'
  readonly where: 'BOTH' | 'LEADING' | 'TRAILING'
  readonly character: Expression | undefined
  readonly operand: Expression
}
export interface PositionExpression extends Node {
  readonly kind: 'position'
  readonly needle: Expression
  readonly haystack: Expression
}
export interface OverlayExpression extends Node {
  readonly kind: 'overlay'
  readonly operand: Expression
  readonly placing: Expression
  readonly from: Expression
  readonly length: Expression | undefined
}
/** (left - right) units. */
export interface TemporalDifference extends Node {
  readonly kind: 'temporal-difference'
  readonly left: Expression
  readonly right: Expression
  readonly units: IntervalUnits
}
/** (query) as a value, EXISTS (query), CURSOR (query). */
export interface SubqueryExpression extends Node {
  readonly kind: 'subquery'
  readonly form: 'VALUE' | 'EXISTS' | 'CURSOR'
  readonly query: Query
}

/** ARRAY[a, b]. */
export interface ArrayConstructor extends Node {
  readonly kind: 'array'
  readonly elements: readonly Expression[]
}
/** MAP[k1, v1, k2, v2]. */
export interface MapConstructor extends Node {
  readonly kind: 'map'
  /** Keys and values in turn; an even number. */
  readonly entries: readonly Expression[]
}
/** ROW(a, b) and (a, b). */
export interface RowConstructor extends Node {
  readonly kind: 'row'
  readonly elements: readonly Expression[]
}
/** operand[index]: an element of an array, from 1, or the value of a map. */
export interface ElementAccess extends Node {
  readonly kind: 'element'
  readonly operand: Expression
  readonly index: Expression
}
/** operand.name where the operand is no plain name: f(x).name, arr[1].name, (expr).name. */
export interface FieldAccess extends Node {
  readonly kind: 'field'
  readonly operand: Expression
  readonly name: Identifier
}
/** A point, or the two ends of a period. */
export type Period = readonly [Expression] | readonly [Expression, Expression]
/** (a, b) OVERLAPS (c, d) and the other temporal predicates; `op` in upper case with its words, 'IMMEDIATELY PRECEDES'. */
export interface PeriodPredicate extends Node {
  readonly kind: 'period'
  readonly op: string
  readonly left: Period
  readonly right: Period
}
export type JsonBehavior =
  | { readonly kind: 'NULL' | 'ERROR' | 'EMPTY ARRAY' | 'EMPTY OBJECT' | 'TRUE' | 'FALSE' | 'UNKNOWN' }
  | { readonly kind: 'DEFAULT'; readonly value: Expression }
/**
 * JSON_EXISTS, JSON_VALUE, JSON_QUERY: args [text, path]. JSON_OBJECT, JSON_OBJECTAGG: args [key, value, ...].
 * JSON_ARRAY, JSON_ARRAYAGG: args. Functions of JSON with plain syntax (JSON_STRING, JSON_QUOTE) are FunctionCalls.
 */
export interface JsonCall extends Node {
  readonly kind: 'json'
  readonly name: string
  readonly args: readonly Expression[]
  readonly returning: TypeName | undefined
  readonly onEmpty: JsonBehavior | undefined
  readonly onError: JsonBehavior | undefined
  /** JSON_QUERY. */
  readonly wrapper: 'WITHOUT' | 'CONDITIONAL' | 'UNCONDITIONAL' | undefined
  /** NULL ON NULL or ABSENT ON NULL. */
  readonly onNull: 'NULL' | 'ABSENT' | undefined
  readonly distinct: boolean
  readonly filter: Expression | undefined
}
/** TABLE t [PARTITION BY ...] [ORDER BY ...] or TABLE (query) as an argument of a table function. */
export interface TableArgument extends Node {
  readonly kind: 'table-argument'
  readonly source: QualifiedName | Query
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly SortItem[]
}
/** DESCRIPTOR(column, ...). */
export interface DescriptorArgument extends Node {
  readonly kind: 'descriptor'
  readonly columns: readonly Identifier[]
}
/** name => value in a call. */
export interface NamedArgument extends Node {
  readonly kind: 'named-argument'
  readonly name: Identifier
  readonly value: Expression
}
/** a, db.a, catalog.db.a. */
export interface QualifiedName extends Node {
  readonly kind: 'qualified'
  readonly parts: readonly Identifier[]
}

export type FrameBound =
  | { readonly kind: 'unbounded-preceding' }
  | { readonly kind: 'preceding'; readonly offset: Expression }
  | { readonly kind: 'current-row' }
  | { readonly kind: 'following'; readonly offset: Expression }
  | { readonly kind: 'unbounded-following' }

export interface WindowSpec extends Node {
  readonly kind: 'window'
  /** A named window that this one refines. */
  readonly base: Identifier | undefined
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly SortItem[]
  readonly frame: FrameClause | undefined
}
export interface FrameClause extends Node {
  readonly unit: 'RANGE' | 'ROWS'
  readonly from: FrameBound
  readonly to: FrameBound
}
export interface SortItem extends Node {
  readonly expression: Expression
  readonly descending: boolean
  /** NULLS FIRST, NULLS LAST. */
  readonly nulls?: 'FIRST' | 'LAST'
}

export type Query = SelectQuery | SetQuery | ValuesQuery | WithQuery

/** WITH a [(columns)] AS (query), ... query. */
export interface WithQuery extends Node {
  readonly kind: 'with'
  readonly tables: readonly {
    readonly name: Identifier
    readonly columns: readonly Identifier[] | undefined
    readonly query: Query
  }[]
  readonly query: Query
}

export interface Option extends Node {
  readonly name: string
  readonly value: string
}

/** One hint of a hint comment: OPTIONS('k'='v'), STATE_TTL('a'='1d'), LOOKUP('table'='d', ...), BROADCAST(a). */
export interface Hint extends Node {
  readonly name: string
  readonly options: readonly Option[]
  readonly names: readonly string[]
}

export interface SelectQuery extends Node {
  readonly kind: 'select'
  readonly stream: boolean
  readonly distinct: boolean
  readonly items: readonly SelectItem[]
  readonly from: FromItem | undefined
  readonly where: Expression | undefined
  readonly groupBy: readonly Expression[] | undefined
  /** WINDOWED BY STAGGER (PARTITION BY ... RANGE ...). */
  readonly stagger: WindowSpec | undefined
  readonly having: Expression | undefined
  readonly windows: readonly { readonly name: Identifier; readonly spec: WindowSpec }[]
  readonly orderBy: readonly SortItem[]
  /** ORDER BY ... WITHIN interval. */
  readonly within: Expression | undefined
  /**
   * GROUPING SETS, ROLLUP and CUBE multiplied out to plain sets; `groupBy` then holds every expression of a set once, in
   * order of appearance, and a set holds indexes into it.
   */
  readonly groupingSets?: readonly (readonly number[])[]
  /** Rows; ORDER BY and LIMIT of a set operation stand on a SELECT * around it. */
  readonly limit?: Expression
  readonly offset?: Expression
  readonly hints?: readonly Hint[]
}
export type SelectItem =
  | { readonly kind: 'star'; readonly source: Identifier | undefined; readonly span: Span }
  | {
      readonly kind: 'item'
      readonly expression: Expression
      readonly alias: Identifier | undefined
      readonly span: Span
    }

/** Two or more branches; a branch is a SetQuery only where it was written in parentheses or has another operator. */
export interface SetQuery extends Node {
  readonly kind: 'set'
  readonly op: 'UNION' | 'EXCEPT' | 'INTERSECT'
  readonly all: boolean
  readonly branches: readonly Query[]
}
export interface ValuesQuery extends Node {
  readonly kind: 'values'
  readonly rows: readonly (readonly Expression[])[]
}

export type FromItem = NamedSource | DerivedSource | FunctionSource | UnnestSource | MatchSource | JoinSource

interface AliasedSource extends Node {
  readonly over: WindowSpec | Identifier | undefined
  readonly alias: Identifier | undefined
  readonly columns: readonly Identifier[] | undefined
}
export interface NamedSource extends AliasedSource {
  readonly kind: 'named'
  readonly name: readonly Identifier[]
  /** FOR SYSTEM_TIME AS OF expression. */
  readonly asOf?: Expression
  readonly hints?: readonly Hint[]
}
export interface DerivedSource extends AliasedSource {
  readonly kind: 'derived'
  readonly query: Query
  readonly lateral?: boolean
}
/** TABLE(fn(args)), LATERAL TABLE(fn(args)), and fn(args) alone. */
export interface FunctionSource extends AliasedSource {
  readonly kind: 'function'
  readonly call: FunctionCall
  readonly lateral?: boolean
}
/** UNNEST(expression) [WITH ORDINALITY]. */
export interface UnnestSource extends AliasedSource {
  readonly kind: 'unnest'
  readonly expression: Expression
  readonly ordinality: boolean
}
/** input MATCH_RECOGNIZE (...). */
export interface MatchSource extends AliasedSource {
  readonly kind: 'match'
  readonly input: FromItem
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly SortItem[]
  readonly measures: readonly { readonly expression: Expression; readonly alias: Identifier }[]
  /** AFTER MATCH SKIP; undefined where it is not written. */
  readonly skip:
    | { readonly kind: 'PAST LAST ROW' | 'TO NEXT ROW' }
    | { readonly kind: 'TO FIRST' | 'TO LAST'; readonly variable: Identifier }
    | undefined
  /** Neighbouring variables, in order. */
  readonly pattern: readonly PatternVariable[]
  readonly within: Expression | undefined
  readonly define: readonly { readonly variable: Identifier; readonly condition: Expression }[]
}
export interface PatternVariable extends Node {
  readonly variable: Identifier
  readonly min: number
  /** Infinity for * + and {n,}. */
  readonly max: number
  readonly greedy: boolean
}
export interface JoinSource extends Node {
  readonly kind: 'join'
  readonly join: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS'
  readonly natural: boolean
  readonly left: FromItem
  readonly right: FromItem
  readonly on: Expression | undefined
  readonly using: readonly Identifier[] | undefined
}
