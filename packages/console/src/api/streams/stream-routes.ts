/**
 * Streams over HTTP: the list, one stream with shards and readers, pages of records, one record, a live tail, puts, changes of the shard
 * count. docs/console-api.md describes each; the shapes are in protocol/streams.ts.
 */
import { AdminEvents, AdminProblem, type AdminRequest, adminRoute, type Routes } from '@millrace/gateway'
import { parseStreamPlace, positionsAt } from '@millrace/runtime'
import type { ConsoleOptions } from '../../console-options.ts'
import type {
  PutAnswer,
  RecordAnswer,
  RecordsAnswer,
  ShardCountAnswer,
  ShardCountChanged,
  StreamAnswer,
  StreamListAnswer,
} from '../../protocol/streams.ts'
import { tellCaller } from '../tell-caller.ts'
import { streamAnswer, streamSummary } from './describe-stream.ts'
import { callKinesis, mustGateway } from './gateway-calls.ts'
import { mustPositions, readPositionToken } from './position-token.ts'
import { pageRecordsMax, recordPage } from './record-page.ts'
import { recordView } from './record-view.ts'
import { shardCountAnswer } from './shard-count.ts'
import { filterOf, mustStream, neededText, optionalText, shardOf, wholeNumber } from './stream-params.ts'
import { StreamRates } from './stream-rates.ts'
import type { ReaderSources } from './stream-readers.ts'
import { tailStream } from './stream-tail.ts'

export const streamPath = '/admin/streams'

const pageRecordsDefault = 50
const recordBytesMax = 16 * 1024 * 1024
/** UpdateShardCount refuses more by itself, with the reason. */
const shardCountMax = 100_000

