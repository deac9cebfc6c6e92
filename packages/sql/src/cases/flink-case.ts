/**
 * Runs a case of the Flink dialect: changes of the sources in arrival order, the watermark after every row. The connector
 * `memory` stands for tables that the case feeds and reads.
 */
import type { SqlType } from '@millrace/values'
import { parseSqlType, type Random, seededRandom } from '@millrace/values'
import { bindFlinkProgram } from '../changelog/binder/bind-flink-program.ts'
import { sourceChanges } from '../changelog/binder/table-options.ts'
import { compileChangelog } from '../changelog/compile-changelog.ts'
import { decoderOf } from '../changelog/format/format.ts'
import type { ChangelogInstance } from '../changelog/instance.ts'
import { optimizeChangelog } from '../changelog/optimizer/optimize-changelog.ts'
import type { ChangelogProgram, TableInfo } from '../changelog/plan.ts'
import { type Row, type RowKind, rowKind, rowKindText } from '../changelog/row.ts'
import type { HostFunctions } from '../host-function.ts'
import { knownFunctions } from '../known-functions.ts'
import { CaseFileError, type CaseRow, type SqlCase } from './case-file.ts'
import { CaseLookups } from './case-lookups.ts'
import type { CaseErrorRow, CaseRun, CaseVariant } from './case-result.ts'
import type { CaseOutput, OutputRow } from './expectation.ts'
import { fromCaseValue } from './flink-values.ts'

const hosts: HostFunctions = new Map(knownFunctions.map((fn) => [fn.name.toUpperCase(), fn]))

export function bindFlinkCase(file: SqlCase): ReturnType<typeof bindFlinkProgram> {
  const lookups = [...file.referenceTables].map(([name, { columns }]) => lookupTable(name, columns))
  const bound = bindWith(file, lookups)
  // A table whose options do not say what changes it gives gives those that the case feeds.
  const changing = [...file.inputs].flatMap(([name, rows]) => {
    const table = bound.program?.tables.get(name)
    const silent = table !== undefined && sourceChanges(table.options) === 'append'
    return silent && table.options['changelog-mode'] === undefined && rows.some(({ op }) => op !== '+I')
      ? [{ ...table, options: { 'changelog-mode': 'all' } }]
      : []
  })
  return changing.length === 0 ? bound : bindWith(file, [...lookups, ...changing])
}

function bindWith(file: SqlCase, tables: readonly TableInfo[]): ReturnType<typeof bindFlinkProgram> {
  const { program: text, settings } = file
  return bindFlinkProgram({ text, fileName: `${file.name}.sql`, tables, settings, hosts })
}

export function runFlinkCase(file: SqlCase, variant: CaseVariant): CaseRun {
  const { program, diagnostics } = bindFlinkCase(file)
  if (program === undefined)
    return {
      outputs: new Map(),
      errors: [],
      refused: diagnostics.filter(({ severity }) => severity === 'error'),
    }
  return new FlinkCaseRun(file, optimizeChangelog(program), variant).run()
}

/** Processing time where a case says nothing of it. */
const startMs = Date.UTC(2026, 0, 1)

class FlinkCaseRun {
  readonly #file: SqlCase
  readonly #program: ChangelogProgram
  readonly #variant: CaseVariant
  readonly #outputs = new Map<string, CaseOutput & { readonly rows: OutputRow[] }>()
  readonly #errors: CaseErrorRow[] = []
  readonly #random: Random
  readonly #lookups: CaseLookups
  #now = startMs
  #instance: ChangelogInstance

