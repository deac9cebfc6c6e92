/**
 * Sink `dynamodbSink`: a handler for `app.function` that writes an item for each record of its stream into a table behind
 * the DynamoDB API, here or elsewhere.
 *
 * Promise: at least once, and as often as one likes without another result, since an item is put under a key that its
 * record decides. Of several records of one key in a batch the last is written, in place of all. With `onlyNewer` an item
 * is written only over one with a lesser value of that attribute, so that a record that comes late or again changes nothing.
 *
 * Records that make no item, or one that the table refuses for good, are named in the error, so that the stage sets just
 * them aside as dead letters; a batch that could not be written in all attempts fails, and the stage's retries send only
 * what was not written.
 */
import type { FunctionHandler, StreamRecord } from '@millrace/runtime'
import {
  compareValues,
  ITEM_BYTES_MAX,
  itemFromJson,
  itemSize,
  marshalItem,
  type TypedItem,
} from '@millrace/tables'
import { type Clock, type Random, seededRandom, systemClock } from '@millrace/values'
import { assertIntegerOption, ConnectError } from '../errors.ts'
import type { AwsEndpoint } from '../kinesis/aws-sdk.ts'
import { describeFailures, failureOf, SinkError, type SinkFailure } from '../sink-error.ts'
import { type ItemWrite, ItemWriter, type WriteFailure } from './item-writer.ts'
import { keyText } from './table-item.ts'

export interface DynamodbSinkOptions extends AwsEndpoint {
  /** Name or ARN of the table. */
  readonly table: string
  /**
   * The item of a record: a plain object, with numbers, strings, booleans, null, Uint8Array, Set, arrays and objects.
   * Undefined: the record writes nothing. Default: the record's JSON, in which no digit of a number is lost.
   */
  readonly item?: (record: StreamRecord) => object | undefined
  /**
   * The key of the item that a record deletes: an object with the key attributes, and with that of `onlyNewer`. Undefined:
   * the record deletes nothing, and `item` is asked. Default: no record deletes.
   */
  readonly deleteKey?: (record: StreamRecord) => object | undefined
  /**
   * Name of an attribute, a number or a string, that grows from one version of an item to the next. An item is written only
   * if there is none, or one with a lesser value: `#seq < :seq`. Items then go one by one instead of by 25.
   */
  readonly onlyNewer?: string
  /** Names of the table's key attributes, the partition key first. Default: the table is asked. */
  readonly keys?: readonly [string] | readonly [string, string]
  /** Calls at a time, 1 to 100. Default 4. */
  readonly concurrency?: number
  /** Rounds of calls in a row in which nothing is written before the batch fails. Default 10. */
  readonly attemptsMax?: number
  readonly clock?: Clock
  readonly random?: Random
}

interface RecordWrite extends ItemWrite {
  /** The one whose item it is comes last; those before it have the same key. */
  readonly sources: readonly StreamRecord[]
}

/** A record that makes no item. */
class Unfit extends Error {}