export function streamRoutes(options: ConsoleOptions): Routes {
  const { store, clock, random, app, gateway } = options
  const rates = new StreamRates(store, clock)
  const sources = (): ReaderSources => ({
    store,
    app: app?.definition,
    gateway: gateway(),
    nowMs: clock.now(),
  })

  const list = (): StreamListAnswer => {
    const now = sources()
    const streams = store.streams().map((info) => streamSummary(info, rates, now))
    return { streams: streams.sort((a, b) => (a.name < b.name ? -1 : 1)) }
  }

  const show = ({ query }: AdminRequest): StreamAnswer =>
    streamAnswer(mustStream(store, neededText('stream', query.get('stream'))), rates, sources())

  const records = ({ query }: AdminRequest): RecordsAnswer => {
    const stream = neededText('stream', query.get('stream'))
    const limit = wholeNumber('limit', query.get('limit') ?? pageRecordsDefault, {
      min: 1,
      max: pageRecordsMax,
    })
    const place = parseStreamPlace(optionalText('at', query.get('at')) ?? 'earliest', clock.now())
    const next = optionalText('next', query.get('next'))
    const filter = filterOf(query)
    mustStream(store, stream)
    return store.snapshot(() => {
      const info = mustStream(store, stream)
      const positions = next === undefined ? positionsAt(store, info, place) : mustPositions(info, next)
      return recordPage(store, info, positions, { limit, filter, shard: shardOf(query, info), clock })
    })
  }

  const record = ({ query }: AdminRequest): RecordAnswer => {
    const info = mustStream(store, neededText('stream', query.get('stream')))
    const text = neededText('sequenceNumber', query.get('sequenceNumber'))
    const place = parseStreamPlace(text, clock.now())
    if (place.kind === 'number') {
      const positions = positionsAt(store, info, place)
      for (const { shard } of info.shardInfos) {
        const sequence = positions[shard] ?? 0
        const [batch] = store.read(info.name, shard, sequence, { maxRecords: 1, maxBytes: 1 }).batches
        if (batch === undefined || 'reason' in batch) continue
        const view = recordView(info, batch, Math.max(0, sequence - batch.firstSequence), {
          bytesMax: recordBytesMax,
        })
        if (view.sequenceNumber === text) return { record: view }
      }
    }
    throw new AdminProblem(
      'RECORD_GONE',
      `Stream "${info.name}" has no record of sequence number ${text.slice(0, 140)}, or not any more.`,
      404,
    )
  }

  const tail = ({ query, signal, lastEventId }: AdminRequest): AdminEvents => {
    const stream = neededText('stream', query.get('stream'))
    const info = mustStream(store, stream)
    const place = parseStreamPlace(optionalText('from', query.get('from')) ?? 'latest', clock.now())
    const filter = filterOf(query)
    const before = lastEventId === undefined ? undefined : readPositionToken(info, lastEventId)
    const positions = before ?? store.snapshot(() => positionsAt(store, mustStream(store, stream), place))
    return new AdminEvents(tailStream({ store, clock, random, stream, positions, filter, signal }))
  }

  const put = async (request: AdminRequest): Promise<PutAnswer> => {
    const { body } = request
    const explicitHashKey = optionalText('explicitHashKey', body.explicitHashKey)
    const reply = await callKinesis(
      mustGateway(gateway()),
      'PutRecord',
      {
        StreamName: neededText('stream', body.stream),
        PartitionKey: neededText('partitionKey', body.partitionKey),
        Data: payloadOf(body).toString('base64'),
        ...(explicitHashKey === undefined ? {} : { ExplicitHashKey: explicitHashKey }),
      },
      request,
    )
    return { shardId: String(reply.ShardId), sequenceNumber: String(reply.SequenceNumber) }
  }

  const planShards = (request: AdminRequest): ShardCountAnswer => {
    const { query } = request
    const info = mustStream(store, neededText('stream', query.get('stream')))
    const shards = wholeNumber('shards', query.get('shards'), { min: 1, max: shardCountMax })
    return shardCountAnswer(info, shards, mustGateway(gateway()), request)
  }

  const changeShards = async (request: AdminRequest): Promise<ShardCountChanged> => {
    const { name } = mustStream(store, neededText('stream', request.body.stream))
    const shards = wholeNumber('shards', request.body.shards, { min: 1, max: shardCountMax })
    const reply = await callKinesis(
      mustGateway(gateway()),
      'UpdateShardCount',
      { StreamName: name, TargetShardCount: shards, ScalingType: 'UNIFORM_SCALING' },
      request,
    )
    const open = mustStream(store, name).shardInfos.filter(({ closedAt }) => closedAt === undefined)
    return {
      current: Number(reply.CurrentShardCount),
      target: Number(reply.TargetShardCount),
      openShards: open.map(({ shard }) => shard),
    }
  }

  return new Map([
    [streamPath, adminRoute('millrace:ListStreams', list)],
    [`${streamPath}/stream`, adminRoute('millrace:GetStream', show)],
    [`${streamPath}/records`, adminRoute('millrace:ReadStream', told(records))],
    [`${streamPath}/record`, adminRoute('millrace:ReadStream', told(record))],
    [`${streamPath}/tail`, adminRoute('millrace:ReadStream', told(tail))],
    [`POST ${streamPath}/put`, adminRoute('millrace:PutRecord', put)],
    [`${streamPath}/shard-count`, adminRoute('millrace:GetStream', planShards)],
    [`POST ${streamPath}/shard-count`, adminRoute('millrace:UpdateShardCount', changeShards)],
  ])
}

const told = tellCaller((code) =>
  code === 'STREAM_PLACE_INVALID' || code === 'RECORD_FILTER_INVALID' ? 400 : undefined,
)

function payloadOf({ text, data }: AdminRequest['body']): Buffer {
  if (typeof text === 'string' && data === undefined) return Buffer.from(text, 'utf8')
  if (typeof data === 'string' && text === undefined && /^[A-Za-z0-9+/]*={0,2}$/.test(data))
    return Buffer.from(data, 'base64')
  throw new AdminProblem('PAYLOAD_MISSING', 'Give the payload: "text", or "data" (base64), one of them.')
}
