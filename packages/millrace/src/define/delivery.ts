/**
 * `app.delivery`: a stream, or what clients put directly, becomes objects of a bucket. Settings and their defaults are those of
 * Firehose, in our manner; whatever an app says here, a client of its API could say as well.
 */
import {
  type Buffering,
  compileDeliveryPrefixes,
  compilePartitionQueries,
  type DeliverySettings,
  declaredStages,
  type FilesDestination,
  storeServices,
} from '@millrace/lake'
import type { BucketEntry, DeliveryStage } from '@millrace/runtime'
import { codeOf, MillraceError, messageOf } from '../error.ts'
import type { Bucket } from './bucket.ts'
import { type DeliveryFormatSettings, deliveryFormat, formatSettingNames } from './delivery-format.ts'
import { type DeliveryIcebergSettings, icebergDestination, icebergSettingNames } from './delivery-iceberg.ts'
import { putDeliveryTable } from './delivery-table.ts'
import {
  type DeliveryTransformSettings,
  deliveryTransform,
  type PartitionFunction,
  type TransformFunction,
} from './delivery-transform.ts'
import type { MappingReferences } from './mapping-options.ts'
import { checkInteger, checkSettings, here, invalidValue, quoted } from './names.ts'
import type { StreamHandle } from './stream-handle.ts'

/** When what was collected becomes an object: whichever comes first. */
export interface BufferSettings {
  /** From the first record, 0 to 900; default 300. */
  readonly seconds?: number
  /** Before compression; default 5 MiB, 64 MiB for partitions, 128 MiB for Parquet. */
  readonly bytes?: number
}

export interface DeliveryOutputSettings<T = unknown> extends DeliveryFormatSettings, DeliveryIcebergSettings {
  /** A bucket of the app, or a folder, relative to the app file. */
  readonly to: Bucket | string | URL
  /** How keys begin, with expressions such as `!{timestamp:yyyy/MM/dd}`. `yyyy/MM/dd/HH/` unless it says a time. */
  readonly prefix?: string
  /** For records that could not be processed; `errors/` unless it follows from the prefix. */
  readonly errorPrefix?: string
  /** Of times in prefixes: an IANA name, UTC unless given. */
  readonly timeZone?: string
  readonly buffer?: BufferSettings
  /**
   * Sees records in batches before they are delivered: a function of the app, or a handler as Firehose calls it.
   */
  readonly transform?: TransformFunction<T> | DeliveryTransformSettings<T>
  /**
   * One object for each value: queries in jq by key, or a function that gives the keys of a record. Without a prefix queries make
   * folders of the form `key=value/`.
   */
  readonly partitionBy?: { readonly [key: string]: string } | PartitionFunction
  /** Partitions that are being filled at the same time, 1 to 10,000; default 500. Records of others are errors. */
  readonly partitionsMax?: number
  /** Records as they came. */
  readonly backup?: DeliveryBackupSettings
  /** What records hold beside rows, taken apart in this order. */
  readonly unpack?: DeliveryUnpackSettings
}

export interface DeliveryBackupSettings {
  readonly to: Bucket | string | URL
  readonly prefix?: string
  readonly errorPrefix?: string
  readonly timeZone?: string
  readonly buffer?: BufferSettings
  readonly compression?: DeliveryFormatSettings['compression']
}

export interface DeliveryUnpackSettings {
  /** JSON objects one after the other, or parts between delimiters. */
  readonly records?: 'json' | { readonly delimiter: string }
  readonly gzip?: boolean
  /** Of logs that CloudWatch sends only the messages. */
  readonly logMessages?: boolean
}

export interface DeliveryOptions<T = unknown> extends DeliveryOutputSettings<T> {
  /** A stream, or 'direct': what clients of the Firehose API put under the delivery's name. */
  readonly from: StreamHandle<T> | 'direct'
  /** Default: from the oldest record on. */
  readonly startingPosition?: 'TRIM_HORIZON' | 'LATEST'
  /** Other settings from a time on: records that arrive before it are delivered by those above. */
  readonly later?: Partial<DeliveryOutputSettings<T>> & { readonly from: Date | string }
}

const outputNames = [
  'to',
  'prefix',
  'errorPrefix',
  'timeZone',
  'buffer',
  'transform',
  'partitionBy',
  'partitionsMax',
  'backup',
  'unpack',
  ...formatSettingNames,
  ...icebergSettingNames,
]
const mebibyte = 1024 * 1024

export interface DeclaredDelivery {
  readonly stages: readonly DeliveryStage[]
  /** Folders that stand for buckets. */
  readonly buckets: readonly BucketEntry[]
}

