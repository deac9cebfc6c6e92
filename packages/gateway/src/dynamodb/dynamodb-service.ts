/**
 * The DynamoDB API and that of its streams behind the listener: finds the operation, reads the body, authenticates, checks
 * the input against its shape, and runs the operation, in this order, so that a caller without rights learns nothing of
 * what exists. Two services share one directory of tables, since clients address them by different targets.
 */
import type { Store } from '@millrace/store'
import type { TableError, TableRequestError, Tables } from '@millrace/tables'
import type { Clock } from '@millrace/values'
import type { KinesisLimits } from '../kinesis/kinesis-limits.ts'
import type { Meter } from '../metrics/meter.ts'
import { serializationError } from '../wire/serialization-error.ts'
import { readInput, type Shape } from '../wire/shape.ts'
import { WireError } from '../wire/wire-error.ts'
import type { WireCall, WireReply, WireService } from '../wire/wire-service.ts'
import type { DynamoCall } from './dynamodb-context.ts'
import { dynamoErrorBody } from './error-body.ts'
import { TableExports } from './exports/table-exports.ts'
import { CapacityLimits } from './items/capacity-limits.ts'
import { itemOperations } from './items/index.ts'
import type { ItemContext, ItemOperation } from './items/item-context.ts'
import { TransactionTokens } from './items/transaction-tokens.ts'
import { namesTableFirst, tableOperations } from './operations/index.ts'
import {
  changeIteratorSeal,
  describeStream,
  getRecords,
  getShardIterator,
  listStreams,
} from './operations/streams.ts'
import { unsupportedOperations } from './operations/unsupported.ts'
import { parseDynamoBody } from './parse-body.ts'
import { itemInputs } from './shapes/item-inputs.ts'
import { checkTableNameFirst } from './shapes/name-shapes.ts'
import { streamInputs, tableInputs } from './shapes/table-inputs.ts'
import { TableMeters } from './table-meters.ts'
import { TableDirectory, type TableGuard } from './tables/table-directory.ts'

export interface DynamoServiceOptions {
  readonly store: Store
  readonly tables: Tables
  readonly clock: Clock
  readonly meter: Meter
  readonly region: string
  readonly limits: Pick<KinesisLimits, 'statusMs' | 'tableCapacity'>
  readonly guard?: TableGuard
  /** Host and port at which clients reach the service. */
  readonly address: () => string
}

export interface DynamoServices {
  readonly tables: WireService
  readonly streams: WireService
  readonly directory: TableDirectory
  /** Ends what runs in the background. Call it before the store is closed. */
  close(): Promise<void>
}

type Handler = (call: WireCall) => WireReply | Promise<WireReply>
type Operation<Input> = (
  input: Input,
  call: DynamoCall,
  context: ItemContext,
) => object | undefined | Promise<object | undefined>

const EXPIRY_EVERY_MS = 60_000
/** In one commit. */
const EXPIRED_MAX = 1000

