/**
 * Functions that see a delivery's records before they are stored: TypeScript of the app, which takes records and gives their results in
 * order, and handlers as Firehose calls them, in processes of their own.
 */
import { lambdaTransformer, type Transformer, type TransformResult, type TransformRow } from '@millrace/lake'
import { dropped, type LambdaCode, type StageContext } from '@millrace/runtime'
import { codeOf, MillraceError, messageOf } from '../error.ts'
import { checkLambdaCode, type LambdaCodeSettings, lambdaCodeNames } from './lambda-code.ts'
import type { MappingReferences } from './mapping-options.ts'
import { checkInteger, checkSettings, here, quoted } from './names.ts'

/** A record as a transform function sees it. */
export interface DeliveryRecordOf<T> {
  readonly data: Uint8Array
  readonly arrivalTimeMs: number
  /** Of a record of a stream. */
  readonly partitionKey: string | undefined
  text(): string
  /** The parsed data. Nothing checks them against the type. */
  json<U = T>(): U
}

/**
 * Gives one result for each record, in order: a value (kept as JSON), text or bytes; `dropped` for a record that is left out; an Error
 * for one that cannot be processed, which goes to the error objects. When it throws, the batch is tried again, and then fails.
 */
export type TransformFunction<T = unknown> = (
  records: readonly DeliveryRecordOf<T>[],
) => readonly unknown[] | Promise<readonly unknown[]>

/** Gives the partition keys of a record, as it is after the transform. */
export type PartitionFunction = (record: DeliveryRecordOf<unknown>) => {
  readonly [key: string]: string | number | boolean
}

export interface DeliveryTransformSettings<T = unknown> extends Partial<LambdaCodeSettings> {
  /** A function of the app; or `code` and `handler`, as a Lambda function has them. */
  readonly function?: TransformFunction<T>
  /** Of a batch: 1 byte to 4 MiB, default 1 MiB; 0 to 900 seconds, default 60 for handlers and 1 for functions of the app. */
  readonly buffer?: { readonly seconds?: number; readonly bytes?: number }
  /** Further tries of a batch, 0 to 300; default 3. */
  readonly retries?: number
}

export interface MadeTransform {
  readonly settings: {
    readonly functionName: string
    readonly retries: number
    readonly bufferBytes: number
    readonly bufferMs: number
  }
  readonly code: LambdaCode | undefined
  readonly make: (context: StageContext) => Transformer
}

const mebibyte = 1024 * 1024
const encoder = new TextEncoder()

export function deliveryTransform<T>(
  what: string,
  functionName: string,
  {
    transform,
    partitionBy,
    references,
  }: {
    readonly transform: TransformFunction<T> | DeliveryTransformSettings<T> | undefined
    readonly partitionBy: PartitionFunction | undefined
    readonly references: MappingReferences
  },
): MadeTransform {
  const place = `transform of ${what}`
  const settings: DeliveryTransformSettings<T> =
    typeof transform === 'function' ? { function: transform } : (transform ?? {})
  checkSettings(place, settings, ['function', 'buffer', 'retries', ...lambdaCodeNames])
  const { function: own, buffer = {}, retries } = settings
  checkSettings(`buffer of ${place}`, buffer, ['seconds', 'bytes'])
  if (own !== undefined && typeof own !== 'function') {
    throw new MillraceError('APP_VALUE_INVALID', `function of ${place} is ${quoted(own)}.`, {
      ...here(),
      next: 'Pass a function: (records) => records.map(...)',
    })
  }
  if (transform !== undefined && (own === undefined) === (settings.code === undefined)) {
    throw new MillraceError(
      own === undefined ? 'APP_SETTING_MISSING' : 'APP_VALUE_INVALID',
      `${place} has ${own === undefined ? 'neither function nor code' : 'both function and code'}.`,
      {
        ...here(),
        next: "Give a function, or a handler: { code: './transform', handler: 'index.handler' }.",
      },
    )
  }
  const isHandler = settings.code !== undefined
  if (isHandler && partitionBy !== undefined) {
    throw new MillraceError(
      'APP_VALUE_INVALID',
      `${what} has a handler as transform and a function as partitionBy.`,
      {
        ...here(),
        next: 'Let the handler answer metadata.partitionKeys, or write queries: partitionBy: { key: ".path" }.',
      },
    )
  }
  const code = isHandler ? checkLambdaCode(place, functionName, settings, references, 60) : undefined
  return {
    settings: {
      functionName,
      retries: checkInteger(`retries of ${place}`, retries, { min: 0, max: 300, default: 3 }),
      bufferBytes: checkInteger(`bytes of buffer of ${place}`, buffer.bytes, {
        min: 1,
        max: 4 * mebibyte,
        default: mebibyte,
      }),
      bufferMs:
        1000 *
        checkInteger(`seconds of buffer of ${place}`, buffer.seconds, {
          min: 0,
          max: 900,
          default: isHandler ? 60 : 1,
        }),
    },
    code,
    make: (context) =>
      code === undefined
        ? functionTransformer(functionName, own, partitionBy)
        : lambdaTransformer(code, context.lambdas),
  }
}

