/**
 * The plan of a Flink program: a graph of nodes from tables to sinks, in which changes flow. The binder makes it, rules
 * rewrite it, the graph builder turns each node into one operator (operators/).
 *
 * Rows of a node are positional. A change is a row with a kind (row.ts). Inside the graph every changelog is complete:
 * what was inserted is retracted as the whole row before another takes its place. A table whose changes come by key only
 * (upsert) stands under a `normalize` node. Time attributes are ordinary TIMESTAMP columns that `traits.times` names.
 *
 * One node object is one operator: a node that several others have as input is run once and its output goes to all.
 * Semantics: the Flink documentation of each construct, as far as the doc comments below do not say otherwise.
 */
import type { Field, Schema, SqlType } from '@millrace/values'
import type { Expr } from '../plan.ts'
import type { Span } from '../span.ts'

/** What holds of all rows of a node, at any time. */
export interface Traits {
  /** 'append': only +I. 'retract': all four kinds; a -U or -D carries the row as it was put out. */
  readonly changes: 'append' | 'retract'
  /** Columns that are time attributes. */
  readonly times: readonly TimeAttribute[]
  /** Sets of columns that tell rows apart: at any time no two rows are equal in all of them. */
  readonly keys: readonly (readonly number[])[]
  /** Columns that hold the window of each row, where the node's rows come from one window function. */
  readonly window: WindowColumns | undefined
}
export interface TimeAttribute {
  readonly column: number
  readonly kind: 'rowtime' | 'proctime'
}
export interface WindowColumns {
  readonly start: number | undefined
  readonly end: number | undefined
  readonly time: number | undefined
  readonly spec: WindowSpec
  /** Further columns with the same windows: those of the other side of a window join. */
  readonly others?: readonly WindowColumns[]
}

/**
 * Windows by time, ms. `offset` shifts the alignment to 1970-01-01 00:00. `zone`: the IANA zone in whose local time windows
 * are cut (a time attribute of type TIMESTAMP_LTZ); undefined: as the values are written.
 * session: `gap`, for each value of `partition` (columns of the input of the window function).
 */
export type WindowSpec = {
  readonly time: TimeAttribute
  readonly zone: string | undefined
} & (
  | { readonly kind: 'tumble'; readonly size: number; readonly offset: number }
  | { readonly kind: 'hop'; readonly slide: number; readonly size: number; readonly offset: number }
  | { readonly kind: 'cumulate'; readonly step: number; readonly size: number; readonly offset: number }
  | { readonly kind: 'session'; readonly gap: number; readonly partition: readonly number[] }
)

export type ChangelogNode =
  | SourceNode
  | WatermarkNode
  | NormalizeNode
  | ValuesNode
  | FilterNode
  | ProjectNode
  | AsyncProjectNode
  | UnionNode
  | ExpandNode
  | AggregateNode
  | WindowAssignNode
  | WindowAggregateNode
  | OverNode
  | JoinNode
  | IntervalJoinNode
  | TemporalJoinNode
  | LookupJoinNode
  | WindowJoinNode
  | CorrelateNode
  | SetOperationNode
  | RankNode
  | DedupNode
  | WindowRankNode
  | SortNode
  | LimitNode
  | MatchNode
export type ChangelogNodeKind = ChangelogNode['kind']

interface NodeBase {
  readonly schema: Schema
  readonly traits: Traits
  readonly span: Span
}

/** Physical and metadata columns of a table, as its connector and format deliver them. */
export interface SourceNode extends NodeBase {
  readonly kind: 'source'
  readonly table: string
  /** The table's options as the OPTIONS hints of this use change them. */
  readonly options?: Readonly<Record<string, string>>
}
/**
 * Advances the watermark: after each row to the greatest value of `watermark` so far (NULL is ignored), shard by shard;
 * the node's watermark is the least of those of its shards that are not idle. `column` is the rowtime attribute.
 * `idleTimeout`: ms of processing time without a row after which a shard no longer counts; 0: never.
 */
export interface WatermarkNode extends NodeBase {
  readonly kind: 'watermark'
  readonly input: ChangelogNode
  readonly table: string
  readonly column: number
  readonly watermark: Expr
  readonly idleTimeout: number
}
/**
 * Makes a complete changelog of one by key: +I and +U set the row of the key (put out as +I, or as -U and +U if the key has
 * another row), -D and -U of a known key puts out -D of the stored row; unknown keys are passed over.
 */
