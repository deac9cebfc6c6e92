/**
 * Filters of an event source mapping, in AWS's event pattern language: a record has to match one of the patterns. They are
 * compiled once; a record is looked at only as far as a pattern asks.
 *
 *   streams: metadata at the top level (partitionKey, sequenceNumber, kinesisSchemaVersion, approximateArrivalTimestamp),
 *            the payload's JSON under `data`. A pattern that names `data` matches no record whose payload is not JSON; one
 *            that does not leaves the payload unread.
 *   tables:  the record as it is in an event; the change under `dynamodb`, values with their types: {"N": ["101"]}.
 *   buckets: the record as it is in an event; the object under `s3`.
 *
 * JSON that is nested deeper than the log's scanner reads (64) counts as none.
 */
import { jsonKeyByteMax, scanJson, skipSpace, writeJsonKey } from '@millrace/values'
import type { BatchRecord } from '../stream-record.ts'
import { parseFilterJson } from './filter-json.ts'
import { FilterObject } from './filter-object.ts'
import { type FilterPlace, filterProblem, inField } from './filter-problem.ts'
import type { EventSource, ShardEvents } from './shard-events.ts'

const QUOTE = 34

/** AWS gives five, ten on request. */
export const filterPatternsMax = 10
export const filterPatternCharactersMax = 4096

export interface RecordFilter {
  /** `events`: of the record's shard. */
  matches(record: BatchRecord, events: ShardEvents): boolean
}

/** Undefined without patterns: every record matches. Error: FILTER_INVALID, which names the stage. */
export function compileFilters(
  patterns: readonly string[],
  source: EventSource['kind'],
  stage: string,
): RecordFilter | undefined {
  if (patterns.length > filterPatternsMax) {
    throw filterProblem(
      { stage, pattern: filterPatternsMax + 1, path: '' },
      `A function takes at most ${filterPatternsMax} patterns, not ${patterns.length}`,
      'Join some of them by "$or"',
    )
  }
  const filters = patterns.map((pattern, i) => {
    const place = { stage, pattern: i + 1, path: '' }
    const root = parsePattern(pattern, place)
    if (source === 'stream') return new StreamFilter(root, place)
    return source === 'table' ? new TableFilter(root) : new BucketFilter(root)
  })
  if (filters.length < 2) return filters[0]
  return { matches: (record, events) => filters.some((filter) => filter.matches(record, events)) }
}

function parsePattern(pattern: string, place: FilterPlace): FilterObject {
  if (pattern.length > filterPatternCharactersMax) {
    throw filterProblem(
      place,
      `A pattern has at most ${filterPatternCharactersMax} characters, not ${pattern.length}`,
      'Write a shorter one, or look at the field in the function',
    )
  }
  const json = parseFilterJson(pattern)
  if ('reason' in json) {
    throw filterProblem(place, `It is not JSON, at offset ${json.offset}: ${json.reason}`)
  }
  if (json.kind !== 'object') {
    throw filterProblem(place, 'A pattern is an object', 'Write {"data": {"field": ["value"]}}')
  }
  return new FilterObject(json.members, place)
}

class StreamFilter implements RecordFilter {
  readonly #root: FilterObject
  /** The slot of `data`; -1 if the pattern does not name it. */
  readonly #data: number
  readonly #metadata: readonly {
    readonly slot: number
    readonly json: (record: BatchRecord, events: ShardEvents) => Uint8Array
  }[]

  constructor(root: FilterObject, place: FilterPlace) {
    this.#root = root
    this.#data = root.names.indexOf('data')
    this.#metadata = root.names.flatMap((name, slot) =>
      isMetadata(name) ? [{ slot, json: metadata[name] }] : [],
    )
    if (this.#data >= 0 && root.hasLeaf('data')) {
      throw filterProblem(
        inField(place, 'data'),
        'The pattern of data is an object, since a payload is looked at when it is JSON',
        'Write {"data": {"field": ["value"]}}',
      )
    }
  }

  matches(record: BatchRecord, events: ShardEvents): boolean {
    const root = this.#root
    root.clear()
    if (this.#data >= 0) {
      const { bytes, dataStart } = record.batch
      const end = dataStart[record.index + 1]!
      const start = dataStart[record.index]!
      if (scanJson(bytes, start, end) !== null) return false
      root.set(this.#data, bytes, skipSpace(bytes, start, end), end)
    }
    for (const { slot, json } of this.#metadata) {
      const value = json(record, events)
      root.set(slot, value, 0, value.length)
    }
    return root.test()
  }
}

/** What an event's `kinesis` member has beside the data: each writes its JSON and gives its bytes. */
const metadata = {
  kinesisSchemaVersion: () => Buffer.from('"1.0"'),
  partitionKey: ({ batch, index }: BatchRecord) => {
    const { bytes, keyStart } = batch
    const [start, end] = [keyStart[index]!, keyStart[index + 1]!]
    const out = Buffer.allocUnsafe((end - start) * jsonKeyByteMax + 2)
    out[0] = QUOTE
    const at = writeJsonKey(bytes, start, end, out, 1)
    out[at] = QUOTE
    return out.subarray(0, at + 1)
  },
  sequenceNumber: (record: BatchRecord, events: ShardEvents) =>
    Buffer.from(`"${events.sequenceNumber(record)}"`),
  approximateArrivalTimestamp: (record: BatchRecord) => Buffer.from(String(record.arrivalTimeMs / 1000)),
}

function isMetadata(name: string): name is keyof typeof metadata {
  return Object.hasOwn(metadata, name)
}

class TableFilter implements RecordFilter {
  readonly #root: FilterObject
  /** The pattern asks for members that the stored record has, as it has them. */
  readonly #isStored: boolean

  constructor(root: FilterObject) {
    this.#root = root
    const inChange = root.below('dynamodb').flatMap(({ names }) => names)
    this.#isStored =
      root.names.every((name) => name === 'eventName' || name === 'dynamodb' || name === 'userIdentity') &&
      !inChange.includes('SequenceNumber')
  }

  matches(record: BatchRecord, events: ShardEvents): boolean {
    if (!this.#isStored) {
      const json = events.recordJson(record)
      return this.#root.matches(json, 0, json.length)
    }
    const { bytes, dataStart } = record.batch
    const start = dataStart[record.index]!
    const end = dataStart[record.index + 1]!
    // What is no change is not the filter's to judge: its event refuses it by name.
    if (scanJson(bytes, start, end) !== null) return true
    return this.#root.matches(bytes, skipSpace(bytes, start, end), end)
  }
}

class BucketFilter implements RecordFilter {
  readonly #root: FilterObject

  constructor(root: FilterObject) {
    this.#root = root
  }

  matches({ batch: { bytes, dataStart }, index }: BatchRecord): boolean {
    const start = dataStart[index]!
    const end = dataStart[index + 1]!
    // What tells of no object is not the filter's to judge: its event refuses it by name.
    if (scanJson(bytes, start, end) !== null) return true
    return this.#root.matches(bytes, skipSpace(bytes, start, end), end)
  }
}
