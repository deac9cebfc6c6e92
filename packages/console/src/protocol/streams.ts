/**
 * What the page and the API say to each other about streams (/admin/streams...). Times are ms since the epoch; hash keys and sequence
 * numbers are decimal texts, as clients of Kinesis see them.
 */

/** GET /admin/streams */
export interface StreamListAnswer {
  readonly streams: readonly StreamSummary[]
}

export interface StreamSummary {
  readonly name: string
  readonly openShards: number
  readonly closedShards: number
  /** Kept now. */
  readonly records: number
  /** Bytes of keys and data that are kept now. */
  readonly bytes: number
  /** Null: for ever. */
  readonly retentionMs: number | null
  readonly recordsPerSecond: number
  readonly bytesPerSecond: number
  readonly readers: readonly StreamReader[]
  /** Who fills it alone: the changes of a table, the news of a bucket's objects. Nobody else may put. */
  readonly filledBy?: { readonly kind: 'table' | 'bucket'; readonly name: string }
  /** Rows that a query could not process, or that came too late for it. */
  readonly leftBy?: { readonly kind: 'errors' | 'late'; readonly query: string }
}

export interface StreamReader {
  /** Of a stage the query, function or delivery as the app names it; of `consumer` its name. `clients` call GetRecords. */
  readonly kind: 'query' | 'function' | 'delivery' | 'consumer' | 'clients'
  readonly name: string
  /** Of a stage: under which name the pipeline has it; of a query in parts that of the first one. */
  readonly stage?: string
  /** Records that are not done yet; undefined where only the age is known. */
  readonly lagRecords?: number
  /** How long ago the oldest record that is not done arrived; 0: all done. Undefined: not known, nothing was read. */
  readonly ageMs?: number
}

/** GET /admin/streams/stream?stream= */
export interface StreamAnswer extends StreamSummary {
  readonly arn: string
  readonly region: string
  /** ACTIVE, UPDATING, CREATING, DELETING. */
  readonly status: string
  readonly mode: 'PROVISIONED' | 'ON_DEMAND'
  readonly createdAt: number
  readonly limits: ShardLimitValues
  /** By clients of the API, of all shards, over the running minute and the one before. */
  readonly clientReads: { readonly recordsPerSecond: number; readonly bytesPerSecond: number }
  readonly throttled: { readonly writes: number; readonly reads: number }
  readonly shards: readonly ShardState[]
  /** By reader: where it is in each open or unread shard. */
  readonly positions: readonly ReaderPositions[]
  /** Why the shard count cannot be changed; undefined: it can. */
  readonly fixedShards?: string
}

/** What one shard takes and gives in a second. */
export interface ShardLimitValues {
  readonly writeRecords: number
  readonly writeBytes: number
  readonly readBytes: number
  /** False: the figures are those of AWS, this gateway does not enforce them. */
  readonly isEnforced: boolean
}

export interface ShardState {
  readonly shard: number
  readonly shardId: string
  readonly startingHashKey: string
  readonly endingHashKey: string
  /** Share of the hash space, 0 to 1: where it begins, and its width. */
  readonly from: number
  readonly width: number
  readonly parents: readonly number[]
  readonly children: readonly number[]
  /** Rows of the shard map: 0 for shards of the beginning, one more than the latest parent's for others. */
  readonly generation: number
  readonly createdAt: number
  /** Undefined: open. */
  readonly closedAt?: number
  readonly records: number
  readonly bytes: number
  /** Store's sequences: of the oldest record that is kept, and of the next one. */
  readonly oldest: number
  readonly next: number
  /** Undefined where nothing is kept. */
  readonly oldestSequenceNumber?: string
  readonly newestSequenceNumber?: string
  readonly recordsPerSecond: number
  readonly bytesPerSecond: number
  /** The larger one of both shares of the write limits, 0 to 1 and beyond. */
  readonly use: number
  /** `limit`: near or above what a shard takes; `uneven`: takes much more than its share of the stream's records. */
  readonly hot?: 'limit' | 'uneven'
}

