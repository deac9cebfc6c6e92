/**
 * The `app` that `defineApp` gives to a description: collects streams, tables and stages, checks each when it is
 * declared, and yields them as data. Everything is known from the call itself; nothing is opened, and nothing outlives
 * the call but the definition.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { S3EventRecord } from '@millrace/lake'
import {
  type AppDefinition,
  type AppTable,
  type AutoscaleSettings,
  type BucketEntry,
  type FlinkQueryStage,
  type FunctionHandler,
  type FunctionStage,
  type InputFormat,
  mappingDefaults,
  objectStreamName,
  partStages,
  partsMax,
  type QueryOutput,
  type QueryReference,
  type QueryStage,
  type SourceFactory,
  type StageDefinition,
} from '@millrace/runtime'
import type { StreamDefinition, TableDefinition } from '@millrace/store'
import { type ChangeRecord, changeStreamName } from '@millrace/tables'
import { codeOf, MillraceError, messageOf } from '../error.ts'
import { bindSql } from '../sql-app/bind-sql.ts'
import { parallelismOf } from '../sql-app/parallelism.ts'
import { sqlFunctions } from '../sql-app/sql-functions.ts'
import type {
  App,
  FlinkQuerySettings,
  FunctionSettings,
  QueryInputSettings,
  QuerySettings,
  ReferenceSettings,
  SourceSettings,
  StreamSettings,
} from './app.ts'
import type { AppOptions, OptionDeclarer } from './app-options.ts'
import { type Bucket, type BucketSettings, bucketPlace, makeBucket } from './bucket.ts'
import { callSite, placeOf, shortPath } from './call-site.ts'
import { checkAutoscale } from './check-autoscale.ts'
import { columnMappings } from './column-mapping.ts'
import { type DeliveryOptions, declareDelivery } from './delivery.ts'
import { type EachHandlerOf, type EachSettings, eachStage } from './each-function.ts'
import {
  type CrawlerSettings,
  checkCrawler,
  checkDataset,
  checkView,
  type DatasetSettings,
  lakeDeclarations,
  lakeStage,
  noLake,
  type ViewSettings,
} from './lake.ts'
import { type LambdaSettings, lambdaStages } from './lambda.ts'
import { checkMapping, defaultsFor, type MappingReferences, mappingOptionNames } from './mapping-options.ts'
import { checkInteger, checkName, checkSettings, checkStageName, here, quoted } from './names.ts'
import { readQueryFolder } from './query-folder.ts'
import { type HandlerOf, makeStream, type StreamHandle } from './stream-handle.ts'
import { makeTable, type Table } from './table.ts'
import { type KeySpec, keyDefinition } from './table-keys.ts'
import { checkTableSettingNames, checkTableSettings, type TableSettings } from './table-settings.ts'

export interface BuilderInputs {
  readonly name: string
  /** Folder of the app file. */
  readonly dir: string
  readonly options: AppOptions
  readonly env: { readonly [name: string]: string | undefined }
}

export class AppBuilder implements App {
  readonly name: string
  readonly option: OptionDeclarer
  readonly #inputs: BuilderInputs
  readonly #streams: StreamDefinition[] = []
  readonly #autoscale: Record<string, AutoscaleSettings> = {}
  readonly #tables: AppTable[] = []
  readonly #buckets: BucketEntry[] = []
  readonly #lake = noLake()
  readonly #stages: StageDefinition[] = []
  readonly #queryFolders: string[] = []
  /** Handles given out, so that one of another app is noticed. */
  readonly #handles = new Set<unknown>()
  readonly #bucketHandles = new Set<unknown>()
  /** `stream "orders"` -> where it was declared. */
  readonly #readAloneBy = new Map<string, string>()
  readonly #places = new Map<string, string | undefined>()
  #closed = false

  constructor(inputs: BuilderInputs) {
    this.name = inputs.name
    this.option = inputs.options
    this.#inputs = inputs
  }

  stream<T = unknown>(name: string, settings: StreamSettings = {}): StreamHandle<T> {
    this.#claim('stream', name)
    checkSettings(`stream "${name}"`, settings, ['shards', 'retentionHours', 'autoscale'])
    const shards = checkInteger(`shards of stream "${name}"`, settings.shards, {
      min: 1,
      max: 1000,
      default: 1,
    })
    const hours = checkInteger(`retentionHours of stream "${name}"`, settings.retentionHours, {
      min: 1,
      max: 8760,
      default: 24,
    })
    this.#streams.push({ name, shards, retentionMs: hours * 3_600_000 })
    if (settings.autoscale !== undefined) this.#autoscale[name] = checkAutoscale(name, settings.autoscale)
    const handle = makeStream<T>(name)
    this.#handles.add(handle)
    return handle
  }

