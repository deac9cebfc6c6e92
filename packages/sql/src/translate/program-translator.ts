/**
 * Streams, views and pumps of a KDA program to tables, views and INSERTs of Flink (spec 4). What is read inside becomes a view,
 * what leaves becomes a table with an INSERT; the INSERTs are one statement set. A stream is translated when it is first
 * read, so everything stands in front of its readers.
 */
import type { Field } from '@millrace/values'
import type { Span } from '../span.ts'
import type {
  CreateTable,
  CreateView,
  InsertStatement,
  Option,
  Query,
  Statement,
  TableColumn,
} from '../syntax/tree.ts'
import { binary, column, flinkType, id, interval, item, named, nowhere, select } from './build.ts'
import { timeColumnBeside } from './flink-scope.ts'
import type { KdaTypes } from './kda-types.ts'
import type { ProgramParts, ProgramStream, ProgramView, Writer } from './program-parts.ts'
import { readNames } from './program-parts.ts'
import type { EventTime, FlinkRelation, QueryHost, TargetShape, TranslatedQuery } from './query-parts.ts'
import { translateQuery, translateUnion } from './translate-query.ts'
import { NoForm, type NoteList } from './translation-note.ts'
import { shapeOf } from './tree-map.ts'

export interface TranslateInput {
  readonly name: string
  readonly fields: readonly Field[]
  /** Metadata of the records that the program reads; `*` leaves them out. */
  readonly hidden?: readonly Field[]
  /** Where a record has the value of a column, if not under the column's name. */
  readonly paths?: ReadonlyMap<string, string>
}

export interface TranslatorOptions {
  readonly notes: NoteList
  readonly types: KdaTypes
  readonly parts: ProgramParts
  readonly inputs: readonly TranslateInput[]
  readonly references: readonly TranslateInput[]
  readonly outputs: readonly string[]
  readonly connector: string
  /** Statements that turned out to have no form after all, with the reason. */
  readonly refused: ReadonlyMap<Statement, string>
}

/** A statement of the output, and what of the KDA program it stands for. */
export interface OutputStatement {
  readonly statement: Statement
  readonly origin: Statement | undefined
  /** A line in front of it. */
  readonly comment: string | undefined
}

/** A statement of the KDA program without a form. */
export interface Omitted {
  readonly statement: Statement
  readonly name: string
  readonly reasons: readonly string[]
}

export class ProgramTranslator implements QueryHost {
  readonly notes: NoteList
  readonly types: KdaTypes
  readonly tables: OutputStatement[] = []
  readonly views: OutputStatement[] = []
  readonly inserts: { readonly statement: InsertStatement; readonly origin: Statement | undefined }[] = []
  readonly queries: OutputStatement[] = []
  readonly omitted: Omitted[] = []
  readonly #options: TranslatorOptions
  readonly #relations = new Map<string, FlinkRelation>()
  readonly #translating = new Set<string>()
  readonly #names: Set<string>
  readonly #eventTables = new Map<string, FlinkRelation>()
  readonly #outputs: ReadonlySet<string>
  readonly #reads: ReadonlySet<string>
  #origin: Statement | undefined
  /** The statement that asked for a relation last. */
  #reader: Span = nowhere
  #utc = false

