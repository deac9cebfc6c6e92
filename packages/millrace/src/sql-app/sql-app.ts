/**
 * An app out of a SQL file alone: `millrace run pipeline.sql`. Every table of the program becomes a stream; what its
 * connector reads from outside feeds the stream, what it writes outside reads it; all INSERTs together are one query.
 *
 * `${TOTAL_ROWS}` in the text is an option of the app (`-- --total-rows value`), or else an environment variable;
 * `${TOTAL_ROWS:10}` has a default.
 */
import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  ConnectError,
  type ConnectorHost,
  checkOptions,
  type TableConnector,
  type TableConnectors,
  tableConnectors,
} from '@millrace/connect'
import {
  type AppDefinition,
  type FlinkQueryOutput,
  type FlinkQueryStage,
  mappingDefaults,
  partStages,
  type StageDefinition,
} from '@millrace/runtime'
import {
  type ChangelogProgram,
  type HostFunction,
  lookupTables,
  type Sink,
  type TableInfo,
} from '@millrace/sql'
import type { StreamDefinition } from '@millrace/store'
import { AppOptions, type OptionsGiven } from '../define/app-options.ts'
import { shortPath } from '../define/call-site.ts'
import type { AppFactory, BuiltApp } from '../define/define-app.ts'
import { markFactory } from '../define/define-app.ts'
import { MillraceError, messageOf } from '../error.ts'
import { unreadableFile } from '../load/unreadable-file.ts'
import { bindSql } from './bind-sql.ts'
import { parallelismOf } from './parallelism.ts'
import { sqlFunctions } from './sql-functions.ts'

export interface SqlAppOptions {
  /** By the name that programs write in 'connector'; beside those that come with the project. */
  readonly connectors?: TableConnectors
  /** Functions that the program may call; made by `sqlFunction`. */
  readonly functions?: readonly HostFunction[]
  /** Where `print` writes; standard output, or standard error where the table says so, unless given. */
  readonly print?: ConnectorHost['print']
}

/**
 * The app of a SQL file. Nothing is read before it is built. A path as text is relative to the current folder; in an app file
 * write `new URL('./pipeline.sql', import.meta.url)`.
 */
export function sqlApp(path: string | URL, settings: SqlAppOptions = {}): AppFactory {
  const file = typeof path === 'string' ? resolve(path) : fileURLToPath(path)
  const name = basename(file, '.sql').replace(/[^A-Za-z0-9_.-]/g, '-') || 'pipeline'
  return markFactory({
    name,
    file,
    build: (inputs = {}) => {
      const text = readProgram(file)
      const { program, options } = fillPlaceholders(
        text,
        inputs.options ?? [],
        inputs.env ?? process.env,
        dirname(file),
      )
      return { definition: new SqlAppBuilder(name, file, program, settings).build(), options }
    },
  })
}

class SqlAppBuilder {
  readonly #name: string
  readonly #file: string
  readonly #text: string
  readonly #connectors: TableConnectors
  readonly #functions: readonly HostFunction[]
  readonly #host: ConnectorHost
  readonly #streams = new Map<string, StreamDefinition>()
  readonly #stages: StageDefinition[] = []

  constructor(name: string, file: string, text: string, settings: SqlAppOptions) {
    this.#name = name
    this.#file = file
    this.#text = text
    this.#connectors = new Map([...tableConnectors, ...(settings.connectors ?? [])])
    this.#functions = [...sqlFunctions, ...(settings.functions ?? [])]
    this.#host = { folder: dirname(file), print: settings.print ?? printLine }
  }