export interface NormalizeNode extends NodeBase {
  readonly kind: 'normalize'
  readonly input: ChangelogNode
  readonly key: readonly number[]
}
/** Rows that come once, when the program starts. */
export interface ValuesNode extends NodeBase {
  readonly kind: 'values'
  readonly rows: readonly (readonly Expr[])[]
}
export interface FilterNode extends NodeBase {
  readonly kind: 'filter'
  readonly input: ChangelogNode
  readonly predicate: Expr
}
export interface ProjectNode extends NodeBase {
  readonly kind: 'project'
  readonly input: ChangelogNode
  readonly exprs: readonly Expr[]
}
/** Appends to each row the result of an asynchronous function of the host. */
export interface AsyncProjectNode extends NodeBase {
  readonly kind: 'async-project'
  readonly input: ChangelogNode
  readonly fn: string
  readonly args: readonly Expr[]
  readonly type: SqlType
}
export interface UnionNode extends NodeBase {
  readonly kind: 'union'
  readonly inputs: readonly ChangelogNode[]
}
/**
 * GROUPING SETS: each row once for each set. Output: the input's columns, those of `keys` that are not in the set NULL; then
 * the set's GROUPING_ID over `keys` (BIGINT; bit 0 belongs to the last key; a bit is 1 where the key is left out).
 */
export interface ExpandNode extends NodeBase {
  readonly kind: 'expand'
  readonly input: ChangelogNode
  /** Columns of the input. */
  readonly keys: readonly number[]
  /** Each holds columns out of `keys`. */
  readonly sets: readonly (readonly number[])[]
}

/** One aggregate over the rows of a group, frame or window. `args` and `filter` are over the node's input row. */
export interface AggregateCall {
  /** COUNT (of rows without args), SUM, MIN, ... as in aggregates/; or a registered function of the host. */
  readonly fn: string
  readonly args: readonly Expr[]
  readonly distinct: boolean
  readonly filter: Expr | undefined
  readonly type: SqlType
  readonly nullable: boolean
  readonly span: Span
}

/**
 * GROUP BY without windows; DISTINCT without calls. Output: keys, then calls. A key's first row gives +I, a change -U and +U
 * (nothing if all values stay and there is no TTL), the end of its last row -D. Without keys there is one group; its
 * first result comes with the first row, and it never ends (COUNT goes back to 0).
 */
export interface AggregateNode extends NodeBase {
  readonly kind: 'aggregate'
  readonly input: ChangelogNode
  readonly keys: readonly number[]
  readonly calls: readonly AggregateCall[]
  /** ms of processing time without change after which a key is forgotten; 0: never. */
  readonly ttl: number
}
/**
 * Output: the input's columns, then window_start, window_end (TIMESTAMP(3), local to the zone) and window_time (end - 1 ms,
 * of the time attribute's type). A row of a window that has fired is late and dropped. Session windows come out when they
 * fire. Rows whose time is NULL fail with the row.
 */
export interface WindowAssignNode extends NodeBase {
  readonly kind: 'window-assign'
  readonly input: ChangelogNode
  readonly window: WindowSpec
}
/**
 * Output: keys, then calls, then as `properties` say. Fires when the watermark reaches the window's end - 1 ms.
 * 'assigned': the input's rows carry their windows in columns. Otherwise the operator assigns them itself (and shares
 * what overlapping windows have in common). CUMULATE fires at every step end from a key's first row on, also without news.
 * `early`: ms of processing time between updates before the end, 0 for none: the output is then a retract changelog.
 */
export interface WindowAggregateNode extends NodeBase {
  readonly kind: 'window-aggregate'
  readonly input: ChangelogNode
  readonly window:
    | WindowSpec
    | {
        readonly kind: 'assigned'
        readonly start: number | undefined
        readonly end: number
        readonly time: TimeAttribute
      }
  /** Columns of the input; window columns are not among them. */
  readonly keys: readonly number[]
  readonly calls: readonly AggregateCall[]
  /** What follows the calls, each a column. 'rowtime' and 'proctime' are end - 1 ms as time attribute. */
  readonly properties: readonly ('start' | 'end' | 'rowtime' | 'proctime')[]
  readonly early: number
}
/**
 * OVER windows of one SELECT. Output: input columns, then one for each call. All share partition, order and frame.
 * Event time: rows come out in time order when the watermark passes them; late rows are dropped. Processing time: at once.
 */
export interface OverNode extends NodeBase {
  readonly kind: 'over'
  readonly input: ChangelogNode
  readonly partition: readonly number[]
  readonly time: TimeAttribute
  /** ms or rows before the current one, Infinity for unbounded. */
  readonly frame: { readonly kind: 'range' | 'rows'; readonly preceding: number }
  /** Besides aggregates: LAG(x[, n[, default]]), ROW_NUMBER, FIRST_VALUE, LAST_VALUE. */
  readonly calls: readonly AggregateCall[]
}

export type JoinKind = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti'

