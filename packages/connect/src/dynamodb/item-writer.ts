/**
 * Writes items into a DynamoDB table until each is written or refused for good. No two writes are of one key, so they may
 * go in any order and several calls at a time.
 *
 * Plain writes go with BatchWriteItem, up to 25 and 16 MB to a call; what comes back unprocessed is sent again. Conditional
 * ones go one by one, and one whose condition is false is done: the table holds something newer. A call that is refused as
 * a whole is halved until the write that causes it stands alone.
 */
import type { DynamoDBClient, WriteRequest } from '@aws-sdk/client-dynamodb'
import type { TypedItem } from '@millrace/tables'
import type { Clock, Random } from '@millrace/values'
import { ConnectError } from '../errors.ts'
import {
  type AwsEndpoint,
  awsErrorName,
  clientSettings,
  type DynamoSdk,
  isPassing,
  loadDynamoSdk,
} from '../kinesis/aws-sdk.ts'
import { Backoff } from '../kinesis/backoff.ts'
import { messageOf } from '../kinesis/shard-processor.ts'
import { keyText, type SdkItem, sdkItem } from './table-item.ts'

export interface ItemWrite {
  readonly key: string
  readonly kind: 'put' | 'delete'
  /** To put; or the key to delete. */
  readonly item: TypedItem
  /** Only where the stored item has no such attribute, or a lesser value of it. */
  readonly newer: TypedItem | undefined
}

export interface WriteFailure<Write> {
  readonly write: Write
  readonly code: string
  readonly message: string
}

export interface WriteResult<Write> {
  /** For a reason that does not pass. */
  readonly refused: readonly WriteFailure<Write>[]
  /** Not written in all attempts, or before the signal aborted. */
  readonly left: readonly WriteFailure<Write>[]
}

export interface ItemWriterOptions extends AwsEndpoint {
  readonly table: string
  readonly keys?: readonly string[]
  /** Rounds in a row in which nothing is written. */
  readonly attemptsMax: number
  /** Calls at a time. */
  readonly concurrency: number
  readonly clock: Clock
  readonly random: Random
}

/** Of one call, or of all calls of a round. */
interface Outcome<Write> {
  readonly done: Write[]
  readonly refused: WriteFailure<Write>[]
  readonly failed: WriteFailure<Write>[]
}

const callWritesMax = 25
const callBytesMax = 16 * 1024 * 1024
/** Around each write of a call. */
const requestBytes = 40
const backoffOptions = { firstMs: 100, mostMs: 10_000 }
const rejections: ReadonlySet<string> = new Set([
  'ItemCollectionSizeLimitExceededException',
  'RequestEntityTooLargeException',
  'SerializationException',
  'ValidationException',
])

export class ItemWriter<Write extends ItemWrite> {
  readonly #options: ItemWriterOptions
  #sdk: DynamoSdk | undefined
  #client: DynamoDBClient | undefined
  #keys: readonly string[] | undefined

  constructor(options: ItemWriterOptions) {
    this.#options = options
    this.#keys = options.keys
  }

