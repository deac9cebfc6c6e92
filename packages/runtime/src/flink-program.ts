/**
 * A program of the Flink dialect made ready to run: text -> bound program -> optimized program -> instance, with a decoder for
 * each table that is read and an encoder for each sink. What the text can get wrong is refused here, before anything starts.
 */
import { readFileSync } from 'node:fs'
import {
  bindFlinkProgram,
  type ChangelogInstance,
  type ChangelogProgram,
  compileChangelog,
  type Decoder,
  decoderOf,
  type Encoder,
  encoderOf,
  fieldsEncoder,
  type HostFunctions,
  keyTextClass,
  optimizeChangelog,
  parallelKeys,
  partitionKeyNames,
  physicalFields,
  type Row,
  renderDiagnostics,
  SourceText,
  type TableInfo,
} from '@millrace/sql'
import type { Clock, Random } from '@millrace/values'
import type { FlinkQueryOutput, FlinkQueryStage } from './app-model.ts'
import { messageOf, RuntimeError } from './errors.ts'
import { queryNameOf, sharesKeys } from './query-parts.ts'
import type { Warnings } from './warnings.ts'

export interface FlinkProgram {
  readonly program: ChangelogProgram
  readonly functions: HostFunctions
}

/** Error: QUERY_INVALID. Warnings of the binder go to `warnings`. */
export function bindFlink(stage: FlinkQueryStage, warnings: Warnings): FlinkProgram {
  const { text, fileName } = stage
  const functions = new Map(stage.functions.map((fn) => [fn.name.toUpperCase(), fn]))
  const { program, diagnostics } = bindFlinkProgram({ text, fileName, hosts: functions })
  const source = new SourceText(text, fileName)
  if (program === undefined) {
    throw refused(stage, `its program was refused\n${renderDiagnostics(diagnostics, source)}\n`)
  }
  for (const diagnostic of diagnostics) {
    const place = `${queryNameOf(stage)} ${diagnostic.span.start}`
    warnings.say(diagnostic.code, place, renderDiagnostics([diagnostic], source))
  }
  return { program: optimizeChangelog(program), functions }
}

export function startFlink(
  stage: FlinkQueryStage,
  { program, functions }: FlinkProgram,
  clock: Clock,
  random: Random,
): ChangelogInstance {
  const instance = compileChangelog(program, {
    functions,
    now: clock.now(),
    clock,
    random: () => random.next(),
  })
  loadLookups(stage, program, instance)
  return instance
}

/** Reads all files before it replaces any table. Error: QUERY_INVALID. */
export function loadLookups(
  stage: FlinkQueryStage,
  program: ChangelogProgram,
  instance: ChangelogInstance,
): void {
  const read = stage.lookups.map(
    ({ table, file }) => [table, readLookup(stage, program, table, file)] as const,
  )
  for (const [table, rows] of read) instance.setLookup(table, rows)
}

/**
 * Refuses a program that may not run in parts, and tables whose rows meet in it but whose streams spread keys differently.
 * `shardsOf`: the number of shards of a stream. Error: QUERY_INVALID.
 */
export function assertParts(
  stage: FlinkQueryStage,
  { program }: FlinkProgram,
  shardsOf: (stream: string) => number,
): void {
  if (stage.part === undefined) return
  const { of } = stage.part
  const { problem, together } = parallelKeys(program)
  if (problem !== undefined) {
    const { line, column } = new SourceText(stage.text, stage.fileName).position(problem.span.start)
    throw refused(
      stage,
      `it cannot run with a parallelism of ${of}: ${stage.fileName}:${line}:${column}: ${problem.message}`,
    )
  }
  for (const tables of together) {
    const inputs = stage.inputs.filter(({ table }) => tables.includes(table))
    const shards = inputs.map(({ stream }) => shardsOf(stream))
    if (sharesKeys(shards, of)) continue
    const counts = inputs.map(({ table, stream }, i) => `${table} (stream "${stream}") has ${shards[i]}`)
    throw refused(
      stage,
      `it cannot run with a parallelism of ${of}: rows of the tables ${tables.join(', ')} meet by their keys, but the numbers of shards of their streams place keys differently: ${counts.join(', ')}. Give them the same number of shards, or multiples of ${of}`,
    )
  }
}