/** Equality of leftKeys[i] (over the left row) and rightKeys[i] (over the right row), and the rest over both rows. */
export interface JoinCondition {
  readonly leftKeys: readonly Expr[]
  readonly rightKeys: readonly Expr[]
  /** For each key, whether NULL equals NULL (IS NOT DISTINCT FROM). */
  readonly nullSafe: readonly boolean[]
  /** Column indexes: left columns, then right columns. */
  readonly residual: Expr | undefined
}
/** Regular join. Output: left columns, then right columns; of semi and anti only the left ones. */
export interface JoinNode extends NodeBase {
  readonly kind: 'join'
  readonly left: ChangelogNode
  readonly right: ChangelogNode
  readonly join: JoinKind
  readonly condition: JoinCondition
  /** NOT IN: a left row stays out as well if a comparison with some right row is unknown. Anti only. */
  readonly nullAware: boolean
  /** ms, 0: never. */
  readonly leftTtl: number
  readonly rightTtl: number
}
/** Pairs with lower <= right time - left time <= upper (ms, inclusive). Append-only. inner, left, right, full, semi, anti. */
export interface IntervalJoinNode extends NodeBase {
  readonly kind: 'interval-join'
  readonly left: ChangelogNode
  readonly right: ChangelogNode
  readonly join: JoinKind
  readonly condition: JoinCondition
  readonly leftTime: TimeAttribute
  readonly rightTime: TimeAttribute
  readonly lower: number
  readonly upper: number
}
/** Each left row meets the version of `right` at its time. `versionKey`: the right primary key, all in rightKeys. */
export interface TemporalJoinNode extends NodeBase {
  readonly kind: 'temporal-join'
  readonly left: ChangelogNode
  readonly right: ChangelogNode
  readonly join: 'inner' | 'left'
  readonly condition: JoinCondition
  readonly leftTime: TimeAttribute
  /** 'rowtime' column of the right side; undefined: the version as it is when the left row is processed. */
  readonly rightTime: TimeAttribute | undefined
}
/** Each left row asks the table when it is processed. Output: left columns, then the table's. */
export interface LookupJoinNode extends NodeBase {
  readonly kind: 'lookup-join'
  readonly input: ChangelogNode
  readonly table: string
  readonly tableSchema: Schema
  readonly join: 'inner' | 'left'
  readonly inputKeys: readonly Expr[]
  readonly tableKeys: readonly number[]
  readonly residual: Expr | undefined
}
/** Both sides carry windows in columns; results come at the window's end. The window's equality is not in `condition`. */
export interface WindowJoinNode extends NodeBase {
  readonly kind: 'window-join'
  readonly left: ChangelogNode
  readonly right: ChangelogNode
  readonly join: JoinKind
  readonly condition: JoinCondition
  readonly leftEnd: number
  readonly rightEnd: number
  readonly time: TimeAttribute['kind']
  readonly nullAware: boolean
}
/**
 * UNNEST, LATERAL TABLE: each left row with every row that `source` makes of it. 'left' keeps a row without any. Output:
 * input columns, then those of `fields`.
 */
export interface CorrelateNode extends NodeBase {
  readonly kind: 'correlate'
  readonly input: ChangelogNode
  readonly join: 'inner' | 'left'
  readonly source:
    | { readonly kind: 'unnest'; readonly collection: Expr; readonly ordinality: boolean }
    | { readonly kind: 'table-function'; readonly fn: string; readonly args: readonly Expr[] }
  readonly fields: readonly Field[]
  /** Over the joined row. */
  readonly residual: Expr | undefined
}
/** INTERSECT [ALL], EXCEPT [ALL]; UNION is an aggregate over a union. Rows are equal with NULL = NULL. */
export interface SetOperationNode extends NodeBase {
  readonly kind: 'set-operation'
  readonly op: 'intersect' | 'except'
  readonly all: boolean
  readonly left: ChangelogNode
  readonly right: ChangelogNode
}

export interface SortKey {
  readonly column: number
  readonly descending: boolean
  /** Flink: NULL is the smallest value unless NULLS FIRST | LAST say otherwise. */
  readonly nullsLast: boolean
}
/**
 * Top-N: rows whose ROW_NUMBER within the partition lies in from..to (1-based). Ties: the earlier arrival first. With
 * `number`, the row number (BIGINT) follows the input's columns and every row that moves is put out again.
 */