/** `name` is checked. */
export function declareDelivery<T>(
  name: string,
  options: DeliveryOptions<T>,
  references: MappingReferences & { readonly isBucket: (value: unknown) => boolean },
): DeclaredDelivery {
  const what = `delivery "${name}"`
  checkSettings(what, options, ['from', 'startingPosition', 'later', ...outputNames])
  const { from, startingPosition = 'TRIM_HORIZON', later, ...output } = options
  if (from === undefined) {
    throw new MillraceError('APP_SETTING_MISSING', `${what} has no from.`, {
      ...here(),
      next: "Name what it delivers: from: stream, or from: 'direct'.",
    })
  }
  if (startingPosition !== 'TRIM_HORIZON' && startingPosition !== 'LATEST')
    throw invalidValue(`startingPosition of ${what}`, startingPosition, "'TRIM_HORIZON', 'LATEST'")
  const source: DeliverySettings['source'] =
    from === 'direct'
      ? { kind: 'direct' }
      : { kind: 'stream', stream: references.streamName(`from of ${what}`, from), startingPosition }
  const buckets = new Map<string, BucketEntry>()
  const place: OutputPlace = { name, source, references, buckets, functions: new Map() }
  const settings = outputSettings(what, output, place)
  const changed = later && laterSettings(what, output, later, place)
  const declared = [{ output, settings }]
  if (later !== undefined && changed !== undefined)
    declared.push({ output: { ...output, ...later }, settings: changed.settings })
  return {
    buckets: [...buckets.values()],
    stages: declaredStages(name, settings, {
      ...(changed === undefined ? {} : { later: changed }),
      lambdas: [...place.functions.values()].flatMap(({ code }) => (code === undefined ? [] : [code])),
      before: ({ store }) => {
        for (const each of declared) putDeliveryTable(store, what, each)
      },
      services: ({ store }) =>
        storeServices(store, (functionName, context) => place.functions.get(functionName)?.make(context)),
    }),
  }
}

interface OutputPlace {
  readonly name: string
  readonly source: DeliverySettings['source']
  readonly references: MappingReferences & { readonly isBucket: (value: unknown) => boolean }
  readonly buckets: Map<string, BucketEntry>
  /** By the name under which settings have them. */
  readonly functions: Map<string, ReturnType<typeof deliveryTransform>>
}

function laterSettings<T>(
  what: string,
  output: DeliveryOutputSettings<T>,
  later: NonNullable<DeliveryOptions<T>['later']>,
  place: OutputPlace,
): { readonly from: number; readonly settings: DeliverySettings } {
  checkSettings(`later of ${what}`, later, ['from', ...outputNames])
  const { from, ...changes } = later
  const time =
    from instanceof Date ? from.getTime() : typeof from === 'string' ? Date.parse(from) : Number.NaN
  if (!Number.isFinite(time))
    throw invalidValue(`from of later of ${what}`, from, "a time such as '2026-12-01T00:00:00Z', or a Date")
  return { from: time, settings: outputSettings(`later of ${what}`, { ...output, ...changes }, place) }
}

function outputSettings<T>(
  what: string,
  output: DeliveryOutputSettings<T>,
  place: OutputPlace,
): DeliverySettings {
  const { transform, partitionBy, partitionsMax, backup, unpack } = output
  const { destination, partitioning, isFunctionKeyed } =
    output.format === 'iceberg'
      ? tableDestination(what, output, place)
      : filesDestination(what, output, place)
  const needsFunction = transform !== undefined || isFunctionKeyed
  const functionName = place.functions.size === 0 ? place.name : `${place.name}-later`
  const made = needsFunction
    ? deliveryTransform(what, functionName, {
        transform,
        partitionBy: typeof partitionBy === 'function' ? partitionBy : undefined,
        references: place.references,
      })
    : undefined
  if (made !== undefined) place.functions.set(functionName, made)
  if (partitionBy === undefined && partitionsMax !== undefined) {
    throw new MillraceError('APP_VALUE_INVALID', `${what} has partitionsMax without partitionBy.`, {
      ...here(),
      next: 'Say by what rows are spread: partitionBy: { customer: ".customer_id" }.',
    })
  }
  const settings: DeliverySettings = {
    source: place.source,
    ...(unpack === undefined ? {} : { unpack: unpackSettings(`unpack of ${what}`, unpack) }),
    ...(made === undefined ? {} : { transform: made.settings }),
    ...(partitioning === undefined ? {} : { partitioning }),
    destination,
    ...(backup === undefined ? {} : { backup: backupSettings(`backup of ${what}`, backup, place) }),
  }
  return settings
}

/** Settings that are of files alone. */
const fileNames = [
  'prefix',
  'partitionBy',
  'partitionsMax',
  'compression',
  'header',
  'fileExtension',
] as const

