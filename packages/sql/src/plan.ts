/**
 * The bound plan: what a program means, with every name resolved and every expression typed. The binder makes it, the
 * optimizer rewrites it, the interpreter evaluates it row by row (the oracle), the engine compiles it to operators.
 *
 * Rows of a node are positional. Each row also has a row time and a weight, which are not columns (see RowBatch).
 * Plan nodes and expressions are immutable; spans point into the program's text.
 */
import type { Field, Schema, SqlType } from '@millrace/values'
import type { HostScalar } from './host-function.ts'
import type { Span } from './span.ts'

/**
 * A value outside columns: null; boolean; number for TINYINT, SMALLINT, INTEGER, REAL, DOUBLE, DATE, TIME, TIMESTAMP and
 * intervals (units in values/sql-type.ts); bigint for BIGINT and for DECIMAL (unscaled); string for CHAR and VARCHAR;
 * Uint8Array for BINARY and VARBINARY; for the nested types of the Flink dialect a NestedValue.
 */
export type SqlValue = null | boolean | number | bigint | string | Uint8Array | NestedValue

/**
 * ROW: an array of its fields' values in order. ARRAY: an array of its elements. MAP: a Map in order of insertion.
 * MULTISET: a Map from element to count (a number). Keys of a Map that are ROW, ARRAY or bytes are looked up by value, not
 * by identity (changelog/value.ts). Inside nested values BIGINT and DECIMAL are held as in rows of the changelog engine: a
 * number while it is a safe integer, else a bigint. Nested values are never changed after they are made.
 */
export type NestedValue = readonly SqlValue[] | ReadonlyMap<SqlValue, SqlValue>

export type Expr = LiteralExpr | ColumnExpr | RowtimeExpr | CallExpr

interface ExprBase {
  readonly type: SqlType
  readonly nullable: boolean
  readonly span: Span
}
export interface LiteralExpr extends ExprBase {
  readonly kind: 'literal'
  readonly value: SqlValue
}
/** Column `index` of the node's input row (for a join condition: left columns, then right columns). */
export interface ColumnExpr extends ExprBase {
  readonly kind: 'column'
  readonly index: number
}
/** The row time of the node's input row, TIMESTAMP NOT NULL. */
export interface RowtimeExpr extends ExprBase {
  readonly kind: 'rowtime'
}
/**
 * A function or operator by its name in the function table (functions/table.ts): '+', '=', 'AND', 'CASE', 'CAST', 'UPPER'...
 * CASE has args [when1, then1, when2, then2, ..., else]. CAST converts to `type` by the dialect's rules. ASSIGN is the
 * conversion of INSERT: like CAST, but text longer than its column is an error instead of being cut. An ASSIGN that is
 * not nullable over an argument that is one stands for a NOT NULL column: a NULL there is a NotNullViolation.
 */
export interface CallExpr extends ExprBase {
  readonly kind: 'call'
  readonly fn: string
  readonly args: readonly Expr[]
  /** A function of the host, in programs of the KDA dialect; `fn` is then its name. */
  readonly host?: HostScalar
}

export type JoinKind = 'inner' | 'left' | 'right' | 'full'

/** Rows of a stream that a windowed join side keeps: those of the last `ms`, inclusive; or the latest and `rows` before it. */
export type JoinWindow =
  | { readonly kind: 'range'; readonly ms: number }
  | { readonly kind: 'rows'; readonly rows: number }

export interface Frame {
  readonly kind: 'range' | 'rows'
  /** ms or rows before the current row that still count; Infinity for UNBOUNDED PRECEDING. */
  readonly preceding: number
}

export interface AggregateCall {
  /** COUNT, SUM, MIN, MAX, AVG, FIRST_VALUE, ... ; COUNT(*) has no args. */
  readonly fn: string
  readonly args: readonly Expr[]
  readonly distinct: boolean
  readonly ignoreNulls: boolean
  readonly type: SqlType
  readonly nullable: boolean
  readonly span: Span
}

export type PlanNode =
  | ScanNode
  | FilterNode
  | ProjectNode
  | LookupJoinNode
  | WindowJoinNode
  | OverNode
  | GroupNode
  | UnionNode
  | RowsNode
  | TableSourceNode