export interface RankNode extends NodeBase {
  readonly kind: 'rank'
  readonly input: ChangelogNode
  readonly partition: readonly number[]
  readonly order: readonly SortKey[]
  readonly from: number
  readonly to: number
  readonly number: boolean
  readonly ttl: number
}
/** The first or last row of a partition by a time attribute; of equal times the later arrival is the last. */
export interface DedupNode extends NodeBase {
  readonly kind: 'dedup'
  readonly input: ChangelogNode
  readonly partition: readonly number[]
  readonly time: TimeAttribute
  readonly keep: 'first' | 'last'
  readonly number: boolean
  readonly ttl: number
}
/** Top-N within each window; comes out at the window's end. Partition: without the window columns. */
export interface WindowRankNode extends NodeBase {
  readonly kind: 'window-rank'
  /** Deduplication that keeps the last row: of equal times the later arrival comes first. */
  readonly latest?: boolean
  readonly input: ChangelogNode
  readonly end: number
  readonly time: TimeAttribute['kind']
  readonly partition: readonly number[]
  readonly order: readonly SortKey[]
  readonly from: number
  readonly to: number
  readonly number: boolean
}
/** ORDER BY time attribute ascending, ...: rows come out sorted as the watermark passes them; late rows are dropped. */
export interface SortNode extends NodeBase {
  readonly kind: 'sort'
  readonly input: ChangelogNode
  readonly time: TimeAttribute
  readonly order: readonly SortKey[]
}
/** LIMIT without ORDER BY: the first rows that come. With ORDER BY it is a rank without partition. */
export interface LimitNode extends NodeBase {
  readonly kind: 'limit'
  readonly input: ChangelogNode
  readonly offset: number
  readonly limit: number
}
/**
 * MATCH_RECOGNIZE. Output: partition columns, then measures. Expressions of `define` and `measures` are over a row that holds
 * the values of `references`, in order: the operator computes them for the match at hand.
 */
export interface MatchNode extends NodeBase {
  readonly kind: 'match'
  readonly input: ChangelogNode
  readonly partition: readonly number[]
  readonly time: TimeAttribute
  readonly order: readonly SortKey[]
  readonly pattern: readonly {
    readonly variable: string
    readonly min: number
    readonly max: number
    readonly greedy: boolean
  }[]
  readonly define: readonly { readonly variable: string; readonly condition: Expr }[]
  readonly measures: readonly Expr[]
  readonly references: readonly MatchReference[]
  readonly skip:
    | { readonly kind: 'past-last' | 'to-next' }
    | { readonly kind: 'to-first' | 'to-last'; readonly variable: string }
  /** ms between the first and the last row of a match, inclusive. */
  readonly within: number | undefined
}
/** What an expression of MATCH_RECOGNIZE sees of the match; `variable` undefined: all rows of the match so far. */
export type MatchReference =
  | {
      /** FIRST(v.c, n) and LAST(v.c, n); a plain v.c is LAST(v.c, 0). PREV is not in Flink's subset. */
      readonly kind: 'first' | 'last'
      readonly variable: string | undefined
      readonly expr: Expr
      readonly offset: number
    }
  | { readonly kind: 'aggregate'; readonly variable: string | undefined; readonly call: AggregateCall }
  | { readonly kind: 'match-rowtime' | 'match-proctime' }

export interface TableColumnInfo {
  readonly name: string
  readonly type: SqlType
  readonly nullable: boolean
  /** Metadata columns: the connector's key. */
  readonly metadata: { readonly key: string; readonly virtual: boolean } | undefined
  /** Computed columns: over physical and metadata columns, in order of declaration. */
  readonly computed: Expr | undefined
  /** Computed columns: the expression as written. */
  readonly text?: string
  readonly comment?: string
}
/** A table of CREATE TABLE, or one that the host registered. */
export interface TableInfo {
  readonly name: string
  readonly temporary: boolean
  readonly columns: readonly TableColumnInfo[]
  readonly primaryKey: readonly string[] | undefined
  /** WATERMARK FOR column AS expr: over all columns of the table, in order of declaration; `text` as written. */
  readonly watermark?: { readonly column: string; readonly expr: Expr; readonly text: string }
  readonly partitionedBy: readonly string[]
  readonly options: Readonly<Record<string, string>>
  readonly comment: string | undefined
}
/** INSERT INTO table: `plan` yields the table's physical and persisted metadata columns in order and type. */
export interface Sink {
  /** Table name; 'SELECT_1', ... for a bare SELECT, which is an output of its own. */
  readonly name: string
  readonly table: TableInfo | undefined
  readonly plan: ChangelogNode
  /** Columns of the primary key. Where the query's own key is another, rows of one sink key are ordered by arrival. */
  readonly key: readonly number[] | undefined
  readonly materialize: boolean
  readonly span: Span
}
export interface ChangelogProgram {
  readonly dialect: 'flink'
  readonly tables: ReadonlyMap<string, TableInfo>
  /** Tables that the sinks read. */
  readonly sources: readonly string[]
  readonly sinks: readonly Sink[]
  /** SET: `table.local-time-zone`, `table.exec.state.ttl`, ... as written. */
  readonly settings: Readonly<Record<string, string>>
}