  table<const P extends KeySpec, const S extends KeySpec = never>(
    name: string,
    settings: TableSettings<P, S>,
  ): Table<P, S> {
    this.#claim('table', name)
    checkTableSettingNames(name, settings)
    const partitionKey = keyDefinition(`partitionKey of table "${name}"`, settings.partitionKey)
    const definition: TableDefinition =
      settings.sortKey === undefined
        ? { name, partitionKey }
        : { name, partitionKey, sortKey: keyDefinition(`sortKey of table "${name}"`, settings.sortKey) }
    if (definition.sortKey?.name === partitionKey.name) {
      throw new MillraceError(
        'APP_NAME_TAKEN',
        `Table "${name}" has "${partitionKey.name}" as partition key and as sort key.`,
        { ...here(), next: 'Name two attributes, or leave the sort key out.' },
      )
    }
    const more = checkTableSettings(name, settings, definition)
    this.#tables.push({ ...definition, ...more })
    const changes = more.changes === undefined ? undefined : makeStream<ChangeRecord>(changeStreamName(name))
    if (changes !== undefined) this.#handles.add(changes)
    return makeTable<P, S>(definition, changes)
  }

  bucket(name: string, settings: BucketSettings = {}): Bucket {
    const place = bucketPlace(name, settings, this.#references)
    this.#claimPlace('bucket', name)
    this.#buckets.push({ name, place })
    const created = makeStream<S3EventRecord>(objectStreamName(name))
    this.#handles.add(created)
    const bucket = makeBucket(name, created)
    this.#bucketHandles.add(bucket)
    return bucket
  }

  dataset(name: string, settings: DatasetSettings): void {
    const dataset = checkDataset(name, settings)
    this.#claimPlace('dataset', `${dataset.database}.${dataset.name}`)
    this.#lake.datasets.push(dataset)
    this.#lake.compacts ||= settings.compact !== undefined
  }

  view(name: string, settings: ViewSettings): void {
    const view = checkView(name, settings)
    this.#claimPlace('view', `${view.database}.${view.name}`)
    this.#lake.views.push(view)
  }

  crawler(name: string, settings: CrawlerSettings): void {
    const crawler = checkCrawler(checkName('a crawler', name), settings)
    this.#claimPlace('crawler', name)
    this.#lake.crawlers.push(crawler)
  }

  source(factory: SourceFactory, settings: SourceSettings): void {
    checkSettings('a source', settings, ['into', 'name'])
    const into = this.#streamName('into of a source', settings.into)
    const name = settings.name ?? `${into}-source`
    this.#claim('stage', name)
    if (typeof factory !== 'function') {
      throw new MillraceError('APP_VALUE_INVALID', `Source "${name}" is ${quoted(factory)}, not a source.`, {
        ...here(),
        next: 'Pass what a connector returns, for example ordersGenerator({ orders: 15 }).',
      })
    }
    this.#readAlone(name, factory.alone)
    this.#stages.push({ kind: 'source', name, into, open: factory })
  }

  /** Two sources that drain one place outside would each lose what the other has taken. */
  #readAlone(name: string, place: string | undefined): void {
    if (place === undefined) return
    const other = this.#readAloneBy.get(place)
    if (other !== undefined) {
      throw new MillraceError(
        'APP_VALUE_INVALID',
        `Sources "${other}" and "${name}" both read ${place}, which has place for one reader.`,
        { ...here(), next: 'Give one of them a slot of its own, or feed both tables by one source.' },
      )
    }
    this.#readAloneBy.set(place, name)
  }