function tableDestination<T>(
  what: string,
  output: DeliveryOutputSettings<T>,
  place: OutputPlace,
): {
  readonly destination: DeliverySettings['destination']
  readonly partitioning: undefined
  readonly isFunctionKeyed: boolean
} {
  const foreign = fileNames.find((name) => output[name] !== undefined)
  if (foreign !== undefined) {
    throw new MillraceError(
      'APP_VALUE_INVALID',
      `${what} has ${foreign}, which is of files and not of a table.`,
      {
        ...here(),
        next: foreign === 'partitionBy' ? "Tables are divided by partitions: ['day(at)']." : 'Leave it out.',
      },
    )
  }
  const { errorPrefix = 'errors/', timeZone = 'UTC' } = output
  checkPrefixes(what, { errorPrefix, timeZone })
  return {
    destination: {
      ...icebergDestination(what, output),
      bucket: bucketName(`to of ${what}`, place.name, output.to, place),
      errorPrefix,
      timeZone,
      buffering: bufferingOf(`buffer of ${what}`, output.buffer, 128 * mebibyte),
    },
    partitioning: undefined,
    isFunctionKeyed: false,
  }
}

function filesDestination<T>(
  what: string,
  output: DeliveryOutputSettings<T>,
  place: OutputPlace,
): {
  readonly destination: FilesDestination
  readonly partitioning: DeliverySettings['partitioning']
  readonly isFunctionKeyed: boolean
} {
  const foreign = icebergSettingNames.find((name) => output[name] !== undefined)
  if (foreign !== undefined) {
    throw new MillraceError(
      'APP_VALUE_INVALID',
      `${what} has ${foreign}, which is of tables and not of files.`,
      {
        ...here(),
        next: "Say format: 'iceberg', or leave it out.",
      },
    )
  }
  const { partitionBy, partitionsMax, transform, timeZone = 'UTC' } = output
  const isFunctionKeyed = typeof partitionBy === 'function'
  const queries = partitionBy === undefined || isFunctionKeyed ? {} : queriesOf(what, partitionBy)
  const { format, compression, table, fileExtension } = deliveryFormat(what, output)
  const prefix = output.prefix ?? folderPrefix(queries)
  if (isFunctionKeyed && prefix === undefined) {
    throw new MillraceError('APP_SETTING_MISSING', `${what} has no prefix, which partitionBy needs.`, {
      ...here(),
      next: "Say where the keys stand: prefix: 'customer=!{partitionKeyFromLambda:customer}/'.",
    })
  }
  const hasExpressions = prefix?.includes('!{') ?? false
  const errorPrefix = output.errorPrefix ?? (hasExpressions ? 'errors/' : undefined)
  const bytes =
    format.kind === 'parquet' ? 128 * mebibyte : partitionBy === undefined ? 5 * mebibyte : 64 * mebibyte
  const partitioning =
    partitionBy === undefined
      ? undefined
      : {
          queries,
          activeMax: checkInteger(`partitionsMax of ${what}`, partitionsMax, {
            min: 1,
            max: 10_000,
            default: 500,
          }),
          retryMs: 300_000,
        }
  checkPrefixes(what, {
    prefix,
    errorPrefix,
    timeZone,
    partitioning: partitioning && {
      queryKeys: Object.keys(queries),
      hasFunction: isFunctionKeyed || transform !== undefined,
    },
  })
  const destination: FilesDestination = {
    kind: 'files',
    bucket: bucketName(`to of ${what}`, place.name, output.to, place),
    ...(prefix === undefined ? {} : { prefix }),
    ...(errorPrefix === undefined ? {} : { errorPrefix }),
    timeZone,
    buffering: bufferingOf(`buffer of ${what}`, output.buffer, bytes),
    format,
    compression,
    ...(fileExtension === undefined ? {} : { fileExtension }),
    ...(table === undefined ? {} : { table }),
  }
  return { destination, partitioning, isFunctionKeyed }
}

function checkPrefixes(what: string, settings: Parameters<typeof compileDeliveryPrefixes>[0]): void {
  lakeChecked('PREFIX_INVALID', what, () => compileDeliveryPrefixes(settings))
}

/** What the lake refuses for this reason is a wrong value of the app. */
function lakeChecked(code: string, what: string, check: () => unknown): void {
  try {
    check()
  } catch (cause) {
    if (codeOf(cause) !== code) throw cause
    const reason = messageOf(cause).slice(code.length + 1)
    throw new MillraceError('APP_VALUE_INVALID', `${what}: ${reason}`, { ...here(), cause })
  }
}

/** `customer=VALUE/region=VALUE/`. */
function folderPrefix(queries: Readonly<Record<string, string>>): string | undefined {
  const keys = Object.keys(queries)
  if (keys.length === 0) return undefined
  return keys.map((key) => `${key}=!{partitionKeyFromQuery:${key}}/`).join('')
}