interface NodeBase {
  readonly schema: Schema
  readonly span: Span
}
/** All rows of an in-application stream (or of an input stream). */
export interface ScanNode extends NodeBase {
  readonly kind: 'scan'
  readonly stream: string
}
export interface FilterNode extends NodeBase {
  readonly kind: 'filter'
  readonly input: PlanNode
  readonly predicate: Expr
}
export interface ProjectNode extends NodeBase {
  readonly kind: 'project'
  readonly input: PlanNode
  readonly exprs: readonly Expr[]
  /** Sets the row time of the output (`expr AS ROWTIME`); the input's row time if absent. */
  readonly rowtime: Expr | undefined
}
/** Stream row meets the reference table as it is now. Output: input columns, then the table's columns. */
export interface LookupJoinNode extends NodeBase {
  readonly kind: 'lookup-join'
  readonly input: PlanNode
  readonly table: string
  readonly tableSchema: Schema
  readonly join: 'inner' | 'left'
  /**
   * Equalities: inputKeys[i] (over the input row) = column tableKeys[i] of the table. May be empty. The types are equal up to
   * the length of VARCHAR and the precision of DECIMAL, which do not change how a value is held. No key can fail.
   */
  readonly inputKeys: readonly Expr[]
  readonly tableKeys: readonly number[]
  /** The rest of the condition, over the joined row. */
  readonly residual: Expr | undefined
}
/**
 * Windowed stream-stream join. A side without a window takes part with its current row only. Output: left columns, then
 * right columns; row time = the later of the two.
 */
export interface WindowJoinNode extends NodeBase {
  readonly kind: 'window-join'
  readonly left: PlanNode
  readonly right: PlanNode
  readonly leftWindow: JoinWindow | undefined
  readonly rightWindow: JoinWindow | undefined
  readonly join: JoinKind
  readonly leftKeys: readonly Expr[]
  readonly rightKeys: readonly Expr[]
  readonly residual: Expr | undefined
}
/** OVER windows. Output: input columns, then one column for each call of each window, in order. One row out per row in. */
export interface OverNode extends NodeBase {
  readonly kind: 'over'
  readonly input: PlanNode
  readonly windows: readonly {
    readonly partition: readonly Expr[]
    readonly frame: Frame
    readonly calls: readonly AggregateCall[]
  }[]
}
/**
 * Tumbling GROUP BY. keys[timeKey] is the monotonic expression; a group is complete when it changes or a bound passes.
 * Output: keys, then calls. Row time of the output = the first instant of the next step: `nextStep` evaluated over the
 * output row's keys (a TIMESTAMP expression whose column indexes refer to `keys`).
 */
export interface GroupNode extends NodeBase {
  readonly kind: 'group'
  readonly input: PlanNode
  readonly keys: readonly Expr[]
  readonly timeKey: number
  readonly nextStep: Expr
  readonly calls: readonly AggregateCall[]
}
export interface UnionNode extends NodeBase {
  readonly kind: 'union'
  readonly inputs: readonly PlanNode[]
}

/**
 * The rows of a derived table, once: when the first row comes into any input stream, at its row time, or else at the first
 * bound. After that nothing comes any more.
 */
export interface TableSourceNode extends NodeBase {
  readonly kind: 'table-source'
  readonly table: string
}
/**
 * An operator that works row by row with state of its own (rows/): streaming DISTINCT, sorting, stagger windows, the table
 * functions over a CURSOR. Output: the first `passed` arguments, then the columns that the operator makes.
 */
export interface RowsNode extends NodeBase {
  readonly kind: 'rows'
  readonly input: PlanNode
  /** What the operator sees of an input row: `passed` columns that it only carries along, then its operands. */
  readonly args: readonly Expr[]
  readonly passed: number
  readonly operator: RowOperatorSpec
}

