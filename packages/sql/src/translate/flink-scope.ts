/**
 * What names mean inside one translated query: where each source keeps its row time, and which columns it has.
 *
 * A window of Flink hands on its end less 1 ms as time attribute, where KDA SQL has the end. So every source knows by how
 * many ms its attribute lies before the row time (`shift`): values add it, windows take it as their offset, and bounds of
 * joins count it in. Answers stay the same through any number of windows.
 */
import type { Span } from '../span.ts'
import type { Expression } from '../syntax/tree.ts'
import { column, plusMs } from './build.ts'
import type { TypeScope } from './kda-types.ts'
import type { NoteList } from './translation-note.ts'

export interface FlinkTime {
  /** Column of the source that holds the time attribute. */
  readonly column: string
  readonly shift: number
  /** The join whose results it stands for, if it is that of one side rather than the later of the two. */
  readonly joinAt?: Span | undefined
}

export interface FlinkSource {
  /** What the KDA program calls it. */
  readonly alias: string | undefined
  /** Columns that `*` stands for. */
  readonly columns: readonly string[]
  /** Undefined for reference tables and for streams that no time attribute reaches. */
  readonly time: FlinkTime | undefined
  readonly isTable: boolean
}

export interface FlinkScope {
  readonly sources: readonly FlinkSource[]
  readonly types: TypeScope | undefined
  /** The time attribute of the rows at hand, as it is handed on. */
  readonly time:
    | { readonly attribute: Expression; readonly shift: number; readonly joinAt?: Span | undefined }
    | undefined
  /** What ROWTIME without a source means as a value; undefined where nothing carries it. */
  readonly rowtime: Expression | undefined
  /** Columns that USING or NATURAL made one. */
  readonly merged: ReadonlyMap<string, Expression>
}

export function attributeOf(source: FlinkSource, time: FlinkTime): Expression {
  return column(source.alias, time.column)
}

/** The row time of a source's row as a value. */
export function rowtimeOf(source: FlinkSource): Expression | undefined {
  return source.time === undefined ? undefined : plusMs(attributeOf(source, source.time), source.time.shift)
}

export function scopeOfSource(source: FlinkSource, types: TypeScope | undefined): FlinkScope {
  const { time } = source
  return {
    sources: [source],
    types,
    time:
      time === undefined
        ? undefined
        : { attribute: attributeOf(source, time), shift: time.shift, joinAt: time.joinAt },
    rowtime: rowtimeOf(source),
    merged: new Map(),
  }
}

/** Where a window or a join goes by a time: says so if it is not quite the row time of KDA SQL. */
export function noteTimeOfJoin(
  notes: NoteList,
  time: { readonly joinAt?: Span | undefined } | undefined,
): void {
  if (time?.joinAt === undefined) return
  notes.differs(
    time.joinAt,
    'window over the result of a join',
    'Flink has a joined row at the time of one of the two rows, where KDA SQL has it at the later one, or at the end of the window of an unmatched row.',
    'Nothing to do if the rows that meet lie in one window.',
  )
}

/** The column of the time attribute beside columns of these names. */
export function timeColumnBeside(columns: readonly string[]): string {
  let name = 'ROWTIME'
  while (columns.includes(name)) name += '_'
  return name
}