/** The decoder of a table that the stage feeds. Error: QUERY_INVALID. */
export function tableDecoder(stage: FlinkQueryStage, { program }: FlinkProgram, name: string): Decoder {
  const table = tableOf(stage, program, name)
  return attempt(stage, () => decoderOf(table))
}

/** The encoder of a sink; JSON for a bare SELECT. Error: QUERY_INVALID. */
export function sinkEncoder(
  stage: FlinkQueryStage,
  { program }: FlinkProgram,
  { from: name, format }: FlinkQueryOutput,
): Encoder {
  const sink = program.sinks.find((each) => each.name === name)
  if (sink === undefined) {
    const known = program.sinks.map((each) => each.name).join(', ') || 'none'
    throw refused(stage, `the app takes the output "${name}", but the program writes ${known}`)
  }
  const { table, plan } = sink
  return attempt(stage, () => {
    if (table === undefined) return fieldsEncoder(plan.schema.fields, format ?? 'json')
    return encoderOf(format === undefined ? table : { ...table, options: { ...table.options, format } })
  })
}

/**
 * Where the values of a sink's partition key stand in its rows: by the output's name, else by the table's 'partition-key', else
 * the primary key; empty: no key.
 */
export function keyColumns(
  stage: FlinkQueryStage,
  { program }: FlinkProgram,
  output: { readonly from: string; readonly partitionKey: string | undefined },
): readonly number[] {
  const sink = program.sinks.find((each) => each.name === output.from)
  const fields = sink?.plan.schema.fields ?? []
  const column = (name: string): number => {
    const index = fields.findIndex((field) => field.name === name)
    if (index >= 0) return index
    throw refused(
      stage,
      `the output "${output.from}" has no column "${name}" for its partition key; there are ${fields.map((field) => field.name).join(', ')}`,
    )
  }
  if (output.partitionKey !== undefined) return [column(output.partitionKey)]
  const key = sink?.key
  const asked = partitionKeyNames(sink?.table?.options ?? {}).map(column)
  for (const index of asked) {
    const { name, type } = fields[index]!
    if (keyTextClass(type) === undefined)
      throw refused(
        stage,
        `'partition-key' of the table ${output.from} names "${name}" of type ${type.kind}, whose values have no single text. Key by columns of whole numbers, STRING or BOOLEAN`,
      )
    if (key !== undefined && !key.includes(index))
      throw refused(
        stage,
        `'partition-key' of the table ${output.from} names "${name}", which is no part of its primary key: the changes of one row would lie in several shards, in no order. Name columns of the primary key`,
      )
  }
  return asked.length === 0 ? (key ?? []) : asked
}

/** Where the values of a table's 'partition-key' stand in the rows of its decoder; empty: it names none. */
export function tableKeyColumns(
  stage: FlinkQueryStage,
  { program }: FlinkProgram,
  name: string,
): readonly number[] {
  const table = tableOf(stage, program, name)
  const fields = physicalFields(table).map((field) => field.name)
  return partitionKeyNames(table.options)
    .map((column) => fields.indexOf(column))
    .filter((column) => column >= 0)
}

/** Rows of a lookup table from a file in the table's format: one record a line. */
function readLookup(stage: FlinkQueryStage, program: ChangelogProgram, name: string, file: string): Row[] {
  const table = tableOf(stage, program, name)
  const decoder = attempt(stage, () => decoderOf(table))
  const rows: Row[] = []
  let line = 0
  for (const text of attempt(stage, () => readFileSync(file, 'utf8')).split('\n')) {
    line++
    if (text.trim() === '') continue
    const problem = decoder.decode(Buffer.from(text, 'utf8'), (row) => rows.push(row))
    if (problem !== undefined) throw refused(stage, `${file}:${line}: ${problem.message}`)
  }
  return rows
}

function tableOf(stage: FlinkQueryStage, program: ChangelogProgram, name: string): TableInfo {
  const table = program.tables.get(name)
  if (table !== undefined) return table
  throw refused(
    stage,
    `the app feeds the table "${name}", but the program has ${[...program.tables.keys()].join(', ') || 'no tables'}`,
  )
}

function attempt<T>(stage: FlinkQueryStage, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw refused(stage, messageOf(error))
  }
}

function refused(stage: FlinkQueryStage, what: string): RuntimeError {
  return new RuntimeError('QUERY_INVALID', {
    place: `query "${queryNameOf(stage)}"`,
    what,
    next: 'Correct the program; nothing has been started',
  })
}
