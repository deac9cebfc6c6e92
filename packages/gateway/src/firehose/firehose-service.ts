/**
 * The Firehose API behind the listener: finds the operation, reads the body, authenticates, checks the input against its shape, and
 * runs the operation, in this order, so that a caller without rights learns nothing of what exists. Puts of the usual form take a
 * short cut that reads the body's bytes.
 */
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import { CallRates } from '../limits/call-rates.ts'
import type { Meter } from '../metrics/meter.ts'
import { PutGroups } from '../puts/put-group.ts'
import { StreamLayouts } from '../puts/stream-layouts.ts'
import { parseBody } from '../wire/body-codec.ts'
import { readInput, type Shape } from '../wire/shape.ts'
import { WireError } from '../wire/wire-error.ts'
import type { WireCall, WireReply, WireService } from '../wire/wire-service.ts'
import { DeliveryMeters } from './data/delivery-meters.ts'
import { DeliveryRates } from './data/delivery-rates.ts'
import { putRecord } from './data/put-record.ts'
import { makePutRecordBatchFast, putRecordBatch } from './data/put-record-batch.ts'
import { asWireError, limitExceeded } from './faults.ts'
import type { FirehoseCall, FirehoseContext, FirehoseOperation } from './firehose-operation.ts'
import type { Deliveries, FirehoseLimits } from './found-delivery.ts'
import { type ControlOperationName, controlOperations } from './operations/index.ts'
import { type InputOf, inputShapes, type OperationName } from './shapes/input-shapes.ts'
import { FirehoseStreams } from './streams/firehose-streams.ts'

export interface FirehoseServiceOptions {
  readonly store: Store
  readonly deliveries: Deliveries
  readonly clock: Clock
  readonly meter: Meter
  readonly limits: FirehoseLimits
  readonly region: string
}

export interface FirehoseService extends WireService {
  /** Commits what puts are waiting for. Call it before the store is closed. */
  close(): void
}

type Handler = (call: WireCall) => WireReply | Promise<WireReply>

const CONTROL_CALLS_PER_SECOND = 5

export function openFirehoseService(options: FirehoseServiceOptions): FirehoseService {
  const { store, deliveries, clock, meter, limits, region } = options
  const streams = new FirehoseStreams({ store, deliveries, clock, limits, region })
  const context: FirehoseContext = { store, clock, limits, region, streams }
  const groups = new PutGroups(store, () => {})
  const writing = {
    context,
    groups,
    layouts: new StreamLayouts(store),
    rates: new DeliveryRates(limits),
    meters: new DeliveryMeters(meter),
  }
  const rates = new CallRates()

  const handler = <N extends OperationName>(name: N, run: FirehoseOperation<N>): Handler => {
    // It gives the input of this name; the compiler does not follow a generic key into the union.
    const shape: Shape<unknown> = inputShapes[name]
    return (call) => {
      const body = parseBody(call.body, call.encoding)
      const caller = call.authenticate()
      const input = readInput(shape, body) as InputOf<N>
      const value = run(input, { caller, requestId: call.requestId }, context)
      return value instanceof Promise
        ? value.then((each) => ({ kind: 'value', value: each }))
        : { kind: 'value', value }
    }
  }
  const limited = <N extends ControlOperationName>(
    name: N,
    run: FirehoseOperation<N>,
  ): FirehoseOperation<N> => {
    if (!limits.controlPlaneRates) return run
    return (input, call, parts) => {
      takeCall(rates, name, call, clock.now())
      return run(input, call, parts)
    }
  }

  const handlers = new Map<string, Handler>()
  // A literal has no other keys than those of its type.
  for (const name of Object.keys(controlOperations) as ControlOperationName[]) {
    // The table's type ties each name to the operation of this name.
    handlers.set(
      name,
      handler(name, limited(name, controlOperations[name] as FirehoseOperation<typeof name>)),
    )
  }
  handlers.set(
    'PutRecord',
    handler('PutRecord', (input, call) => putRecord(writing, input, call)),
  )
  const batch = handler('PutRecordBatch', (input, call) => putRecordBatch(writing, input, call))
  const batchFast = makePutRecordBatchFast(writing)
  handlers.set('PutRecordBatch', (call) => batchFast(call) ?? batch(call))

  return {
    targetPrefix: 'Firehose_20150804',
    handle(call) {
      const found = handlers.get(call.operation)
      if (found === undefined) throw new WireError('UnknownOperationException', '')
      try {
        return found(call)
      } catch (error) {
        throw asWireError(error)
      }
    },
    close() {
      groups.flush()
      streams.close()
    },
  }
}

function takeCall(rates: CallRates, name: string, { caller }: FirehoseCall, nowMs: number): void {
  if (rates.take(`${name}/${caller.account}`, { perSecond: CONTROL_CALLS_PER_SECOND, nowMs })) return
  throw limitExceeded(`Rate exceeded for ${name} under account ${caller.account}.`)
}
