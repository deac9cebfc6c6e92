/**
 * The syntax tree: what was written, before any name is looked up. Every node has the span of its text. Names are in
 * their stored form: folded by the dialect unless quoted. Parentheses leave no trace; precedence is in the shape.
 */
import type { Span } from '../span.ts'

interface Node {
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
  readonly test: 'NULL' | 'TRUE' | 'FALSE' | 'UNKNOWN' | 'DISTINCT FROM'
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
}

export type Query = SelectQuery | SetQuery | ValuesQuery

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

export type FromItem = NamedSource | DerivedSource | FunctionSource | JoinSource

interface AliasedSource extends Node {
  readonly over: WindowSpec | Identifier | undefined
  readonly alias: Identifier | undefined
  readonly columns: readonly Identifier[] | undefined
}
export interface NamedSource extends AliasedSource {
  readonly kind: 'named'
  readonly name: readonly Identifier[]
}
export interface DerivedSource extends AliasedSource {
  readonly kind: 'derived'
  readonly query: Query
}
/** TABLE(fn(args)). */
export interface FunctionSource extends AliasedSource {
  readonly kind: 'function'
  readonly call: FunctionCall
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

export type Statement =
  | CreateStream
  | CreatePump
  | CreateView
  | CreateFunction
  | DropStatement
  | AlterPump
  | InsertStatement
  | QueryStatement

export interface CreateStream extends Node {
  readonly kind: 'create-stream'
  readonly replace: boolean
  readonly name: Identifier
  readonly columns: readonly ColumnDeclaration[]
  readonly description: string | undefined
  readonly options: readonly Option[]
}
export interface ColumnDeclaration extends Node {
  readonly name: Identifier
  readonly type: TypeName
  readonly notNull: boolean
}
export interface Option extends Node {
  readonly name: string
  readonly value: string
}
export interface CreatePump extends Node {
  readonly kind: 'create-pump'
  readonly replace: boolean
  readonly name: Identifier
  readonly stopped: boolean
  readonly description: string | undefined
  readonly options: readonly Option[]
  readonly insert: InsertStatement
}
export interface CreateView extends Node {
  readonly kind: 'create-view'
  readonly replace: boolean
  readonly name: Identifier
  readonly columns: readonly Identifier[] | undefined
  readonly description: string | undefined
  readonly query: Query
}
export interface CreateFunction extends Node {
  readonly kind: 'create-function'
  readonly replace: boolean
  readonly name: Identifier
  readonly parameters: readonly { readonly name: Identifier; readonly type: TypeName }[]
  readonly returns: TypeName
  readonly nullOnNull: boolean
  readonly body: Expression
}
export interface DropStatement extends Node {
  readonly kind: 'drop'
  readonly what: 'STREAM' | 'PUMP' | 'VIEW' | 'FUNCTION'
  readonly name: Identifier
}
export interface AlterPump extends Node {
  readonly kind: 'alter-pump'
  readonly name: Identifier
  readonly action: 'START' | 'STOP'
}
export interface InsertStatement extends Node {
  readonly kind: 'insert'
  readonly expedited: boolean
  readonly target: Identifier
  readonly columns: readonly Identifier[] | undefined
  readonly query: Query
}
export interface QueryStatement extends Node {
  readonly kind: 'query'
  readonly query: Query
}

export interface Tree extends Node {
  readonly statements: readonly Statement[]
}