/** Numbers of operands count from the first operand, that is from args[passed]. */
export type RowOperatorSpec =
  /** Drops rows below the last row time. No operands. */
  | { readonly kind: 'in-order' }
  /** The first row of each combination of the operands but those that only say when combinations can be forgotten. */
  | { readonly kind: 'distinct'; readonly compared: number; readonly moving: readonly number[] }
  /**
   * Sorts the rows of one value of the leading operand. They come out when it changes, at `nextStep`: an expression over
   * the operands of the last row; undefined where the leading operand is the row time itself, which the rows then keep.
   */
  | { readonly kind: 'sort'; readonly descending: readonly boolean[]; readonly nextStep: Expr | undefined }
  /** ORDER BY t WITHIN ms: the one operand becomes the row time. */
  | { readonly kind: 'time-sort'; readonly ms: number }
  /** Operands: the keys, then the arguments of the calls; the calls' expressions are over the operands. */
  | {
      readonly kind: 'stagger'
      readonly ms: number
      readonly keys: number
      readonly calls: readonly AggregateCall[]
    }
  | { readonly kind: 'top-k'; readonly k: number; readonly ms: number }
  | { readonly kind: 'count-distinct'; readonly ms: number }
  | {
      readonly kind: 'group-rank'
      readonly descending: boolean
      /** Order of the rows that come out: by rank, or as they came. */
      readonly output: 'asc' | 'desc' | 'input'
      readonly maxIdleMs: number
      /** 0: all. */
      readonly outputMax: number
    }
  | {
      readonly kind: 'random-cut-forest'
      readonly trees: number
      readonly sample: number
      readonly timeDecay: number
      readonly shingle: number
      readonly seed: number
      /** Names of the operands for the explanation; undefined: no explanation. */
      readonly explained: readonly string[] | undefined
    }
  | {
      readonly kind: 'hotspots'
      readonly window: number
      readonly radius: number
      readonly minPoints: number
    }

export interface InAppStream {
  readonly name: string
  readonly schema: Schema
  /** 'input': fed from outside by the schema mapping; 'declared': CREATE STREAM. */
  readonly origin: 'input' | 'declared'
  /**
   * Of an input stream: how many columns at the end of its schema are metadata of the source's records (spec 2.4), which
   * whoever feeds the stream fills in by name: APPROXIMATE_ARRIVAL_TIME, SHARD_ID, PARTITION_KEY, SEQUENCE_NUMBER.
   */
  readonly metadata?: number
}

/** INSERT INTO target SELECT ...: `plan` yields exactly the target's columns in their types (ASSIGN applied). */
export interface Pump {
  readonly name: string
  readonly target: string
  readonly plan: PlanNode
  readonly stopped: boolean
  readonly span: Span
}

export interface ReferenceTable {
  readonly name: string
  readonly schema: Schema
}

/** A finite relation that follows from reference tables and constants; computed anew when a table is replaced. */
export interface DerivedTable {
  readonly name: string
  readonly schema: Schema
  readonly plan: TablePlan
}

/** Rows in the order of the inputs; groups, and rows made distinct, in the order in which they come up. */
export type TablePlan =
  | { readonly kind: 'table'; readonly table: string; readonly schema: Schema }
  | { readonly kind: 'values'; readonly rows: readonly (readonly Expr[])[]; readonly schema: Schema }
  | {
      readonly kind: 'filter'
      readonly input: TablePlan
      readonly predicate: Expr
      readonly schema: Schema
    }
  | {
      readonly kind: 'project'
      readonly input: TablePlan
      readonly exprs: readonly Expr[]
      readonly schema: Schema
    }
  | {
      readonly kind: 'join'
      readonly left: TablePlan
      readonly right: TablePlan
      readonly join: JoinKind
      readonly condition: Expr | undefined
      readonly schema: Schema
    }
  /** Output: keys, then calls. Without keys there is one group, also of no rows. */
  | {
      readonly kind: 'group'
      readonly input: TablePlan
      readonly keys: readonly Expr[]
      readonly calls: readonly AggregateCall[]
      readonly schema: Schema
    }
  | { readonly kind: 'distinct'; readonly input: TablePlan; readonly schema: Schema }
  | {
      readonly kind: 'set'
      readonly op: 'UNION' | 'EXCEPT' | 'INTERSECT'
      readonly all: boolean
      readonly inputs: readonly TablePlan[]
      readonly schema: Schema
    }

export interface Program {
  readonly dialect: 'kda' | 'flink'
  readonly streams: readonly InAppStream[]
  readonly references: readonly ReferenceTable[]
  /** In an order in which each needs only those before it. Lookup joins name them like reference tables. */
  readonly derived?: readonly DerivedTable[]
  /** An order in which every stream is written before it is read; otherwise that of the text. */
  readonly pumps: readonly Pump[]
  /** Names of the in-application streams whose rows leave the program. */
  readonly outputs: readonly string[]
}

export type { Field, Schema, SqlType }
