/**
 * Calls of a transform function: rows are put into requests that Lambda would take, each is tried until it is answered or the retries
 * are used up, and what becomes of each row is told in order.
 */
import { codeOf, messageOf, type RunLimits, retryDelayMs } from '@millrace/runtime'
import { RECORD_DATA_BYTES_MAX } from '@millrace/store'
import { base64Length, type Clock, type Random } from '@millrace/values'
import type { EventTransformer, RecordTransformer, Transformer } from './delivery-port.ts'
import { payloadBytesMax, readAnswer, type TransformResult } from './transform-answer.ts'
import type { TransformRow } from './transform-row.ts'

export interface RowOutcomeOf {
  readonly result: TransformResult
  readonly attempts: number
  readonly endedAt: number
}

export interface TransformScope {
  readonly deliveryArn: string
  readonly sourceArn: string | undefined
  readonly region: string
  readonly retries: number
  readonly clock: Clock
  readonly random: Random
  readonly limits: RunLimits
  /** Aborts when the stage stops: retries end then. */
  readonly signal: AbortSignal
  /** An invocation has ended. */
  ended(durationMs: number, isGood: boolean): void
}

/** Of a record in an event, beside its data and id. */
const recordOverhead = 420
const eventOverhead = 600
/** As JSON; those that an object's key cannot hold are refused later. */
const keysLengthMax = 16_384

/** One outcome for each row, in order; undefined if it was stopped. `undefined` as transformer: there is no such function. */
export async function callTransform(
  transformer: Transformer | undefined,
  rows: readonly TransformRow[],
  scope: TransformScope,
): Promise<readonly RowOutcomeOf[] | undefined> {
  const outcomes = await Promise.all(requestsOf(rows).map((request) => callOnce(transformer, request, scope)))
  return outcomes.some((each) => each === undefined) ? undefined : outcomes.flatMap((each) => each ?? [])
}

/** Runs of rows that fit an event; a row that fits none has one of its own, which fails. */
function requestsOf(rows: readonly TransformRow[]): TransformRow[][] {
  const requests: TransformRow[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const row of rows) {
    const size = rowBytes(row)
    if (bytes + size > payloadBytesMax) {
      requests.push([])
      bytes = eventOverhead
    }
    requests.at(-1)!.push(row)
    bytes += size
  }
  return requests
}

function rowBytes({ data, recordId, kinesis }: TransformRow): number {
  const key = kinesis === undefined ? 0 : 3 * kinesis.partitionKey.length
  return base64Length(data.length) + recordId.length + key + recordOverhead
}

async function callOnce(
  transformer: Transformer | undefined,
  rows: readonly TransformRow[],
  scope: TransformScope,
): Promise<readonly RowOutcomeOf[] | undefined> {
  const { clock, signal, retries, limits, random } = scope
  const all = (result: TransformResult, attempts: number): RowOutcomeOf[] => {
    const endedAt = clock.now()
    return rows.map(() => ({ result, attempts, endedAt }))
  }
  if (transformer === undefined) {
    const message = 'There is no function of this name here.'
    return all({ kind: 'failed', code: 'Lambda.ResourceNotFound', message }, 1)
  }
  if (rows.length === 1 && rowBytes(rows[0]!) + eventOverhead > payloadBytesMax) {
    const message = `The record is too large for an invocation, whose request has ${payloadBytesMax} bytes at most.`
    return all({ kind: 'failed', code: 'Lambda.FunctionError', message }, 1)
  }
  for (let attempt = 1; ; attempt++) {
    const startedAt = clock.now()
    try {
      const results = await invoke(transformer, rows, scope)
      scope.ended(clock.now() - startedAt, Array.isArray(results))
      if (!isResults(results)) return all({ kind: 'failed', ...results }, attempt)
      const endedAt = clock.now()
      return results.map((result) => ({ result: withinLimits(result), attempts: attempt, endedAt }))
    } catch (error) {
      scope.ended(clock.now() - startedAt, false)
      if (attempt > retries) return all({ kind: 'failed', ...faultOf(error) }, attempt)
    }
    await clock.sleep(retryDelayMs(attempt + 1, limits, random), signal)
    if (signal.aborted) return undefined
  }
}

async function invoke(
  transformer: Transformer,
  rows: readonly TransformRow[],
  scope: TransformScope,
): ReturnType<RecordTransformer['transform']> {
  if ('transform' in transformer) return transformer.transform(rows)
  const answer = await transformer.invoke(eventOf(rows, scope))
  if (answer.length > payloadBytesMax) {
    const message = `The answer has ${answer.length} characters; ${payloadBytesMax} bytes are allowed.`
    return { code: 'Lambda.FunctionError', message }
  }
  return readAnswer(
    answer,
    rows.map(({ recordId }) => recordId),
  )
}

/** What comes out has to fit a record of the log, whatever a function of the program gives. */
function withinLimits(result: TransformResult): TransformResult {
  if (result.kind !== 'ok') return result
  const { data, keys } = result
  const problem =
    data !== undefined && data.length > RECORD_DATA_BYTES_MAX
      ? `data of ${data.length} bytes, allowed are ${RECORD_DATA_BYTES_MAX}`
      : keys !== undefined && JSON.stringify(keys).length > keysLengthMax
        ? `partition keys that are longer than ${keysLengthMax} characters`
        : undefined
  if (problem === undefined) return result
  return { kind: 'failed', code: 'Lambda.FunctionError', message: `The function gave the record ${problem}.` }
}

type Results = Awaited<ReturnType<RecordTransformer['transform']>>

function isResults(results: Results): results is readonly TransformResult[] {
  return Array.isArray(results)
}

/** The event of the service. */
function eventOf(
  rows: readonly TransformRow[],
  { deliveryArn, sourceArn, region, random }: TransformScope,
): Parameters<EventTransformer['invoke']>[0] {
  return JSON.stringify({
    invocationId: uuid(random),
    deliveryStreamArn: deliveryArn,
    ...(sourceArn === undefined ? {} : { sourceKinesisStreamArn: sourceArn }),
    region,
    records: rows.map(({ recordId, arrivedAt, data, kinesis }) => ({
      recordId,
      approximateArrivalTimestamp: arrivedAt,
      data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
      ...(kinesis === undefined
        ? {}
        : { kinesisRecordMetadata: { ...kinesis, approximateArrivalTimestamp: arrivedAt } }),
    })),
  })
}

function faultOf(error: unknown): { readonly code: string; readonly message: string } {
  const code = codeOf(error)
  return { code: code.startsWith('Lambda.') ? code : 'Lambda.FunctionError', message: messageOf(error) }
}

function uuid(random: Random): string {
  const digits = Array.from({ length: 32 }, (_, i) =>
    i === 12 ? '4' : i === 16 ? '8' : random.below(16).toString(16),
  )
  const hex = digits.join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