function queriesOf(what: string, partitionBy: unknown): Record<string, string> {
  const entries =
    typeof partitionBy === 'object' && partitionBy !== null ? Object.entries(partitionBy) : undefined
  const isRight = entries?.every(([key, query]) => key !== '' && typeof query === 'string' && query !== '')
  if (entries !== undefined && entries.length > 0 && isRight) {
    const queries = Object.fromEntries(entries)
    lakeChecked('JQ_INVALID', `partitionBy of ${what}`, () => compilePartitionQueries(queries))
    return queries
  }
  throw invalidValue(
    `partitionBy of ${what}`,
    partitionBy,
    '{ key: query } with queries in jq, like { customer: ".customer_id" }, or a function',
  )
}

function backupSettings(
  what: string,
  backup: DeliveryBackupSettings,
  place: OutputPlace,
): NonNullable<DeliverySettings['backup']> {
  checkSettings(what, backup, ['to', 'prefix', 'errorPrefix', 'timeZone', 'buffer', 'compression'])
  const { prefix, errorPrefix, timeZone = 'UTC' } = backup
  const prefixes = {
    ...(prefix === undefined ? {} : { prefix }),
    ...(errorPrefix === undefined ? {} : { errorPrefix }),
    timeZone,
  }
  checkPrefixes(what, prefixes)
  return {
    bucket: bucketName(`to of ${what}`, `${place.name}-backup`, backup.to, place),
    ...prefixes,
    buffering: bufferingOf(`buffer of ${what}`, backup.buffer, 5 * mebibyte),
    compression: deliveryFormat(what, { format: 'raw', ...pick(backup) }).compression,
  }
}

function pick({ compression }: DeliveryBackupSettings): Pick<DeliveryFormatSettings, 'compression'> {
  return compression === undefined ? {} : { compression }
}

function unpackSettings(
  what: string,
  unpack: DeliveryUnpackSettings,
): NonNullable<DeliverySettings['unpack']> {
  checkSettings(what, unpack, ['records', 'gzip', 'logMessages'])
  const { records, gzip = false, logMessages = false } = unpack
  if (typeof gzip !== 'boolean') throw invalidValue(`gzip of ${what}`, gzip, 'true or false')
  if (typeof logMessages !== 'boolean')
    throw invalidValue(`logMessages of ${what}`, logMessages, 'true or false')
  if (records !== undefined && records !== 'json') {
    const delimiter: unknown = typeof records === 'object' ? records.delimiter : undefined
    if (typeof delimiter !== 'string' || delimiter === '')
      throw invalidValue(`records of ${what}`, records, "'json', or { delimiter: '\\n' }")
  }
  return {
    ...(records === undefined
      ? {}
      : {
          subRecords:
            records === 'json'
              ? { form: 'json' }
              : { form: 'delimited', delimiter: Buffer.from(records.delimiter).toString('base64') },
        }),
    ...(gzip ? { decompression: 'gzip' } : {}),
    ...(logMessages ? { logMessages } : {}),
  }
}

function bufferingOf(what: string, buffer: BufferSettings = {}, bytesDefault: number): Buffering {
  checkSettings(what, buffer, ['seconds', 'bytes'])
  return {
    ms: 1000 * checkInteger(`seconds of ${what}`, buffer.seconds, { min: 0, max: 900, default: 300 }),
    bytes: checkInteger(`bytes of ${what}`, buffer.bytes, {
      min: 1,
      max: 1024 * mebibyte,
      default: bytesDefault,
    }),
  }
}

/** A folder is a bucket that nobody has named. */
function bucketName(
  what: string,
  delivery: string,
  to: unknown,
  { references, buckets }: OutputPlace,
): string {
  // Sound: only handles that bucket() made are known.
  if (references.isBucket(to)) return (to as Bucket).name
  if (to === undefined) {
    throw new MillraceError('APP_SETTING_MISSING', `${what} is missing.`, {
      ...here(),
      next: "Name a bucket, to: app.bucket('lake'), or a folder, to: './lake'.",
    })
  }
  if (typeof to !== 'string' && !(to instanceof URL)) {
    throw new MillraceError('APP_FOREIGN_HANDLE', `${what} is ${quoted(to)}, not a bucket of this app.`, {
      ...here(),
      next: "Pass what app.bucket returned, or a folder: './lake'.",
    })
  }
  const name = `delivery-${delivery.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')}`
    .slice(0, 63)
    .replace(/-$/, '0')
  buckets.set(name, { name, place: { kind: 'folder', dir: references.path(what, to) } })
  return name
}