  query(name: string, settings: QuerySettings | FlinkQuerySettings): void {
    const what = `query "${name}"`
    this.#claim('stage', name)
    if (settings.dialect === 'flink') {
      this.#flinkQuery(name, what, settings)
      return
    }
    checkSettings(what, settings, ['dialect', 'file', 'sql', 'input', 'reference', 'output', 'functions'])
    if (settings.dialect !== 'kda') {
      throw new MillraceError(
        'APP_VALUE_INVALID',
        `dialect of ${what} is ${quoted((settings as { dialect?: unknown }).dialect)}.`,
        {
          ...here(),
          next: `Allowed: 'kda', 'flink'.`,
        },
      )
    }
    const { text, fileName } = this.#program(what, settings)
    const { input } = settings
    checkSettings(`input of ${what}`, input, ['stream', 'columns', 'name', 'preprocess', 'format'])
    if (input.preprocess !== undefined && typeof input.preprocess !== 'function') {
      throw new MillraceError('APP_VALUE_INVALID', `preprocess of ${what} is ${quoted(input.preprocess)}.`, {
        ...here(),
        next: 'Pass a function that takes a record and returns it, an object, or dropped.',
      })
    }
    const stage: QueryStage = {
      kind: 'query',
      name,
      dialect: 'kda',
      text,
      fileName,
      input: {
        stream: this.#streamName(`input of ${what}`, input.stream),
        name: checkName(`the input of ${what}`, input.name ?? 'SOURCE_SQL_STREAM_001'),
        columns: columnMappings(`input of ${what}`, input.columns, { paths: input.format?.record !== 'CSV' }),
        preprocess: input.preprocess,
        format: this.#inputFormat(what, input),
      },
      references: this.#referenceTables(what, settings.reference ?? {}),
      outputs: this.#outputs(what, settings.output),
      functions: settings.functions ?? [],
    }
    this.#stages.push(stage)
  }

