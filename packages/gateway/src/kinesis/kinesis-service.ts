/**
 * The Kinesis API behind the listener: finds the operation, reads the body, authenticates, checks the input against its
 * shape, and runs the operation, in this order, so that a caller without rights learns nothing of what exists.
 *
 * The five operations of the data plane come from outside as `data`; they may bring a short cut that reads a body's bytes
 * (FastOperation). All others are here, in a table that names every operation of the API.
 */
import type { Store } from '@millrace/store'
import type { Clock, Random } from '@millrace/values'
import type { Meter } from '../metrics/meter.ts'
import { parseBody } from '../wire/body-codec.ts'
import { readInput } from '../wire/shape.ts'
import { WireError } from '../wire/wire-error.ts'
import type { Caller, WireCall, WireReply, WireService } from '../wire/wire-service.ts'
import { Autoscaler, type ScalingEvent } from './autoscale.ts'
import { type InputOf, inputShapes, type OperationName } from './input-shapes.ts'
import type { AutoscaleTarget, KinesisContext } from './kinesis-context.ts'
import type { KinesisLimits } from './kinesis-limits.ts'
import type { FastOperation, Operation, OperationCall, ReplyOperation } from './operation.ts'
import type { ControlOperation, ControlPlane } from './operations/control-plane.ts'
import { type ControlOperationName, controlOperations } from './operations/index.ts'
import { planShardCount, type ShardCountPlan } from './operations/resharding.ts'
import { checkAutoscale } from './streams/check-autoscale.ts'
import { ControlRates } from './streams/control-rates.ts'
import { KinesisStreams, type StreamGuard } from './streams/kinesis-streams.ts'

export type DataOperationName = Exclude<OperationName, ControlOperationName>

/** What the owner of records brings. */
export interface DataOperations {
  readonly operations: {
    readonly [N in DataOperationName]: Operation<InputOf<N>> | ReplyOperation<InputOf<N>>
  }
  readonly fast?: readonly FastOperation[]
  close?(): void | Promise<void>
}

export interface KinesisServiceOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly meter: Meter
  readonly limits: KinesisLimits
  readonly region: string
  /** Keeps streams that the running app uses from being deleted or resharded. */
  readonly guard?: StreamGuard
  /** Targets for provisioned streams, by name; stored, so they hold until they are changed. A stream may be made later. */
  readonly autoscale?: Readonly<Record<string, AutoscaleTarget | undefined>>
  /** False: no stream splits or merges shards by itself. Default true. */
  readonly scaling?: boolean
  /** Told of each change that scaling makes or cannot make. */
  readonly onScaling?: (event: ScalingEvent) => void
  readonly data: (context: KinesisContext) => DataOperations
}

export interface KinesisService extends WireService {
  readonly streams: KinesisStreams
  readonly limits: KinesisLimits
  readonly region: string
  /** What UpdateShardCount would do now. Throws the WireError that it would throw. */
  planShardCount(stream: string, target: number, caller: Caller): ShardCountPlan
  /** Ends what runs in the background. Call it before the store is closed. */
  close(): Promise<void>
}

type Handler = (call: WireCall) => WireReply | Promise<WireReply>