  constructor(options: TranslatorOptions) {
    this.#options = options
    this.notes = options.notes
    this.types = options.types
    const { parts } = options
    this.#outputs = new Set(options.outputs)
    this.#reads = parts.reads()
    this.#names = new Set([
      ...parts.streams.keys(),
      ...parts.views.keys(),
      ...options.inputs.map(({ name }) => name),
      ...options.references.map(({ name }) => name),
    ])
  }

  get utc(): boolean {
    return this.#utc
  }

  run(): void {
    const { parts } = this.#options
    for (const view of parts.views.values()) this.relation(view.name)
    for (const stream of parts.streams.values()) {
      if (this.#reads.has(stream.name)) this.relation(stream.name)
      if (!this.#reads.has(stream.name) || this.#outputs.has(stream.name)) this.#leaving(stream)
    }
    for (const { query, statement } of parts.selects) {
      const made = this.#attempt(statement, 'SELECT', () =>
        translateQuery(this, query, { shape: undefined, carriesTime: false }),
      )
      if (made !== undefined)
        this.queries.push({ statement: queryStatement(made.query), origin: statement, comment: undefined })
    }
  }

  needsUtc(): void {
    this.#utc = true
  }

  subquery(query: Query): Query {
    return translateQuery(this, query, { shape: undefined, carriesTime: false }).query
  }

  relation(name: string): FlinkRelation | undefined {
    const known = this.#relations.get(name)
    if (known !== undefined) return known
    const made = this.#makeRelation(name)
    if (made !== undefined) this.#relations.set(name, made)
    return made
  }

  #makeRelation(name: string): FlinkRelation | undefined {
    const { inputs, references, parts } = this.#options
    const input = inputs.find((each) => each.name === name)
    if (input !== undefined) return this.#inputTable(input)
    const reference = references.find((each) => each.name === name)
    if (reference !== undefined) return this.#referenceTable(reference)
    const view = parts.views.get(name)
    if (view !== undefined) return this.#view(view)
    const stream = parts.streams.get(name)
    return stream === undefined ? undefined : this.#stream(stream)
  }

  inputByEventTime(name: string, { expression, delay }: EventTime): FlinkRelation | undefined {
    const input = this.#options.inputs.find((each) => each.name === name)
    if (input === undefined) return undefined
    const key = shapeOf([name, expression, delay])
    const known = this.#eventTables.get(key)
    if (known !== undefined) return known
    const columns = input.fields.map((field) => field.name)
    const plain = expression.kind === 'name' ? expression.parts.at(-1)!.name : undefined
    let timeColumn = plain ?? 'EVENT_TIME'
    while (plain === undefined && columns.includes(timeColumn)) timeColumn += '_'
    const computed: TableColumn[] =
      plain === undefined ? [{ kind: 'computed', name: id(timeColumn), expression, span: nowhere }] : []
    const table = this.#freeName(`${name}_BY_${timeColumn}`)
    const rowtime = timeColumnBeside(columns)
    const physical = [...inputColumns(input), timeColumnOf(rowtime), ...computed]
    this.#table(table, physical, [timeColumn, delay], this.#options.connector, { stream: name })
    const made = { name: table, columns, time: { column: timeColumn, shift: 0 }, isTable: false }
    this.#eventTables.set(key, made)
    return made
  }

  helperView(hint: string, query: TranslatedQuery): FlinkRelation {
    const name = this.#freeName(hint)
    this.#createView(name, query.query)
    return { name, columns: query.columns, time: query.time, isTable: false }
  }

  #inputTable(input: TranslateInput): FlinkRelation {
    const { name, fields } = input
    if (fields.some(({ type }) => type.kind === 'CHAR'))
      this.notes.differs(
        this.#reader,
        `CHAR columns of ${name}`,
        'KDA SQL fills the values of CHAR columns with blanks when they come in, tables of Flink take them as they are.',
        'Use VARCHAR, or compare trimmed values.',
      )
    const columns = fields.map((field) => field.name)
    const time = timeColumnBeside(columns)
    this.#table(name, [...inputColumns(input), timeColumnOf(time)], [time, 0], this.#options.connector, {})
    return { name, columns, time: { column: time, shift: 0 }, isTable: false }
  }

  #referenceTable({ name, fields }: TranslateInput): FlinkRelation {
    const { connector } = this.#options
    const options: Readonly<Record<string, string>> =
      connector === 'memory' ? { lookup: 'true' } : { path: `${name}.csv`, format: 'csv' }
    this.#table(
      name,
      columnsOf(fields),
      undefined,
      connector === 'memory' ? connector : 'filesystem',
      options,
    )
    return { name, columns: fields.map((field) => field.name), time: undefined, isTable: true }
  }

  #view(view: ProgramView): FlinkRelation | undefined {
    const made = this.#attempt(view.statement, view.name, () =>
      translateQuery(this, view.query, { shape: undefined, carriesTime: true }),
    )
    if (made === undefined) return undefined
    const columns = view.columns ?? made.columns
    const time = made.time === undefined ? [] : [made.time.column]
    this.#createView(view.name, made.query, view.columns === undefined ? undefined : [...columns, ...time])
    return { name: view.name, columns, time: made.time, isTable: false }
  }

  /** What a stream is for its readers: a view over its writers, or a table if nothing could be made of any. */
  #stream(stream: ProgramStream): FlinkRelation | undefined {
    if (this.#translating.has(stream.name)) return undefined
    this.#translating.add(stream.name)
    const written = this.#writers(stream, true)
    this.#translating.delete(stream.name)
    const both = this.#outputs.has(stream.name)
    const columns = stream.fields.map(({ name }) => name)
    if (written === undefined) {
      const time = timeColumnBeside(columns)
      const name = both ? this.#freeName(`${stream.name}_ROWS`) : stream.name
      this.#table(
        name,
        [...columnsOf(stream.fields), timeColumnOf(time)],
        [time, 0],
        this.#options.connector,
        {},
        'Nothing here writes this stream; it has to come from elsewhere.',
      )
      return { name, columns, time: { column: time, shift: 0 }, isTable: false }
    }
    const name = both ? this.#freeName(`${stream.name}_ROWS`) : stream.name
    this.#origin = written.origin
    this.#createView(name, written.made.query)
    return { name, columns, time: written.made.time, isTable: false }
  }

  #leaving(stream: ProgramStream): void {
    const insert = (query: Query, origin: Statement | undefined): void => {
      this.#table(stream.name, columnsOf(stream.fields, true), undefined, this.#options.connector, {})
      this.inserts.push({ statement: insertInto(stream.name, query), origin })
    }
    const inside = this.#reads.has(stream.name) ? this.#relations.get(stream.name) : undefined
    if (inside !== undefined) {
      const items = inside.columns.map((name) => item(column(name), name))
      insert(select({ items, from: named(inside.name, undefined) }), undefined)
      return
    }
    const written = this.#writers(stream, false)
    if (written !== undefined) insert(written.made.query, written.origin)
  }

  #writers(
    stream: ProgramStream,
    carriesTime: boolean,
  ): { readonly made: TranslatedQuery; readonly origin: Statement | undefined } | undefined {
    const running = stream.writers.filter((writer) => this.#isRunning(writer))
    const made = running.flatMap((writer) => {
      const query = this.#attempt(writer.statement, writer.pump.name, () =>
        translateQuery(this, writer.query, { shape: targetShape(stream, writer), carriesTime }),
      )
      return query === undefined ? [] : [{ query, writer }]
    })
    const [first, second] = made
    if (first === undefined) return undefined
    if (second === undefined) return { made: first.query, origin: first.writer.statement }
    this.notes.differs(
      second.writer.pump.span,
      'several pumps into one stream',
      'UNION ALL takes rows as they come, where KDA SQL merges them by ROWTIME and drops those of a pump that is behind.',
      'Nothing to do if the order among the pumps does not matter.',
    )
    const union = translateUnion(
      this,
      made.map(({ query }) => query),
      second.writer.pump.span,
    )
    return { made: union, origin: first.writer.statement }
  }

  #isRunning({ stopped, statement, pump }: Writer): boolean {
    if (!stopped) return true
    this.notes.differs(
      pump.span,
      'STOPPED pump',
      'It does not run until it is started, which Flink cannot do to a part of a job; it is left out.',
      'Put it back, or run it as a job of its own.',
    )
    this.omitted.push({ statement, name: pump.name, reasons: ['the pump is stopped'] })
    return false
  }

  /** What the statement reads is translated first, so that the notes of others do not count as its own. */
  #attempt<T>(statement: Statement, name: string, work: () => T): T | undefined {
    this.#reader = statement.span
    for (const read of readNames(statement)) this.relation(read)
    const outer = this.#origin
    this.#origin = statement
    const [before, views] = [this.notes.items.length, this.views.length]
    const reasons = (): string[] =>
      this.notes.items
        .slice(before)
        .flatMap(({ verdict, construct, reason }) => (verdict === 'none' ? [`${construct}: ${reason}`] : []))
    try {
      const refusal = this.#options.refused.get(statement)
      if (refusal !== undefined)
        this.notes.fail(
          statement.span,
          'the statement as a whole',
          refusal,
          'Take it apart into simpler statements.',
        )
      const made = work()
      if (reasons().length === 0) return made
    } catch (failure) {
      if (!(failure instanceof NoForm)) throw failure
    } finally {
      this.#origin = outer
    }
    this.views.length = views
    this.omitted.push({ statement, name, reasons: reasons() })
    return undefined
  }

  #createView(name: string, query: Query, columns?: readonly string[]): void {
    const statement: CreateView = {
      kind: 'create-view',
      replace: false,
      name: id(name),
      columns: columns?.map(id),
      description: undefined,
      query,
      span: nowhere,
    }
    this.views.push({ statement, origin: this.#origin, comment: undefined })
  }

  #table(
    name: string,
    columns: readonly TableColumn[],
    watermark: readonly [column: string, delay: number] | undefined,
    connector: string,
    options: Readonly<Record<string, string>>,
    comment?: string,
  ): void {
    const list: Record<string, string> = { connector, ...options }
    const statement: CreateTable = {
      kind: 'create-table',
      temporary: false,
      ifNotExists: false,
      name: id(name),
      columns,
      watermark:
        watermark === undefined
          ? undefined
          : {
              column: [id(watermark[0])],
              expression: binary('-', column(watermark[0]), interval(Math.max(1, watermark[1]))),
              span: nowhere,
            },
      primaryKey: undefined,
      comment: undefined,
      partitionedBy: [],
      options: Object.entries(list).map(([key, value]): Option => ({ name: key, value, span: nowhere })),
      like: undefined,
      query: undefined,
      span: nowhere,
    }
    this.tables.push({ statement, origin: undefined, comment })
  }

  #freeName(wanted: string): string {
    let name = wanted
    for (let i = 2; this.#names.has(name); i++) name = `${wanted}_${i}`
    this.#names.add(name)
    return name
  }
}

