/**
 * The SQL shell: statements one after the other, in one session. Tables and views live as long as the session; a SELECT runs
 * straight from its sources until they end or ctrl-C, and its result is drawn as a table that updates.
 */
import { type ConnectorHost, type TableConnectors, tableConnectors } from '@millrace/connect'
import {
  type ChangelogProgram,
  explainChangelog,
  FlinkSession,
  type FlinkStatementResult,
  renderDiagnostics,
  rowKindText,
  type Sink,
  SourceText,
  splitStatements,
} from '@millrace/sql'
import type { Store } from '@millrace/store'
import type { Clock, Random } from '@millrace/values'
import { MillraceError, messageOf } from '../error.ts'
import { sqlFunctions } from '../sql-app/sql-functions.ts'
import { runQuery } from './query-run.ts'
import { ResultTable, textTable } from './result-table.ts'
import { sinkUse } from './sink-use.ts'

/** Where a shell shows things. */
export interface ShellView {
  /** Lines that stay. */
  print(line: string): void
  error(line: string): void
  /** Draws over the last drawing; absent where nothing can be drawn. */
  draw?(lines: readonly string[]): void
  /** Rows that fit. */
  readonly rows: number
}

export interface SqlShellOptions {
  readonly view: ShellView
  readonly clock: Clock
  readonly random: Random
  readonly folder: string
  readonly store: Store | undefined
  readonly json: boolean
  readonly connectors?: TableConnectors
}

/** A live table is drawn at most this often. */
const drawEveryMs = 100

export class SqlShell {
  readonly #options: SqlShellOptions
  readonly #session: FlinkSession
  readonly #hosts = new Map(sqlFunctions.map((fn) => [fn.name.toUpperCase(), fn]))

  constructor(options: SqlShellOptions) {
    this.#options = options
    this.#session = new FlinkSession({ hosts: this.#hosts, explain: explainChangelog })
  }

  /** Runs the statements of a text in order; stops at the first that fails. Whether all went well. */
  async execute(text: string, name: string, signal: AbortSignal): Promise<boolean> {
    for (const statement of splitStatements(text, 'flink')) {
      if (signal.aborted) return false
      if (!(await this.#statement(statement, name, signal))) return false
    }
    return true
  }

  async #statement(text: string, name: string, signal: AbortSignal): Promise<boolean> {
    const { view, json } = this.#options
    const { results, diagnostics } = this.#session.execute(text)
    if (diagnostics.length > 0) {
      const lines = renderDiagnostics(diagnostics, new SourceText(text, name))
      view.error(json ? JSON.stringify({ diagnostics }) : lines)
    }
    if (diagnostics.some(({ severity }) => severity === 'error')) return false
    for (const result of results) {
      try {
        await this.#show(result, signal)
      } catch (error) {
        view.error(json ? JSON.stringify({ error: messageOf(error) }) : messageOf(error))
        return false
      }
    }
    return true
  }

  async #show(result: FlinkStatementResult, signal: AbortSignal): Promise<void> {
    const { view, json } = this.#options
    if (result.kind === 'done') {
      if (!json) view.print('ok')
    } else if (result.kind === 'reply') {
      const { columns, rows } = result.reply
      if (json) {
        for (const row of rows)
          view.print(JSON.stringify(Object.fromEntries(columns.map((column, i) => [column, row[i]]))))
      } else if (columns.length === 1 && rows.length === 1) view.print(String(rows[0]?.[0] ?? ''))
      else
        for (const line of textTable(
          columns,
          rows.map((row) => row.map((cell) => String(cell ?? ''))),
        ))
          view.print(line)
    } else if (result.kind === 'program') await this.#run(result.program, signal)
  }

  async #run(program: ChangelogProgram, signal: AbortSignal): Promise<void> {
    const { clock, random, store, view, json, folder } = this.#options
    const connectors = this.#options.connectors ?? tableConnectors
    const tables = new Map(program.sinks.map((sink) => [sink.name, shownSink(sink)]))
    const host: ConnectorHost = { folder, print: (line) => view.print(line) }
    let drawnAt = Number.NEGATIVE_INFINITY
    const live = view.draw !== undefined && !json
    await runQuery({
      program,
      connectors,
      functions: this.#hosts,
      host,
      clock,
      random,
      store,
      signal,
      onChanges: ({ outputs, errors, late }) => {
        for (const [name, { rows, kinds }] of outputs) {
          const table = tables.get(name)
          if (table === undefined) continue
          for (const [i, row] of rows.entries()) {
            if (json) view.print(table.json(row, rowKindText[kinds[i]!]))
            else table.apply(row, kinds[i]!)
          }
        }
        for (const { name, message, row } of errors) view.error(`${name}: ${message} in ${row}`)
        for (const { where, row } of late) view.error(`late at ${where}: ${row}`)
        if (!live || clock.now() - drawnAt < drawEveryMs) return
        drawnAt = clock.now()
        view.draw?.([...tables.values()].flatMap((table) => table?.lines(view.rows) ?? []))
      },
    })
    if (json) return
    if (live) view.draw?.([])
    for (const table of tables.values())
      for (const line of table?.lines(live ? 1000 : Number.POSITIVE_INFINITY) ?? []) view.print(line)
  }
}

/** The table that a sink's changes are shown in; undefined where they are dropped. */
function shownSink(sink: Sink): ResultTable | undefined {
  const use = sinkUse(sink)
  if (use === 'dropped') return undefined
  if (use === 'shown') return new ResultTable(sink.plan.schema.fields)
  const connector = sink.table?.options.connector ?? 'stream'
  throw new MillraceError(
    'SQL_CONNECTOR_UNKNOWN',
    `The shell writes nothing outside: ${sink.name} has the connector '${connector}'.`,
    {
      next: `Use SELECT, or a table with 'connector' = 'print'; or save the program and run it: millrace run FILE.sql.`,
    },
  )
}