  /** Names of the table's key attributes, asked of the table if they were not given. Errors: DYNAMODB_CALL, AWS_SDK_MISSING. */
  async keys(signal: AbortSignal): Promise<readonly string[]> {
    const backoff = this.#backoff()
    while (this.#keys === undefined) {
      try {
        const { sdk, client } = await this.#open()
        const { Table: table } = await client.send(
          new sdk.DescribeTableCommand({ TableName: this.#options.table }),
        )
        const schema = table?.KeySchema ?? []
        // The partition key first.
        const sorted = schema.toSorted((a) => (a.KeyType === 'HASH' ? -1 : 1))
        this.#keys = sorted.map((key) => String(key.AttributeName))
      } catch (error) {
        const isOver = signal.aborted || backoff.failures + 1 >= this.#options.attemptsMax
        if (isOver || !isPassing(error)) throw this.#failure('asking for its keys', error)
        await backoff.wait(signal)
      }
    }
    return this.#keys
  }

  /** `written` is told of each write at once. Fails only when the table cannot be written at all: DYNAMODB_CALL. */
  async write(
    writes: readonly Write[],
    written: (write: Write) => void,
    signal: AbortSignal,
  ): Promise<WriteResult<Write>> {
    const left = new Set(writes)
    const refused: WriteFailure<Write>[] = []
    const backoff = this.#backoff()
    let last = { code: 'ABORTED', message: 'The stage stopped before the item was written.' }
    while (left.size > 0 && !signal.aborted) {
      const round: Outcome<Write> = { done: [], refused: [], failed: [] }
      const calls = this.#calls(left).map((call) => this.#send(call, round))
      const faults = (await Promise.allSettled(calls)).filter((one) => one.status === 'rejected')
      for (const write of round.done) {
        left.delete(write)
        written(write)
      }
      for (const failure of round.refused) left.delete(failure.write)
      refused.push(...round.refused)
      if (faults[0] !== undefined) throw this.#failure('writing items', faults[0].reason)
      if (round.done.length > 0) backoff.succeeded()
      const [failed] = round.failed
      if (failed === undefined) continue
      last = failed
      if (backoff.failures + 1 >= this.#options.attemptsMax) break
      await backoff.wait(signal)
    }
    const { code, message } = last
    return { refused, left: Array.from(left, (write) => ({ write, code, message })) }
  }

  /** The writes of the next calls. */
  #calls(left: ReadonlySet<Write>): Write[][] {
    const calls: Write[][] = []
    let call: Write[] = []
    let bytes = 0
    for (const write of left) {
      const size = requestBytes + Buffer.byteLength(JSON.stringify(write.item))
      const isFull = call.length === callWritesMax || bytes + size > callBytesMax
      if (call.length === 0 || isFull || write.newer !== undefined) {
        if (calls.length === this.#options.concurrency) break
        call = []
        calls.push(call)
        bytes = 0
      }
      call.push(write)
      bytes += size
    }
    return calls
  }

  async #send(call: readonly Write[], outcome: Outcome<Write>): Promise<void> {
    try {
      const unprocessed = await this.#attempt(call)
      for (const write of call) {
        if (unprocessed.has(write.key)) {
          outcome.failed.push({
            write,
            code: 'UnprocessedItem',
            message: 'The table had no room for the item in all attempts.',
          })
        } else outcome.done.push(write)
      }
    } catch (error) {
      const problem = { code: awsErrorName(error), message: messageOf(error) }
      if (rejections.has(problem.code)) await this.#halve(call, problem, outcome)
      else if (isPassing(error)) outcome.failed.push(...call.map((write) => ({ write, ...problem })))
      else throw error
    }
  }

  async #halve(
    call: readonly Write[],
    problem: { readonly code: string; readonly message: string },
    outcome: Outcome<Write>,
  ): Promise<void> {
    const [write] = call
    if (call.length === 1 && write !== undefined) {
      outcome.refused.push({ write, ...problem })
      return
    }
    const half = Math.ceil(call.length / 2)
    await this.#send(call.slice(0, half), outcome)
    await this.#send(call.slice(half), outcome)
  }

  /** Keys of the writes that were not made. */
  async #attempt(call: readonly Write[]): Promise<ReadonlySet<string>> {
    const { sdk, client } = await this.#open()
    const [first] = call
    if (first?.newer !== undefined) {
      await this.#writeIfNewer(first, first.newer)
      return new Set()
    }
    const { table } = this.#options
    const { UnprocessedItems: unprocessed = {} } = await client.send(
      new sdk.BatchWriteItemCommand({ RequestItems: { [table]: call.map(requestOf) } }),
    )
    const keys = new Set<string>()
    // Under its name or its ARN: all requests are for one table.
    for (const request of Object.values(unprocessed).flat()) {
      const item: SdkItem = request.PutRequest?.Item ?? request.DeleteRequest?.Key ?? {}
      keys.add(keyText(item, this.#keys ?? []) ?? '')
    }
    return keys
  }

  async #writeIfNewer(write: Write, newer: TypedItem): Promise<void> {
    const { sdk, client } = await this.#open()
    const [name, value] = Object.entries(sdkItem(newer))[0]!
    const condition = {
      TableName: this.#options.table,
      ConditionExpression: 'attribute_not_exists(#newer) OR #newer < :newer',
      ExpressionAttributeNames: { '#newer': name },
      ExpressionAttributeValues: { ':newer': value },
    }
    try {
      if (write.kind === 'put') {
        await client.send(new sdk.PutItemCommand({ ...condition, Item: sdkItem(write.item) }))
      } else await client.send(new sdk.DeleteItemCommand({ ...condition, Key: sdkItem(write.item) }))
    } catch (error) {
      // The table holds something as new or newer, perhaps this very item after a lost answer.
      if (awsErrorName(error) !== 'ConditionalCheckFailedException') throw error
    }
  }

  async #open(): Promise<{ sdk: DynamoSdk; client: DynamoDBClient }> {
    this.#sdk ??= await loadDynamoSdk('A table in DynamoDB')
    this.#client ??= new this.#sdk.DynamoDBClient(clientSettings(this.#options))
    return { sdk: this.#sdk, client: this.#client }
  }

  #backoff(): Backoff {
    return new Backoff(this.#options.clock, this.#options.random, backoffOptions)
  }

  #failure(what: string, cause: unknown): ConnectError {
    if (cause instanceof ConnectError) return cause
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    const message = `table "${this.#options.table}": ${what} failed: ${reason}`
    return new ConnectError('DYNAMODB_CALL', message, { cause })
  }
}

function requestOf(write: ItemWrite): WriteRequest {
  const item = sdkItem(write.item)
  return write.kind === 'put' ? { PutRequest: { Item: item } } : { DeleteRequest: { Key: item } }
}