function targetShape({ fields }: ProgramStream, { columns }: Writer): TargetShape {
  if (columns === undefined) return { fields, positions: fields.map((_, i) => i) }
  const positions = fields.map(({ name }) => {
    const position = columns.indexOf(name)
    return position < 0 ? undefined : position
  })
  return { fields, positions }
}

/** `strict`: columns without NULL say so, which counts where rows are written. */
function columnsOf(fields: readonly Field[], strict = false): TableColumn[] {
  return fields.map(({ name, type, nullable }) => physical(name, flinkType(type), strict && !nullable))
}

function inputColumns({ fields, hidden = [], paths }: TranslateInput): TableColumn[] {
  return columnsOf([...fields, ...hidden]).map((made) => {
    const comment = paths?.get(made.name.name)
    return comment === undefined ? made : { ...made, comment }
  })
}

function timeColumnOf(name: string): TableColumn {
  return physical(name, flinkType({ kind: 'TIMESTAMP' }))
}

function physical(name: string, type: ReturnType<typeof flinkType>, notNull = false): TableColumn {
  return { kind: 'physical', name: id(name), type, notNull, primaryKey: false, span: nowhere }
}

function insertInto(target: string, query: Query): InsertStatement {
  return { kind: 'insert', expedited: false, target: id(target), columns: undefined, query, span: nowhere }
}

function queryStatement(query: Query): Statement {
  return { kind: 'query', query, span: nowhere }
}
