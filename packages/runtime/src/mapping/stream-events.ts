/**
 * How records of the streams of one stage look in Lambda events: for each shard its names, numbers and sizes. A stream that
 * holds the changes of a table shows as the stream of that table, one that tells of a bucket's objects as that bucket.
 */
import type { Store, StreamInfo } from '@millrace/store'
import type { TableSettings } from '@millrace/tables'
import { changeStreamArn, streamArn } from '@millrace/values'
import { bucketOfStream } from '../bucket-directory.ts'
import { RuntimeError } from '../errors.ts'
import { makeShardEvents } from '../event/make-shard-events.ts'
import type { EventSource, ShardEvents } from '../event/shard-events.ts'
import type { FunctionServices } from '../lambda/lambda-environment.ts'
import type { BatchRecord } from '../stream-record.ts'

interface KnownStream {
  readonly info: StreamInfo
  readonly source: EventSource
  readonly shards: ShardEvents[]
}

export class StreamEvents {
  private readonly store: Store
  private readonly services: Pick<FunctionServices, 'region' | 'account'>
  private readonly streams = new Map<string, KnownStream>()
  /** Of the record asked about last: mostly that of the next one. */
  private last: { readonly stream: string; readonly shard: number; readonly events: ShardEvents } | undefined

  constructor(store: Store, services: Pick<FunctionServices, 'region' | 'account'>) {
    this.store = store
    this.services = services
  }

  ofRecord({ batch }: BatchRecord): ShardEvents {
    return this.of(batch.stream, batch.shard)
  }

  of(stream: string, shard: number): ShardEvents {
    const { last } = this
    if (last !== undefined && last.shard === shard && last.stream === stream) return last.events
    let known = this.streams.get(stream)
    if (known === undefined || shard >= known.info.shardInfos.length) {
      known = this.look(stream)
      this.streams.set(stream, known)
    }
    known.shards[shard] ??= makeShardEvents(known.source, known.info, shard)
    const events = known.shards[shard]
    this.last = { stream, shard, events }
    return events
  }

  private look(stream: string): KnownStream {
    const info = this.store.stream(stream)
    if (info === undefined) {
      throw new RuntimeError('STREAM_UNKNOWN', {
        place: `stream "${stream}"`,
        what: 'records of it cannot be shown in an event: it was deleted',
        next: 'Drop the dead letters that come from it, or make it again',
      })
    }
    return { info, source: eventSourceOf(this.store, stream, this.services), shards: [] }
  }
}

export function eventSourceOf(
  store: Store,
  stream: string,
  { region, account }: Pick<FunctionServices, 'region' | 'account'>,
): EventSource {
  const bucket = bucketOfStream(store, stream)
  if (bucket !== undefined) return { kind: 'bucket', arn: `arn:aws:s3:::${bucket}`, region, account }
  for (const { name, settings } of store.tables()) {
    // Settings of tables are written by the tables package alone; those of other tables are undefined.
    const { changes } = (settings ?? {}) as Partial<TableSettings>
    if (changes?.stream !== stream) continue
    const arn = changeStreamArn({ region, account }, { table: name, label: changes.label })
    return { kind: 'table', arn, region, account }
  }
  return { kind: 'stream', arn: streamArn({ region, account }, stream), region, account }
}
