/** Tables, views and crawlers of the lake that an app declares: their settings, checked, and what becomes of them when it starts. */
import {
  assertBucketName,
  checkName as checkLakeName,
  type DeclaredCrawler,
  type DeclaredView,
  declareViews,
  defaultDatabase,
  type LakeColumn,
  openCatalog,
  parseHiveType,
  scheduledStage,
  type TableFormat,
} from '@millrace/lake'
import type { DeliveryStage } from '@millrace/runtime'
import type { Store } from '@millrace/store'
import { MillraceError, messageOf } from '../error.ts'
import { type CompactSettings, compactParameters } from './compact.ts'
import { checkDuration } from './duration.ts'
import { checkSettings, here, invalidValue, quoted } from './names.ts'

/** Column -> type as Hive writes it: `bigint`, `decimal(10,2)`, `array<struct<sku:string,n:int>>`. */
export interface LakeColumnSpecs {
  readonly [column: string]: string
}

export interface DatasetSettings {
  readonly bucket: string | { readonly name: string }
  /** Of its objects' keys, ending with a slash; the table's name unless given. */
  readonly prefix?: string
  /** `parquet` unless given. */
  readonly format?: 'parquet' | 'json' | 'csv'
  readonly columns: LakeColumnSpecs
  /** Folders below the prefix, in order. */
  readonly partitions?: LakeColumnSpecs
  /** `managed`: files are those that deliveries add. `external`: all that lie below the prefix. */
  readonly files?: 'managed' | 'external'
  /** Of CSV: whether files begin with the names of the columns. */
  readonly header?: boolean
  /** Of managed Parquet files: small ones become larger ones in the background. */
  readonly compact?: CompactSettings
}

export interface ViewSettings {
  /** A SELECT in DuckDB's dialect over tables of the lake, other views and `app.` tables. */
  readonly sql: string
  /** How often its rows are computed and kept, like '1 hour'; computed by each query unless given. */
  readonly refresh?: string
  /** The bucket that keeps the rows; `views` unless given. */
  readonly bucket?: string | { readonly name: string }
}

export interface CrawlerSettings {
  readonly bucket: string | { readonly name: string }
  /** All keys unless given. */
  readonly prefix?: string
  /** Of the tables that it makes; `default` unless given. */
  readonly database?: string
  /** Like '1 hour'. */
  readonly every: string
}

interface Dataset {
  readonly database: string
  readonly name: string
  readonly bucket: string
  readonly location: string
  readonly format: TableFormat
  readonly columns: readonly LakeColumn[]
  readonly partitionKeys: readonly LakeColumn[]
  readonly kind: 'managed' | 'external'
  readonly parameters: Readonly<Record<string, string>>
}

export interface LakeDeclarations {
  readonly datasets: Dataset[]
  readonly views: DeclaredView[]
  readonly crawlers: DeclaredCrawler[]
  /** Some table asks for compaction. */
  compacts: boolean
}

export function noLake(): LakeDeclarations {
  return { datasets: [], views: [], crawlers: [], compacts: false }
}

const scheduleLimits = { minMs: 60_000, maxMs: 3_660 * 86_400_000 }

/** Errors: APP_NAME_INVALID, APP_SETTING_UNKNOWN, APP_VALUE_INVALID. */
export function checkDataset(given: string, settings: DatasetSettings): Dataset {
  const what = `dataset "${given}"`
  const { database, name } = lakeName('table', what, given)
  checkSettings(what, settings, [
    'bucket',
    'prefix',
    'format',
    'columns',
    'partitions',
    'files',
    'header',
    'compact',
  ])
  const { prefix = `${name}/`, format = 'parquet', files = 'managed', header } = settings
  if (typeof prefix !== 'string' || (prefix !== '' && !/^[^/].*\/$/.test(prefix)))
    throw invalidValue(`prefix of ${what}`, prefix, 'a text that ends with "/", like "orders/"')
  if (!['parquet', 'json', 'csv'].includes(format))
    throw invalidValue(`format of ${what}`, format, "'parquet', 'json', 'csv'")
  if (files !== 'managed' && files !== 'external')
    throw invalidValue(`files of ${what}`, files, "'managed', 'external'")
  if (header !== undefined && typeof header !== 'boolean')
    throw invalidValue(`header of ${what}`, header, 'true, false')
  return {
    database,
    name,
    bucket: bucketName(what, settings.bucket),
    location: prefix,
    format,
    columns: lakeColumns(`columns of ${what}`, settings.columns),
    partitionKeys: lakeColumns(`partitions of ${what}`, settings.partitions ?? {}),
    kind: files,
    parameters: {
      ...(header === undefined ? {} : { header: String(header) }),
      ...compactParameters(what, settings.compact, format === 'parquet' && files === 'managed'),
    },
  }
}