export function openDynamoServices(options: DynamoServiceOptions): DynamoServices {
  const { store, tables, clock, meter, region, limits, guard, address } = options
  const directory = new TableDirectory({
    store,
    tables,
    clock,
    region,
    statusMs: limits.statusMs,
    guard,
  })
  const exports = new TableExports({ store, clock, region })
  const meters = new TableMeters(meter, store)
  const context: ItemContext = {
    store,
    tables,
    clock,
    region,
    directory,
    exports,
    address,
    capacity: new CapacityLimits({ isEnforced: limits.tableCapacity }),
    tokens: new TransactionTokens(store),
    meters,
  }
  const seal = changeIteratorSeal(store)

  const handler = <T>(name: string, shape: Shape<T>, run: Operation<T>): Handler => {
    const isNameFirst = namesTableFirst.has(name)
    return (call) => {
      if (call.encoding !== 'json') throw serializationError('DynamoDB takes JSON only.')
      const body = parseDynamoBody(call.body)
      const caller = call.authenticate()
      const input = readInput(shape, body, isNameFirst ? checkTableNameFirst : undefined)
      return metered(name, input, () => run(input, { caller, requestId: call.requestId }, context))
    }
  }
  const metered = (
    operation: string,
    input: unknown,
    run: () => object | undefined | Promise<object | undefined>,
  ): WireReply | Promise<WireReply> => {
    const begun = clock.now()
    const failed = (thrown: unknown): never => {
      const error = asWireError(thrown)
      if (error instanceof WireError) meters.failed(operation, input, error.type)
      throw error
    }
    const succeeded = (value: object | undefined): WireReply => {
      meters.succeeded(operation, input, clock.now() - begun)
      return { kind: 'value', value }
    }
    try {
      const value = run()
      return value instanceof Promise ? value.then(succeeded, failed) : succeeded(value)
    } catch (error) {
      return failed(error)
    }
  }
  const tableHandlers = new Map<string, Handler>()
  for (const name of keysOf(tableOperations)) {
    // The tables' types tie each name to the shape and the operation of this name.
    const shape = tableInputs[name] as Shape<unknown>
    tableHandlers.set(name, handler(name, shape, tableOperations[name] as Operation<unknown>))
  }
  for (const name of keysOf(itemOperations)) {
    const shape = itemInputs[name] as Shape<unknown>
    tableHandlers.set(name, handler(name, shape, itemOperations[name] as ItemOperation<unknown>))
  }
  const streamHandlers = new Map<string, Handler>([
    ['ListStreams', handler('ListStreams', streamInputs.ListStreams, listStreams)],
    ['DescribeStream', handler('DescribeStream', streamInputs.DescribeStream, describeStream)],
    ['GetShardIterator', handler('GetShardIterator', streamInputs.GetShardIterator, getShardIterator(seal))],
    ['GetRecords', handler('GetRecords', streamInputs.GetRecords, getRecords(seal))],
  ])
  const closing = new AbortController()
  const expiring = expire(options, closing.signal)
  return {
    tables: service('DynamoDB_20120810', tableHandlers),
    streams: service('DynamoDBStreams_20120810', streamHandlers),
    directory,
    async close() {
      closing.abort()
      directory.close()
      await expiring
      await exports.close()
    },
  }
}

/** Deletes items whose time has passed, until the signal aborts. */
async function expire({ tables, clock }: DynamoServiceOptions, signal: AbortSignal): Promise<void> {
  for (;;) {
    await clock.sleep(EXPIRY_EVERY_MS, signal)
    if (signal.aborted) return
    try {
      while (!signal.aborted && tables.expire(clock.now(), EXPIRED_MAX) === EXPIRED_MAX) {
        // Calls that wait get their turn between two commits.
        await clock.sleep(0, signal)
      }
    } catch {
      // A full disk, for example: what has expired is deleted later.
    }
  }
}

function service(targetPrefix: string, handlers: ReadonlyMap<string, Handler>): WireService {
  return {
    targetPrefix,
    isChecksummed: true,
    errorBody: dynamoErrorBody,
    handle(call) {
      const handler = handlers.get(call.operation)
      if (handler === undefined) {
        throw new WireError('UnknownOperationException', unsupportedOperations.get(call.operation) ?? '')
      }
      try {
        return handler(call)
      } catch (error) {
        // Of reading the input; what operations throw is told of already.
        throw asWireError(error)
      }
    },
  }
}

/** Faults of what a request says come from the tables' package, with the service's words where it has some. */
function asWireError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  if (error.name === 'TableRequestError') {
    // The name is that class's alone; it may be another copy of it.
    const { exception, reason } = error as TableRequestError
    return new WireError(exception, reason, { cause: error })
  }
  if ('code' in error && error.code === 'STORE_KEY_TOO_LARGE') {
    // Keys whose zero bytes, which are stored as two, take them over the store's bound. AWS has no words for it.
    return new WireError(
      'ValidationException',
      'One or more parameter values were invalid: partition key and sort key take too many bytes together',
      { cause: error },
    )
  }
  if (error.name !== 'TableError') return error
  // As before.
  const { code, reason, message } = error as TableError
  const type = code === 'TABLE_NOT_DEFINED' ? 'ResourceNotFoundException' : 'ValidationException'
  return new WireError(type, reason ?? message, { cause: error })
}

/** The keys of an object literal. */
function keysOf<T extends object>(literal: T): (keyof T & string)[] {
  // A literal has no other keys than those of its type.
  return Object.keys(literal) as (keyof T & string)[]
}
