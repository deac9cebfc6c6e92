/**
 * Queries of an app that stand in a folder: each `NAME.sql` in it is a query NAME of the Flink dialect whose tables are streams, by the
 * name of the table or its option 'stream'. A stream that a query writes and the app does not declare is a stream of the app as well, and
 * the other queries of the folder may read it. Notebooks (NAME.notebook.sql) are passed over.
 *
 * The folder may be missing: it comes with its first query.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { checkOptions, tableConnectors } from '@millrace/connect'
import {
  type FlinkQueryOutput,
  type FlinkQueryStage,
  partStages,
  type StageDefinition,
} from '@millrace/runtime'
import { type ChangelogProgram, lookupTables, type Sink, type TableInfo } from '@millrace/sql'
import type { StreamDefinition } from '@millrace/store'
import { didYouMean } from '@millrace/values'
import { MillraceError, messageOf } from '../error.ts'
import { bindSql } from '../sql-app/bind-sql.ts'
import { parallelismOf } from '../sql-app/parallelism.ts'
import { sqlFunctions } from '../sql-app/sql-functions.ts'
import { shortPath } from './call-site.ts'
import { checkName, checkStageName } from './names.ts'

export interface QueryFolder {
  readonly streams: readonly StreamDefinition[]
  readonly stages: readonly StageDefinition[]
}

const retentionMs = 24 * 3_600_000
const shardsMax = 1_000

interface Query {
  readonly name: string
  readonly text: string
  /** Absolute. */
  readonly file: string
  readonly program: ChangelogProgram
}

/** `known`: streams of the app. Errors: SQL_*, APP_*. */
export function readQueryFolder(folder: string, known: readonly string[]): QueryFolder {
  const queries = queryFiles(folder).map(readQuery)
  const streams = new Map<string, StreamDefinition>()
  for (const query of queries) {
    for (const sink of writtenSinks(query)) {
      const stream = streamOf(query, sink.table)
      if (known.includes(stream) || streams.has(stream)) continue
      streams.set(stream, { name: stream, shards: shardsOf(query, sink.table), retentionMs })
    }
  }
  const names = [...known, ...streams.keys()]
  return {
    streams: [...streams.values()],
    stages: queries.flatMap((query) => stagesOf(query, names)),
  }
}

function queryFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql') && !name.endsWith('.notebook.sql') && !name.startsWith('.'))
    .sort()
    .map((name) => join(folder, name))
}

function readQuery(file: string): Query {
  const place = shortPath(file)
  const name = checkStageName(file.slice(dirname(file).length + 1, -'.sql'.length))
  const text = readFileSync(file, 'utf8')
  const program = bindSql(text, place, sqlFunctions)
  if (program.sinks.length > 0) return { name, text, file, program }
  throw new MillraceError('SQL_NOTHING_TO_RUN', 'The query declares tables, but writes nothing.', {
    place,
    next: 'Add INSERT INTO table SELECT ...; the table is a stream of the app.',
  })
}

/** What goes into a black hole needs no stream. */
function writtenSinks({ program, file }: Query): (Sink & { readonly table: TableInfo })[] {
  return program.sinks.flatMap((sink) => {
    const { table } = sink
    if (table === undefined) {
      throw new MillraceError('SQL_NOTHING_TO_RUN', 'A SELECT outside of INSERT goes nowhere.', {
        place: shortPath(file),
        next: 'Write INSERT INTO table SELECT ...; the table is a stream of the app.',
      })
    }
    return table.options.connector === 'blackhole' ? [] : [{ ...sink, table }]
  })
}

function stagesOf(query: Query, streams: readonly string[]): readonly StageDefinition[] {
  const { name, text, file, program } = query
  const outputs = writtenSinks(query).map(
    (sink): FlinkQueryOutput => ({
      from: sink.name,
      stream: streamOf(query, sink.table),
      partitionKey: undefined,
      format: undefined,
    }),
  )
  const stage: FlinkQueryStage = {
    kind: 'query',
    name,
    dialect: 'flink',
    text,
    fileName: shortPath(file),
    inputs: program.sources.map((table) => ({ table, stream: inputStream(query, table, streams) })),
    outputs,
    lookups: lookupTables(program).map((table) => ({ table, file: lookupFile(query, table) })),
    functions: sqlFunctions,
  }
  return partStages(stage, parallelismOf(program, shortPath(file)))
}

function inputStream(query: Query, name: string, streams: readonly string[]): string {
  const stream = streamOf(query, mustTable(query, name))
  if (streams.includes(stream)) return stream
  throw new MillraceError(
    'APP_FOREIGN_HANDLE',
    `Table ${name} reads the stream "${stream}", which is no stream of the app.`,
    {
      place: shortPath(query.file),
      next: `${didYouMean(stream, streams)}The app has: ${streams.join(', ') || 'no streams yet'}.`,
    },
  )
}

/** The name of the table, unless 'stream' names another. */
function streamOf({ file }: Query, { name, options }: TableInfo): string {
  const { connector = 'stream', stream = name } = options
  if (connector === 'stream') return checkName('a stream', stream)
  throw new MillraceError(
    'SQL_CONNECTOR_UNKNOWN',
    `Table ${name}: its connector is '${connector}', but tables of a query in a folder are streams of the app.`,
    {
      place: shortPath(file),
      next:
        connector === 'table'
          ? `Read the change stream of the table instead: app.table(NAME, { changes: 'NEW_AND_OLD_IMAGES' }).`
          : `Write 'connector' = 'stream', and feed the stream with app.source in the app.`,
    },
  )
}

function shardsOf({ file }: Query, { name, options }: TableInfo): number {
  const shards = Number(options.shards ?? 1)
  if (Number.isInteger(shards) && shards >= 1 && shards <= shardsMax) return shards
  throw new MillraceError('SQL_OPTION', `Table ${name}: 'shards' is '${options.shards}'.`, {
    place: shortPath(file),
    next: `Allowed: a whole number from 1 to ${shardsMax}.`,
  })
}

function lookupFile(query: Query, name: string): string {
  const table = mustTable(query, name)
  const place = shortPath(query.file)
  const connector = tableConnectors.get(table.options.connector ?? '')
  try {
    if (connector !== undefined) checkOptions(table, connector)
    const host = { folder: dirname(query.file), print: () => {} }
    const path = connector?.lookupFile?.(table, host)
    if (path !== undefined) return path
  } catch (error) {
    throw new MillraceError('SQL_OPTION', messageOf(error), { place, cause: error })
  }
  throw new MillraceError('SQL_CONNECTOR_UNKNOWN', `Table ${name} cannot be asked by a lookup join.`, {
    place,
    next: "Give it 'connector' = 'filesystem' and a 'path'.",
  })
}

function mustTable({ program }: Query, name: string): TableInfo {
  const table = program.tables.get(name)
  if (table === undefined)
    throw new Error(`query folder: the program reads ${name}, which it does not declare`)
  return table
}