  build(): AppDefinition {
    const program = bindSql(this.#text, shortPath(this.#file), this.#functions)
    if (program.sinks.length === 0) {
      throw new MillraceError('SQL_NOTHING_TO_RUN', 'The program declares tables, but writes nothing.', {
        place: shortPath(this.#file),
      })
    }
    const lookups: { table: string; file: string }[] = []
    const inputs = program.sources.map((name) => ({
      table: name,
      stream: this.#source(mustTable(program, name)),
    }))
    for (const name of lookupTables(program)) {
      const table = mustTable(program, name)
      const file = this.#connector(table)?.lookupFile?.(table, this.#host)
      if (file === undefined) throw this.#refuse(table, 'cannot be asked by a lookup join', 'lookupFile')
      lookups.push({ table: name, file })
    }
    const outputs = program.sinks.flatMap((sink) => this.#sink(sink))
    const query: FlinkQueryStage = {
      kind: 'query',
      name: 'sql',
      dialect: 'flink',
      text: this.#text,
      fileName: shortPath(this.#file),
      inputs,
      outputs,
      lookups,
      functions: this.#functions,
    }
    this.#stages.push(...partStages(query, parallelismOf(program, shortPath(this.#file))))
    return { name: this.#name, streams: [...this.#streams.values()], tables: [], stages: this.#stages }
  }

  /** The stream that feeds a table; its source is added. */
  #source(table: TableInfo): string {
    const connector = this.#connector(table)
    if (connector === undefined) return this.#stream(table)
    if (connector.source === undefined) throw this.#refuse(table, 'can only be written', 'source')
    const stream = this.#stream(table)
    const open = this.#checked(() => connector.source?.(table, this.#host))
    if (open !== undefined)
      this.#stages.push({ kind: 'source', name: stageName(`${table.name}-source`), into: stream, open })
    return stream
  }

  /** The stream that takes a sink's changes; what reads it is added. */
  #sink(sink: Sink): FlinkQueryOutput[] {
    const { table } = sink
    const connector = table === undefined ? this.#connectors.get('print') : this.#connector(table)
    const owner = table ?? bareSelect(sink)
    const stream = this.#stream(owner)
    const output = { from: sink.name, stream, partitionKey: undefined }
    if (connector === undefined) return [{ ...output, format: undefined }]
    if (connector.sink === undefined) throw this.#refuse(owner, 'can only be read', 'sink')
    const handler = this.#checked(() => connector.sink?.(owner, this.#host))
    if (handler === undefined || handler === 'nothing') {
      this.#streams.delete(stream)
      return []
    }
    this.#stages.push({
      kind: 'function',
      name: stageName(`${owner.name}-sink`),
      from: stream,
      mapping: { ...mappingDefaults, batchSize: 1000, maxRetries: 3 },
      code: { form: 'batch', handler },
    })
    return [{ ...output, format: connector.name === 'print' ? 'debezium-json' : undefined }]
  }

  /** Undefined for the connector `stream`, which is a stream of the app and nothing else. */
  #connector(table: TableInfo): TableConnector | undefined {
    const name = table.options.connector ?? table.options['connector.type'] ?? 'stream'
    if (name === 'stream') return undefined
    const connector = this.#connectors.get(name)
    if (connector === undefined) {
      const known = ['stream', ...this.#connectors.keys()].join(', ')
      throw new MillraceError(
        'SQL_CONNECTOR_UNKNOWN',
        `Table ${table.name}: there is no connector '${name}'.`,
        {
          place: shortPath(this.#file),
          next: `Use one of ${known}.`,
        },
      )
    }
    this.#checked(() => checkOptions(table, connector))
    return connector
  }

  #stream(table: TableInfo): string {
    const name = (table.options.stream ?? table.name).replace(/[^A-Za-z0-9_.-]/g, '-')
    const shards = Number(table.options.shards ?? 1)
    if (!this.#streams.has(name)) this.#streams.set(name, { name, shards, retentionMs: 24 * 3_600_000 })
    return name
  }

  #refuse(table: TableInfo, what: string, needs: 'source' | 'sink' | 'lookupFile'): MillraceError {
    const able = [...this.#connectors.values()]
      .filter((each) => each[needs] !== undefined)
      .map(({ name }) => name)
    return new MillraceError(
      'SQL_CONNECTOR_UNKNOWN',
      `Table ${table.name}: its connector '${table.options.connector ?? 'stream'}' ${what}.`,
      { place: shortPath(this.#file), next: `Connectors for that: stream, ${able.join(', ')}.` },
    )
  }

  #checked<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error
      throw new MillraceError('SQL_OPTION', messageOf(error), { place: shortPath(this.#file), cause: error })
    }
  }
}

function mustTable(program: ChangelogProgram, name: string): TableInfo {
  const table = program.tables.get(name)
  if (table === undefined) throw new Error(`sql app: the program reads ${name}, which it does not declare`)
  return table
}

const printLine: ConnectorHost['print'] = (line, to) => {
  const stream = to === 'error' ? process.stderr : process.stdout
  stream.write(`${line}\n`)
}

/** A SELECT outside of INSERT is printed. */
function bareSelect({ name, plan }: Sink): TableInfo {
  return {
    name,
    temporary: true,
    columns: plan.schema.fields.map((field) => ({ ...field, metadata: undefined, computed: undefined })),
    primaryKey: undefined,
    partitionedBy: [],
    options: { connector: 'print' },
    comment: undefined,
  }
}

function stageName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 100)
}

function readProgram(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw unreadableFile(file, error)
  }
}

function fillPlaceholders(
  text: string,
  given: OptionsGiven,
  env: { readonly [name: string]: string | undefined },
  folder: string,
): { program: string; options: BuiltApp['options'] } {
  const options = new AppOptions(given, folder)
  const values = new Map<string, string>()
  for (const [, name, , preset] of text.matchAll(placeholder)) {
    if (name === undefined || values.has(name)) continue
    const otherwise = env[name] ?? preset
    const value = options.string(optionName(name), {
      ...(otherwise === undefined ? {} : { default: otherwise }),
      help: `stands for \${${name}}`,
    })
    if (value !== undefined) values.set(name, value)
  }
  options.finish()
  const program = text.replace(placeholder, (_, name: string) => {
    const value = values.get(name)
    if (value !== undefined) return value
    throw new MillraceError('SQL_PLACEHOLDER', `\${${name}} has no value.`, {
      next: `Give it after "--": -- --${optionName(name)} VALUE, as the environment variable ${name}, or in the text as \${${name}:VALUE}.`,
    })
  })
  return { program, options: options.declared }
}

/** `EVENTS_NUM` is `--events-num`. */
function optionName(placeholder: string): string {
  return placeholder.toLowerCase().replaceAll('_', '-')
}

const placeholder = /\$\{([A-Za-z_][A-Za-z0-9_]*)(:([^}]*))?\}/g