function functionTransformer<T>(
  functionName: string,
  transform: TransformFunction<T> | undefined,
  partitionBy: PartitionFunction | undefined,
): Transformer {
  return {
    arn: `function:${functionName}`,
    async transform(rows) {
      const records = rows.map((row) => new RowRecord<T>(row.data, row))
      const values = transform === undefined ? records.map(({ data }) => data) : await transform(records)
      if (!Array.isArray(values) || values.length !== rows.length) {
        const got = Array.isArray(values) ? `a list of ${values.length}` : quoted(values)
        return {
          code: 'Lambda.FunctionError',
          message: `The function has to give one result for each of ${rows.length} records, but gave ${got}.`,
        }
      }
      return rows.map((row, i) => withKeys(resultOf(values[i]), row, partitionBy))
    },
    close: async () => {},
  }
}

function resultOf(value: unknown): TransformResult {
  if (value === dropped) return { kind: 'dropped' }
  if (value instanceof Error) {
    return { kind: 'failed', code: 'Lambda.ProcessingFailedStatus', message: value.message }
  }
  if (value instanceof Uint8Array) return { kind: 'ok', data: value, keys: undefined }
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (text !== undefined) return { kind: 'ok', data: encoder.encode(text), keys: undefined }
  const message = `The result ${quoted(value)} of the function is none: give a value, text, bytes, dropped or an Error.`
  return { kind: 'failed', code: 'Lambda.FunctionError', message }
}

function withKeys(
  result: TransformResult,
  row: TransformRow,
  partitionBy: PartitionFunction | undefined,
): TransformResult {
  if (partitionBy === undefined || result.kind !== 'ok') return result
  try {
    const given = partitionBy(new RowRecord(result.data ?? row.data, row))
    const keys = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, String(value)]))
    return { ...result, keys }
  } catch (error) {
    return {
      kind: 'failed',
      type: 'dynamic-partitioning-failed',
      code: 'DynamicPartitioning.MetadataExtractionFailed',
      message: `${codeOf(error)}: ${messageOf(error)}`,
    }
  }
}

class RowRecord<T> implements DeliveryRecordOf<T> {
  readonly data: Uint8Array
  readonly arrivalTimeMs: number
  readonly partitionKey: string | undefined

  constructor(data: Uint8Array, { arrivedAt, kinesis }: TransformRow) {
    this.data = data
    this.arrivalTimeMs = arrivedAt
    this.partitionKey = kinesis?.partitionKey
  }

  text(): string {
    return new TextDecoder().decode(this.data)
  }

  json<U = T>(): U {
    // The caller names the type that it expects; the value is whatever the producer wrote.
    return JSON.parse(this.text()) as U
  }
}