  /** The program is bound here already, because its statements say which tables are read and which are written. */
  #flinkQuery(name: string, what: string, settings: FlinkQuerySettings): void {
    checkSettings(what, settings, ['dialect', 'file', 'sql', 'tables', 'lookup', 'functions', 'parallelism'])
    const { text, fileName } = this.#program(what, settings)
    const functions = [...sqlFunctions, ...(settings.functions ?? [])]
    const program = bindSql(text, fileName, functions)
    const streams = new Map(
      Object.entries(settings.tables).map(([table, handle]) => [
        table,
        this.#streamName(`table "${table}" of ${what}`, handle),
      ]),
    )
    const streamOf = (table: string): string => {
      const stream = streams.get(table)
      if (stream !== undefined) return stream
      throw new MillraceError('APP_SETTING_MISSING', `${what} has no stream for the table "${table}".`, {
        ...here(),
        next: `Write tables: { ${JSON.stringify(table)}: stream }.`,
      })
    }
    // What goes into a black hole needs no stream.
    const sinks = program.sinks.filter(({ table }) => table?.options.connector !== 'blackhole')
    const used = [...program.sources, ...sinks.map((sink) => sink.name)]
    const unused = [...streams.keys()].find((table) => !used.includes(table))
    if (unused !== undefined) {
      throw new MillraceError('APP_VALUE_INVALID', `tables of ${what} names "${unused}".`, {
        ...here(),
        next: `The program reads and writes: ${used.join(', ')}.`,
      })
    }
    const stage: FlinkQueryStage = {
      kind: 'query',
      name,
      dialect: 'flink',
      text,
      fileName,
      inputs: program.sources.map((table) => ({ table, stream: streamOf(table) })),
      outputs: sinks.map((sink) => ({
        from: sink.name,
        stream: streamOf(sink.name),
        partitionKey: undefined,
        format: undefined,
      })),
      lookups: Object.entries(settings.lookup ?? {}).map(([table, file]) => ({
        table,
        file: this.#path(`lookup "${table}" of ${what}`, file),
      })),
      functions,
    }
    const parallelism = checkInteger(`parallelism of ${what}`, settings.parallelism, {
      min: 1,
      max: partsMax,
      default: parallelismOf(program, fileName),
    })
    this.#stages.push(...partStages(stage, parallelism))
  }

  queries(folder: string | URL): void {
    const path = this.#path('the folder of app.queries', folder)
    this.#claimPlace('folder', path)
    this.#queryFolders.push(path)
  }

  function<T>(name: string, settings: FunctionSettings<T>, handler: HandlerOf<T>): void {
    const what = `function "${name}"`
    this.#claim('stage', name)
    checkSettings(what, settings, ['from', ...mappingOptionNames])
    if (typeof handler !== 'function') {
      throw new MillraceError('APP_VALUE_INVALID', `The handler of ${what} is ${quoted(handler)}.`, {
        ...here(),
        next: 'Pass a function: (records, context) => ...',
      })
    }
    const from = this.#streamName(`from of ${what}`, settings.from)
    const defaults = defaultsFor(from, this.#references, { ...mappingDefaults, maxRetries: 3 })
    const stage: FunctionStage = {
      kind: 'function',
      name,
      from,
      mapping: checkMapping(what, settings, defaults, this.#references),
      // Sound: a record's json() is generic in the caller's type, so RecordOf<T> and StreamRecord are one object.
      code: { form: 'batch', handler: handler as FunctionHandler },
    }
    this.#stages.push(stage)
  }

  lambda(name: string, settings: LambdaSettings): void {
    const stages = lambdaStages(checkStageName(name), settings, this.#references)
    for (const stage of stages) this.#claim('stage', stage.name)
    this.#stages.push(...stages)
  }

  delivery<T>(name: string, settings: DeliveryOptions<T>): void {
    this.#claim('stage', name)
    const { stages, buckets } = declareDelivery(name, settings, {
      ...this.#references,
      isBucket: (value) => this.#bucketHandles.has(value),
    })
    for (const bucket of buckets) {
      this.#claimPlace('bucket', bucket.name)
      this.#buckets.push(bucket)
    }
    this.#stages.push(...stages)
    this.#lake.compacts ||= settings.compact !== undefined
  }

  each<T, V = T>(name: string, settings: EachSettings<T, V>, handler: EachHandlerOf<V>): void {
    this.#claim('stage', name)
    this.#stages.push(eachStage(name, settings, handler, this.#references))
  }

  env(name: string, settings: { readonly default?: string } = {}): string {
    checkSettings(`env "${name}"`, settings, ['default'])
    const value = this.#inputs.env[name] ?? settings.default
    if (value !== undefined) return value
    throw new MillraceError('APP_ENV_MISSING', `The environment variable ${name} is not set.`, {
      ...here(),
      next: `Set it before the command: ${name}=value millrace run ..., or give it a default in the app.`,
    })
  }

  /** Ends the description. */
  finish(): AppDefinition {
    // Last, since its queries may read whatever the app declares.
    for (const folder of this.#queryFolders) this.#readQueries(folder)
    this.#closed = true
    const scheduled = lakeStage(this.#lake)
    if (scheduled !== undefined) this.#stages.push(scheduled)
    if (this.#stages.length === 0) {
      throw new MillraceError('APP_EMPTY', `The app "${this.name}" has nothing to run.`)
    }
    return {
      name: this.name,
      streams: this.#streams,
      tables: this.#tables,
      buckets: this.#buckets,
      declarations: lakeDeclarations(this.#lake),
      stages: this.#stages,
      autoscale: this.#autoscale,
      ...(this.#queryFolders.length === 0 ? {} : { queryFolders: this.#queryFolders }),
    }
  }

  #readQueries(folder: string): void {
    const known = this.#tables.flatMap(({ name, changes }) =>
      changes === undefined ? [] : [changeStreamName(name)],
    )
    const names = [...this.#streams.map(({ name }) => name), ...known]
    const { streams, stages } = readQueryFolder(folder, names)
    for (const stream of streams) this.#claim('stream', stream.name)
    for (const { name } of stages) this.#claimPlace('stage', name)
    this.#streams.push(...streams)
    this.#stages.push(...stages)
  }

  #claim(kind: 'stream' | 'table' | 'stage', name: unknown): void {
    this.#claimPlace(kind, kind === 'stage' ? checkStageName(name) : checkName(`a ${kind}`, name))
  }

  #claimPlace(
    kind: 'stream' | 'table' | 'stage' | 'bucket' | 'dataset' | 'view' | 'crawler' | 'folder',
    checked: string,
  ): void {
    if (this.#closed) {
      throw new MillraceError(
        'APP_CLOSED',
        `The ${kind} "${checked}" was declared after the description of app "${this.name}" had ended.`,
        here(),
      )
    }
    const key = `${kind} "${checked}"`
    const place = placeOf(callSite())
    if (this.#places.has(key)) {
      const first = this.#places.get(key)
      const where = first === undefined ? '' : ` (first at ${first})`
      throw new MillraceError('APP_NAME_TAKEN', `The ${key} is declared twice${where}.`, { place })
    }
    this.#places.set(key, place)
  }

  #streamName(what: string, handle: unknown): string {
    if (this.#handles.has(handle)) {
      // Sound: only handles that stream() made are in the set.
      return (handle as StreamHandle).name
    }
    const names = this.#streams.map((stream) => stream.name)
    const got = quoted(handle)
    throw new MillraceError('APP_FOREIGN_HANDLE', `${what} is ${got}, not a stream of this app.`, {
      ...here(),
      next:
        names.length === 0
          ? 'Declare one first: const orders = app.stream("orders").'
          : `Pass the value that app.stream returned for one of: ${names.join(', ')}.`,
    })
  }

  /** For settings that name streams and files. */
  readonly #references: MappingReferences = {
    isHandle: (value) => this.#handles.has(value),
    isBucketStream: (name) => this.#buckets.some((bucket) => objectStreamName(bucket.name) === name),
    streamName: (what, handle) => this.#streamName(what, handle),
    hasStream: (name) => this.#streams.some((stream) => stream.name === name),
    path: (what, file) => this.#path(what, file),
  }

  #program(what: string, settings: Pick<QuerySettings, 'file' | 'sql'>): { text: string; fileName: string } {
    if ((settings.file === undefined) === (settings.sql === undefined)) {
      const both = settings.file !== undefined
      throw new MillraceError(
        both ? 'APP_VALUE_INVALID' : 'APP_SETTING_MISSING',
        `${what} has ${both ? 'both file and sql' : 'neither file nor sql'}.`,
        { ...here(), next: "Give one: file: './program.sql', or sql: 'CREATE ...'." },
      )
    }
    if (settings.sql !== undefined) return { text: settings.sql, fileName: `sql of ${what}` }
    const path = this.#path(`file of ${what}`, settings.file)
    return { text: this.#readText(`file of ${what}`, path), fileName: shortPath(path) }
  }

  #inputFormat(what: string, { format, preprocess }: QueryInputSettings): InputFormat | undefined {
    if (format === undefined) return undefined
    checkSettings(`format of the input of ${what}`, format, [
      'record',
      'rowPath',
      'rowDelimiter',
      'columnDelimiter',
    ])
    const wrong =
      format.record !== 'JSON' && format.record !== 'CSV'
        ? `format of the input of ${what} has the record ${quoted(format.record)}; allowed: 'JSON', 'CSV'`
        : preprocess === undefined
          ? undefined
          : `the input of ${what} has both a format and a preprocess function; preprocess takes records of one JSON object`
    if (wrong === undefined) return format
    throw new MillraceError('APP_VALUE_INVALID', `${wrong}.`, here())
  }

  #referenceTables(
    what: string,
    references: { readonly [table: string]: ReferenceSettings },
  ): QueryReference[] {
    return Object.entries(references).map(([name, reference]) => {
      const place = `reference "${name}" of ${what}`
      checkSettings(place, reference, ['file', 'columns'])
      return {
        name: checkName(place, name),
        file: this.#path(`file of ${place}`, reference.file),
        columns: columnMappings(place, reference.columns),
      }
    })
  }

  #outputs(what: string, outputs: unknown): QueryOutput[] {
    const entries: [string, unknown][] =
      typeof outputs === 'object' && outputs !== null ? Object.entries(outputs) : []
    if (entries.length === 0) {
      throw new MillraceError('APP_SETTING_MISSING', `${what} has no output.`, {
        ...here(),
        next: 'Write output: { IN_APPLICATION_STREAM: stream }.',
      })
    }
    return entries.map(([from, target]) => {
      if (this.#handles.has(target)) {
        return { from, stream: this.#streamName(what, target), partitionKey: undefined }
      }
      const place = `output "${from}" of ${what}`
      checkSettings(place, target, ['stream', 'partitionKey'])
      // Sound: checkSettings has made sure of an object with no other members; their values are checked below.
      const { stream, partitionKey } = target as { stream?: unknown; partitionKey?: unknown }
      if (partitionKey !== undefined && typeof partitionKey !== 'string') {
        throw new MillraceError('APP_VALUE_INVALID', `partitionKey of ${place} is ${quoted(partitionKey)}.`, {
          ...here(),
          next: 'Give the name of a column, as text.',
        })
      }
      return { from, stream: this.#streamName(place, stream), partitionKey }
    })
  }

  /** Absolute path of a file that the app names. */
  #path(what: string, file: unknown): string {
    if (file instanceof URL && file.protocol === 'file:') return fileURLToPath(file)
    if (typeof file === 'string' && file !== '') return resolve(this.#inputs.dir, file)
    throw new MillraceError('APP_VALUE_INVALID', `${what} is ${quoted(file)}.`, {
      ...here(),
      next: 'Give a path relative to the app file, or a file: URL.',
    })
  }

  #readText(what: string, path: string): string {
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      const reason = codeOf(error) === 'ENOENT' ? 'does not exist' : `cannot be read (${messageOf(error)})`
      throw new MillraceError('APP_FILE_MISSING', `${what}, ${shortPath(path)}, ${reason}.`, {
        ...here(),
        cause: error,
      })
    }
  }
}