  constructor(file: SqlCase, program: ChangelogProgram, variant: CaseVariant) {
    this.#file = file
    this.#program = program
    this.#variant = variant
    this.#random = seededRandom(file.name)
    this.#lookups = new CaseLookups(file, program)
    const zone = program.settings['table.local-time-zone']
    for (const { name, plan, key } of program.sinks)
      this.#outputs.set(name, {
        columns: plan.schema.fields,
        rows: [],
        ...(key === undefined ? {} : { key }),
        ...(zone === undefined ? {} : { zone }),
      })
    this.#instance = this.#fresh()
  }

  run(): CaseRun {
    this.#instance.start()
    for (const name of this.#file.referenceTables.keys()) this.#scan(name)
    this.#take()
    const rows = [...this.#file.inputs]
      .flatMap(([table, list]) => list.map((row) => ({ table: this.#source(table), row })))
      .sort((a, b) => a.row.seq - b.row.seq)
    for (const [record, { table, row }] of rows.entries()) {
      if (row.rowtime !== undefined && row.rowtime > this.#now) this.#now = row.rowtime
      this.#instance.advance(this.#now)
      this.#push(table, row, record)
      if (this.#variant.batch === 'row') this.#take()
      if (this.#variant.restarts) this.#restart()
    }
    if (this.#file.end === 'flush') for (const source of this.#program.sources) this.#instance.finish(source)
    this.#take()
    return { outputs: this.#outputs, errors: this.#errors, refused: undefined }
  }

  /** A reference table that a query reads as a whole is an input whose rows come before the first of the others. */
  #scan(name: string): void {
    if (!this.#program.sources.includes(name)) return
    const rows = this.#lookups.rows(name)
    for (const row of rows) this.#instance.push(name, row, rowKind.insert, { record: -1, shard: '0' })
    if (!this.#file.inputs.has(name)) this.#instance.finish(name)
  }

  /** A payload goes through the table's format and may give several changes. */
  #push(table: TableInfo, row: CaseRow, record: number): void {
    if (row.record === undefined) {
      this.#change(table, sourceRow(table, row), kindOf(row), record)
      return
    }
    const problem = decoderOf(table).decode(Buffer.from(row.record, 'utf8'), (values, kind) =>
      this.#change(table, values, kind, record),
    )
    if (problem !== undefined)
      this.#errors.push({ fields: { ERROR_NAME: problem.name, MESSAGE: problem.message } })
  }

  #change(table: TableInfo, row: Row, kind: RowKind, record: number): void {
    const { name } = table
    if (this.#lookups.tables.has(name)) {
      this.#lookups.change(table, row, kind)
      this.#instance.setLookup(name, this.#lookups.rows(name))
    }
    if (this.#program.sources.includes(name)) this.#instance.push(name, row, kind, { record, shard: '0' })
  }

  #source(name: string): TableInfo {
    const table = this.#program.tables.get(name)
    if (table !== undefined) return table
    throw new CaseFileError(
      `inputs names the table "${name}", but the program has ${[...this.#program.tables.keys()].join(', ')}`,
    )
  }

  #take(): void {
    const { outputs, errors } = this.#instance.take()
    for (const [name, { rows, kinds }] of outputs) {
      const output = this.#outputs.get(name)
      for (const [i, values] of rows.entries())
        output?.rows.push({ kind: rowKindText[kinds[i]!], rowtime: undefined, values })
    }
    for (const { name, message, where } of errors)
      this.#errors.push({ fields: { ERROR_NAME: name, MESSAGE: message, PUMP_NAME: where } })
  }

  #fresh(): ChangelogInstance {
    const zone = this.#program.settings['table.local-time-zone']
    const instance = compileChangelog(this.#program, {
      now: this.#now,
      functions: hosts,
      random: () => this.#random.next(),
      ...(zone === undefined ? {} : { zone }),
    })
    for (const name of this.#lookups.tables) instance.setLookup(name, this.#lookups.rows(name))
    return instance
  }

  #restart(): void {
    this.#take()
    const old = this.#instance
    this.#instance = this.#fresh()
    for (const operator of old.operators)
      for (const blob of old.snapshot(operator)) this.#instance.restore(operator, blob)
  }
}

function sourceRow(table: TableInfo, row: CaseRow): Row {
  return table.columns.flatMap(({ name, type, computed, metadata }) =>
    computed === undefined
      ? [fromCaseValue(row.values[name] ?? row.values[metadata?.key ?? ''] ?? null, type)]
      : [],
  )
}

function kindOf({ op }: CaseRow): 0 | 1 | 2 | 3 {
  return ({ '+I': 0, '-U': 1, '+U': 2, '-D': 3 } as const)[op]
}

function lookupTable(
  name: string,
  columns: readonly { readonly name: string; readonly type: string }[],
): TableInfo {
  return {
    name,
    temporary: false,
    columns: columns.map((column) => ({
      name: column.name,
      type: typeOf(column.type),
      nullable: true,
      metadata: undefined,
      computed: undefined,
    })),
    primaryKey: undefined,
    partitionedBy: [],
    options: { connector: 'memory', lookup: 'true' },
    comment: undefined,
  }
}

function typeOf(text: string): SqlType {
  return parseSqlType(text)
}