export interface ReaderPositions {
  readonly reader: StreamReader
  readonly shards: readonly {
    readonly shard: number
    readonly lagRecords: number
    readonly ageMs: number
    /** Undefined: no record is behind the position yet. */
    readonly sequenceNumber?: string
  }[]
}

/**
 * GET /admin/streams/records?stream=&at=&shard=&limit=&key=&where=&text=&next=
 * `at`: earliest, latest - 20, a time, 5 minutes ago, a sequence number. Records of all shards (or one) in the order of their commits.
 */
export interface RecordsAnswer {
  readonly records: readonly StreamRecord[]
  /** Give it as `next` for what follows, also when nothing follows yet. */
  readonly next: string
  /** Nothing more was there. */
  readonly isAtEnd: boolean
  /** Records that were looked at, with a filter also those that it leaves out. */
  readonly lookedAt: number
  /** Stretches that cannot be read. */
  readonly lost: readonly LostStretch[]
}

export interface LostStretch {
  readonly shard: number
  readonly from: number
  readonly to: number
  readonly reason: string
}

export interface StreamRecord {
  readonly shard: number
  readonly shardId: string
  /** The store's: 0 is the shard's first record. */
  readonly sequence: number
  readonly sequenceNumber: string
  readonly partitionKey: string
  readonly arrivalTime: number
  /** Of the data as they are stored. */
  readonly bytes: number
  readonly payload: RecordPayload
}

export type RecordPayload = TextPayload | AggregatePayload

/** JSON stays the text that it is, so that numbers beyond 2^53 survive. */
export interface TextPayload {
  readonly kind: 'json' | 'text' | 'base64'
  readonly text: string
  readonly isGzip?: true
  /** Only the beginning; GET /admin/streams/record gives all. */
  readonly isCut?: true
}

/** User records as a producer library packed them; the first ones, and with a filter those that meet it. */
export interface AggregatePayload {
  readonly kind: 'aggregate'
  readonly count: number
  readonly records: readonly {
    readonly subSequence: number
    readonly partitionKey: string
    readonly payload: TextPayload
  }[]
}

/** GET /admin/streams/record?stream=&sequenceNumber= : one record whole. */
export interface RecordAnswer {
  readonly record: StreamRecord
}

/**
 * GET /admin/streams/tail?stream=&from=&key=&where=&text= : server-sent events named `records`, at most ten a second. A client that
 * comes back goes on where it was (Last-Event-ID).
 */
export interface TailEvents {
  readonly records: TailMessage
}
export interface TailMessage {
  /** A sample of what matched since the message before, at most 50, in the order of commits. */
  readonly records: readonly StreamRecord[]
  /** Records since the message before. Always lookedAt + skipped = all that were appended and kept. */
  readonly lookedAt: number
  readonly matched: number
  /** Matched, but not in `records`. */
  readonly notShown: number
  /** Not looked at, since more came than can be looked at. */
  readonly skipped: number
  /** Gone or damaged before they could be read. */
  readonly lost: number
  /** Time that the message speaks of, ms: rates are counts by this. */
  readonly spanMs: number
}

/** POST /admin/streams/put { stream, partitionKey, text or data (base64), explicitHashKey? } */
export interface PutRequest {
  readonly stream: string
  readonly partitionKey: string
  readonly text?: string
  readonly data?: string
  readonly explicitHashKey?: string
}
export interface PutAnswer {
  readonly shardId: string
  readonly sequenceNumber: string
}

/** GET /admin/streams/shard-count?stream=&shards= : what a change would do. */
export interface ShardCountAnswer {
  readonly current: number
  readonly target: number
  /** Why it would be refused; the other fields are empty then. */
  readonly refused?: { readonly code: string; readonly message: string }
  /** Each is one commit. Shards that a step opens have the numbers that they will get. */
  readonly steps: readonly {
    readonly closes: readonly number[]
    readonly opens: readonly {
      readonly shard: number
      readonly parents: readonly number[]
      readonly from: number
      readonly width: number
    }[]
  }[]
  /** In one sentence. */
  readonly about: string
}

/** POST /admin/streams/shard-count { stream, shards } */
export interface ShardCountChanged {
  readonly current: number
  readonly target: number
  readonly openShards: readonly number[]
}