/** Errors: APP_NAME_INVALID, APP_SETTING_UNKNOWN, APP_VALUE_INVALID. */
export function checkView(given: string, settings: ViewSettings): DeclaredView {
  const what = `view "${given}"`
  const { database, name } = lakeName('view', what, given)
  checkSettings(what, settings, ['sql', 'refresh', 'bucket'])
  const { sql, refresh, bucket } = settings
  if (typeof sql !== 'string' || sql.trim() === '')
    throw invalidValue(`sql of ${what}`, sql, 'the text of a SELECT')
  if (refresh === undefined) return { database, name, sql }
  return {
    database,
    name,
    sql,
    refreshMs: checkDuration(`refresh of ${what}`, refresh, scheduleLimits),
    ...(bucket === undefined ? {} : { bucket: bucketName(what, bucket) }),
  }
}

/** Errors: APP_SETTING_UNKNOWN, APP_VALUE_INVALID. */
export function checkCrawler(name: string, settings: CrawlerSettings): DeclaredCrawler {
  const what = `crawler "${name}"`
  checkSettings(what, settings, ['bucket', 'prefix', 'database', 'every'])
  const { prefix = '', database = defaultDatabase, every } = settings
  if (typeof prefix !== 'string') throw invalidValue(`prefix of ${what}`, prefix, 'a text')
  lakeName('table', what, `${String(database)}.any`)
  return {
    name,
    bucket: bucketName(what, settings.bucket),
    prefix,
    database,
    everyMs: checkDuration(`every of ${what}`, every, scheduleLimits),
  }
}

/** `sales.orders`; without a dot of the database `default`. */
export function lakeName(
  kind: 'table' | 'view',
  what: string,
  given: unknown,
): { readonly database: string; readonly name: string } {
  const parts = typeof given === 'string' ? given.split('.') : []
  const [database, name] = parts.length === 1 ? [defaultDatabase, parts[0]] : parts
  if (parts.length > 2 || database === undefined || name === undefined)
    throw new MillraceError('APP_NAME_INVALID', `${what} has the name ${quoted(given)}.`, {
      ...here(),
      next: 'Write TABLE or DATABASE.TABLE.',
    })
  try {
    checkLakeName('database', database)
    checkLakeName(kind, name)
  } catch (error) {
    throw new MillraceError('APP_NAME_INVALID', `${what}: ${messageOf(error)}`, { ...here(), cause: error })
  }
  return { database, name }
}

/** Error: APP_COLUMN_INVALID. */
export function lakeColumns(what: string, specs: LakeColumnSpecs): LakeColumn[] {
  if (typeof specs !== 'object' || specs === null)
    throw invalidValue(what, specs, "an object like { id: 'bigint' }")
  return Object.entries(specs).map(([name, type]) => {
    try {
      return { name, type: parseHiveType(type) }
    } catch (error) {
      throw new MillraceError(
        'APP_COLUMN_INVALID',
        `${what}: column "${name}" is ${quoted(type)}: ${messageOf(error)}`,
        {
          ...here(),
          next: "Write a type like 'bigint', 'string', 'decimal(10,2)', 'timestamp' or 'array<string>'.",
          cause: error,
        },
      )
    }
  })
}

function bucketName(what: string, bucket: unknown): string {
  const name = typeof bucket === 'object' && bucket !== null && 'name' in bucket ? bucket.name : bucket
  if (typeof name !== 'string')
    throw invalidValue(`bucket of ${what}`, bucket, 'the name of a bucket, or what app.bucket gave')
  try {
    assertBucketName(name)
  } catch (error) {
    throw new MillraceError('APP_VALUE_INVALID', `bucket of ${what}: ${messageOf(error)}`, {
      ...here(),
      cause: error,
    })
  }
  return name
}

export function lakeStage({ views, crawlers, compacts }: LakeDeclarations): DeliveryStage | undefined {
  return scheduledStage(views, crawlers, compacts)
}

/** What is put into the catalog when the app starts. */
export function lakeDeclarations({ datasets, views }: LakeDeclarations): ((store: Store) => void)[] {
  if (datasets.length === 0 && views.length === 0) return []
  return [
    (store) => {
      const catalog = openCatalog({ store })
      for (const dataset of datasets) {
        catalog.write((writer) => {
          writer.putDatabase(dataset.database)
          writer.putTable(dataset)
        })
      }
      declareViews(store, views)
    },
  ]
}
