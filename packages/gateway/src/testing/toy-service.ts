/** A wire service for tests of the transport: it answers under Kinesis names with what the test can predict. */
import { parseBody } from '../wire/body-codec.ts'
import { WireError } from '../wire/wire-error.ts'
import type { Caller, WireCall, WireEvent, WireReply, WireService } from '../wire/wire-service.ts'

export const toyStreamArn = 'arn:aws:kinesis:us-east-1:000000000000:stream/toy'

export class ToyService implements WireService {
  readonly targetPrefix = 'Kinesis_20131202'
  /** The callers of the calls that were authenticated, in order. */
  readonly callers: Caller[] = []
  /** Bodies as parsed, in order. */
  readonly bodies: Readonly<Record<string, unknown>>[] = []
  /** Calls of `Wait`, by the test to let go. */
  readonly waiting: { readonly signal: AbortSignal; readonly answer: (reply: WireReply) => void }[] = []
  /** What SubscribeToShard sends; a test sets it. */
  events: (signal: AbortSignal) => AsyncIterable<WireEvent> = async function* () {}

  handle(call: WireCall): WireReply | Promise<WireReply> {
    const body = parseBody(call.body, call.encoding)
    const caller = call.authenticate()
    caller.authorize(`kinesis:${call.operation}`, toyStreamArn)
    this.callers.push(caller)
    this.bodies.push(body)
    switch (call.operation) {
      case 'ListStreams':
        return { kind: 'value', value: { StreamNames: ['toy'], HasMoreStreams: false } }
      case 'PutRecord':
        return { kind: 'value', value: { ShardId: 'shardId-000000000000', SequenceNumber: '1' } }
      case 'PutRecords': {
        const records = body.Records
        const count = Array.isArray(records) ? records.length : 0
        const answered = Array.from({ length: count }, () => ({ ShardId: 's', SequenceNumber: '1' }))
        return Promise.resolve({ kind: 'value', value: { FailedRecordCount: 0, Records: answered } })
      }
      case 'GetRecords':
        return {
          kind: 'value',
          value: {
            Records: [
              {
                Data: new TextEncoder().encode('hello'),
                PartitionKey: 'k',
                SequenceNumber: '1',
                ApproximateArrivalTimestamp: new Date(1_700_000_000_123),
              },
            ],
            MillisBehindLatest: 0,
            NextShardIterator: undefined,
          },
        }
      case 'DeleteStream':
        return { kind: 'value', value: undefined }
      case 'DescribeStreamSummary':
        throw new WireError('ResourceNotFoundException', 'Stream toy under account 000000000000 not found.')
      case 'DescribeLimits':
        throw new Error('secret detail of the inside')
      case 'Wait':
        return new Promise((answer) => this.waiting.push({ signal: call.signal, answer }))
      case 'SubscribeToShard':
        return { kind: 'events', events: this.events(call.signal) }
      default:
        throw new WireError('UnknownOperationException', '')
    }
  }
}