/** Opens the API over a store. What a stop has left half done is finished before it returns. */
export function openKinesisService(options: KinesisServiceOptions): KinesisService {
  const { store, clock, random, meter, limits, region, guard } = options
  const streams = new KinesisStreams({ store, clock, limits, region, guard })
  const context: KinesisContext = { store, clock, random, meter, limits, region, streams }
  const plane: ControlPlane = { store, clock, limits, region, streams }
  /** Of streams that are still to be made. */
  const laterTargets = new Map<string, AutoscaleTarget>()
  for (const [name, target] of Object.entries(options.autoscale ?? {})) {
    if (target === undefined || store.stream(name) !== undefined) streams.setAutoscale(name, target)
    else {
      checkAutoscale(name, target)
      laterTargets.set(name, target)
    }
  }
  const closing = new AbortController()
  const { onScaling = () => {} } = options
  const scaling =
    options.scaling === false
      ? undefined
      : new Autoscaler({ store, clock, limits, streams, onScaling }).run(closing.signal)
  const rates = new ControlRates()
  const data = options.data(context)

  const control = <N extends ControlOperationName>(name: N, run: ControlOperation<N>): Handler => {
    return (call) => {
      const [input, operationCall] = readCall(name, call)
      if (limits.controlPlaneRates) takeRate(rates, name, input, operationCall, clock.now())
      const value = run(input, operationCall, plane)
      if (laterTargets.size > 0) {
        for (const [stream, target] of laterTargets) {
          if (store.stream(stream) === undefined) continue
          laterTargets.delete(stream)
          streams.setAutoscale(stream, target)
        }
      }
      return { kind: 'value', value }
    }
  }
  const withData = <N extends DataOperationName>(name: N): Handler => {
    // The member of this name is of this type; the compiler does not follow a generic key into the union.
    const operation = data.operations[name] as Operation<InputOf<N>> | ReplyOperation<InputOf<N>>
    const fast = data.fast?.find((each) => each.name === name)
    const general: Handler =
      'open' in operation
        ? (call) => operation.open(...readCall(name, call), context)
        : (call) => replyOf(operation.run(...readCall(name, call), context))
    return fast === undefined ? general : (call) => fast.handle(call, context) ?? general(call)
  }

  const handlers = new Map<string, Handler>()
  for (const name of keysOf(controlOperations)) {
    // The table's type ties each name to the operation of this name.
    handlers.set(name, control(name, controlOperations[name] as ControlOperation<typeof name>))
  }
  for (const name of keysOf(dataOperationNames)) handlers.set(name, withData(name))

  return {
    targetPrefix: 'Kinesis_20131202',
    streams,
    limits,
    region,
    planShardCount: (stream, target, caller) => planShardCount({ StreamName: stream }, target, caller, plane),
    handle(call) {
      const handler = handlers.get(call.operation)
      if (handler === undefined) throw new WireError('UnknownOperationException', '')
      return handler(call)
    },
    async close() {
      closing.abort()
      streams.close()
      await scaling
      await data.close?.()
    },
  }
}

/** An operation of the model that is in neither table fails to compile here. */
const dataOperationNames = {
  PutRecord: true,
  PutRecords: true,
  GetShardIterator: true,
  GetRecords: true,
  SubscribeToShard: true,
} as const satisfies Record<DataOperationName, true>

/** The keys of an object literal. */
function keysOf<T extends object>(literal: T): (keyof T)[] {
  // A literal has no other keys than those of its type.
  return Object.keys(literal) as (keyof T)[]
}

function readCall<N extends OperationName>(name: N, call: WireCall): [InputOf<N>, OperationCall] {
  const { encoding, requestId, signal } = call
  const body = parseBody(call.body, encoding)
  const caller = call.authenticate()
  // The shape of this name gives the input of this name; the compiler does not follow a generic key into the union.
  const input = readInput(inputShapes[name], body) as InputOf<N>
  return [input, { caller, encoding, requestId, signal }]
}

function replyOf(value: object | undefined | Promise<object | undefined>): WireReply | Promise<WireReply> {
  return value instanceof Promise
    ? value.then((each) => ({ kind: 'value', value: each }))
    : { kind: 'value', value }
}

function takeRate(
  rates: ControlRates,
  name: ControlOperationName,
  input: object,
  { caller }: OperationCall,
  nowMs: number,
): void {
  // Where an input has these members they are strings.
  const { StreamName, StreamARN } = input as { StreamName?: string; StreamARN?: string }
  const stream = StreamName ?? StreamARN?.slice(StreamARN.lastIndexOf('/') + 1) ?? ''
  rates.take(name, { account: caller.account, stream, nowMs })
}