/** Errors: DYNAMODB_OPTION here; SINK_ITEMS_FAILED (a SinkError), AWS_SDK_MISSING and DYNAMODB_CALL of its calls. */
export function dynamodbSink(options: DynamodbSinkOptions): FunctionHandler {
  const { table, onlyNewer, concurrency = 4, attemptsMax = 10, clock = systemClock } = options
  assertText('table', table, 'orders')
  assertText('region', options.region, 'eu-central-1')
  if (onlyNewer !== undefined) assertText('onlyNewer', onlyNewer, 'sequence')
  assertIntegerOption('dynamodbSink', 'concurrency', concurrency, { min: 1, max: 100 }, 'DYNAMODB_OPTION')
  assertIntegerOption('dynamodbSink', 'attemptsMax', attemptsMax, { min: 1, max: 1000 }, 'DYNAMODB_OPTION')
  const random = options.random ?? seededRandom(clock.now())
  const writer = new ItemWriter<RecordWrite>({ ...options, concurrency, attemptsMax, clock, random })
  // Retries of a batch hand over the same objects.
  const written = new WeakSet<StreamRecord>()

  return async (records, { signal }) => {
    const keys = await writer.keys(signal)
    const writes = new Map<string, RecordWrite>()
    const refused: SinkFailure[] = []
    for (const record of records) {
      if (written.has(record)) continue
      try {
        const write = writeOf(record, options, keys)
        if (write === undefined) written.add(record)
        else keepLast(writes, write)
      } catch (error) {
        refused.push(failureOf(record, codeOf(error), messageOf(error)))
      }
    }
    const result = await writer.write(
      [...writes.values()],
      ({ sources }) => {
        for (const source of sources) written.add(source)
      },
      signal,
    )
    refused.push(...result.refused.map(asSinkFailure))
    const target = `table "${table}"`
    if (refused.length > 0) throw new SinkError(describeFailures(target, 'refuses', refused), refused, true)
    if (result.left.length > 0) {
      const left = result.left.map(asSinkFailure)
      throw new SinkError(describeFailures(target, 'did not take', left), left, false)
    }
  }
}

/** Throws what is wrong with the record. */
function writeOf(
  record: StreamRecord,
  options: DynamodbSinkOptions,
  keys: readonly string[],
): RecordWrite | undefined {
  const deleted = options.deleteKey?.(record)
  const kind = deleted === undefined ? 'put' : 'delete'
  const given = deleted === undefined ? itemOf(record, options) : marshalItem(deleted)
  if (given === undefined) return undefined
  const key = keyText(given, keys)
  if (key === undefined) {
    const names = keys.map((name) => `"${name}"`).join(' and ')
    throw new Unfit(`The item needs its key, ${names}: strings, numbers or binaries that are not empty.`)
  }
  const item = kind === 'put' ? given : Object.fromEntries(keys.map((name) => [name, given[name]!]))
  const size = itemSize(item)
  if (size > ITEM_BYTES_MAX) {
    throw new Unfit(`Item size has exceeded the maximum allowed size: ${size} of ${ITEM_BYTES_MAX} bytes.`)
  }
  return { key, kind, item, newer: newerOf(given, options.onlyNewer), sources: [record] }
}

function itemOf(record: StreamRecord, { item }: DynamodbSinkOptions): TypedItem | undefined {
  if (item === undefined) return itemFromJson(record.text())
  const made = item(record)
  return made === undefined ? undefined : marshalItem(made)
}

function newerOf(item: TypedItem, attribute: string | undefined): TypedItem | undefined {
  if (attribute === undefined) return undefined
  const value = item[attribute]
  if (value !== undefined && ('N' in value || 'S' in value)) return { [attribute]: value }
  throw new Unfit(`The item needs a number or string "${attribute}", by which the newer one is told.`)
}

/** The later write of a key takes the place of the earlier, unless the condition of `onlyNewer` would be false then. */
function keepLast(writes: Map<string, RecordWrite>, write: RecordWrite): void {
  const before = writes.get(write.key)
  if (before === undefined) {
    writes.set(write.key, write)
    return
  }
  const isStale =
    write.newer !== undefined &&
    before.newer !== undefined &&
    (compareValues(Object.values(write.newer)[0]!, Object.values(before.newer)[0]!) ?? 0) <= 0
  const sources = isStale ? [...write.sources, ...before.sources] : [...before.sources, ...write.sources]
  writes.set(write.key, { ...(isStale ? before : write), sources })
}

function asSinkFailure({ write, code, message }: WriteFailure<RecordWrite>): SinkFailure {
  return failureOf(write.sources.at(-1)!, code, message)
}

function assertText(name: string, value: unknown, example: string): void {
  if (typeof value === 'string' && value !== '') return
  throw new ConnectError(
    'DYNAMODB_OPTION',
    `dynamodbSink: "${name}" must be given, for example "${example}".`,
  )
}

function codeOf(error: unknown): string {
  if (error instanceof Unfit) return 'ValidationException'
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'Error'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
