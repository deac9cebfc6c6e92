/**
 * The changes of one transaction: collected as they are made, appended to the tables' change streams and to the streams that
 * they are exported to when the transaction ends, so that each stream gets one batch.
 *
 * A change's record is in change-record.ts. Its partition key is the text of the item's key, so changes of one item stay in
 * order however many shards the stream has; keys that a record cannot have are represented by their MD5.
 * An export has DynamoDB's form of it: no sequence number, no view, and times in ms or us. A stream that was deleted gets no
 * exports, and the table's writes go on, as on AWS.
 */
import { createHash } from 'node:crypto'
import type { AppendRecord, KeyDefinition, Transaction } from '@millrace/store'
import type { TypedItem } from './attribute-value.ts'
import type { ChangeRecord } from './change-record.ts'
import { TableError } from './errors.ts'
import { keyAttributes } from './item-key.ts'
import type { ChangeOrigin, ChangeView, ExportStream, ItemKey } from './port.ts'
import type { TablePlan } from './table-plan.ts'
import { itemSize } from './values/item-size.ts'

export interface LoggedChange {
  readonly key: ItemKey
  readonly before: TypedItem | undefined
  readonly after: TypedItem | undefined
  readonly origin: ChangeOrigin
}

/** A record for a change stream or for a stream of exports. */
interface StreamRecord {
  readonly stream: string
  readonly isExport: boolean
  readonly key: Uint8Array
  readonly data: Uint8Array
}

const noRecords: readonly StreamRecord[] = []
const encoder = new TextEncoder()
/** What the store takes as one record at least. */
const recordBytesMax = 10 * 1024 * 1024
/** Of a record's partition key, in characters. */
const keyTextMax = 256
const expiryIdentity = { type: 'Service', principalId: 'dynamodb.amazonaws.com' } as const

export class ChangeLog {
  readonly #transaction: Transaction
  readonly #region: string
  readonly #records = new Map<string, { readonly isExport: boolean; readonly list: AppendRecord[] }>()
  #count = 0

  constructor(transaction: Transaction, region: string) {
    this.#transaction = transaction
    this.#region = region
  }

  /** What the change adds to which streams, so that one that cannot be told is refused before it is made. Error: TABLE_ITEM_TOO_LARGE. */
  recordsOf(plan: TablePlan, change: LoggedChange): readonly StreamRecord[] {
    const { changes, exports } = plan
    if (changes === undefined && exports.length === 0) return noRecords
    const records: StreamRecord[] = []
    const keys = keyAttributes(plan, change.key)
    const key = encoder.encode(keyText(plan, keys))
    if (changes !== undefined) {
      const record = changeRecord(plan, change, { keys, view: changes.view, time: this.#transaction.time })
      records.push({ stream: changes.stream, isExport: false, key, data: encoded(plan, record) })
    }
    for (const target of exports) {
      const data = encoded(plan, this.#exported(plan, change, keys, target))
      records.push({ stream: target.stream, isExport: true, key, data })
    }
    return records
  }

  add(records: readonly StreamRecord[]): void {
    if (records === noRecords) return
    for (const { stream, isExport, key, data } of records) {
      const collected = this.#records.get(stream)
      if (collected === undefined) this.#records.set(stream, { isExport, list: [{ key, data }] })
      else collected.list.push({ key, data })
    }
    this.#count++
  }

  /** To be called once, when the transaction's work is done. */
  flush(): void {
    for (const [stream, { isExport, list }] of this.#records) {
      try {
        this.#transaction.append(stream, list)
      } catch (error) {
        if (!isExport || !isUnknownStream(error)) throw error
      }
    }
    this.#records.clear()
  }

  #exported(plan: TablePlan, change: LoggedChange, keys: TypedItem, target: ExportStream): object {
    const { commit, time } = this.#transaction
    const id = createHash('md5').update(`${plan.name}\0${commit}\0${this.#count}`).digest('hex')
    const isMicros = target.precision === 'MICROSECOND'
    const { before, after } = change
    return {
      awsRegion: this.#region,
      eventID: `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`,
      eventName: eventName(change),
      userIdentity: change.origin === 'expiry' ? expiryIdentity : null,
      recordFormat: 'application/json',
      tableName: plan.name,
      dynamodb: {
        ApproximateCreationDateTime: isMicros ? time * 1_000 : time,
        ...(isMicros ? { ApproximateCreationDateTimePrecision: 'MICROSECOND' } : {}),
        Keys: keys,
        ...(after === undefined ? {} : { NewImage: after }),
        ...(before === undefined ? {} : { OldImage: before }),
        SizeBytes: sizeOf([keys, after, before]),
      },
      eventSource: 'aws:dynamodb',
    }
  }
}

function encoded(plan: TablePlan, record: object): Uint8Array {
  const data = encoder.encode(JSON.stringify(record))
  if (data.length <= recordBytesMax) return data
  throw new TableError(
    'TABLE_ITEM_TOO_LARGE',
    `table "${plan.name}": the record of the change would have ${data.length} bytes, allowed are ${recordBytesMax}. Make the item ` +
      'smaller, or delete it first.',
    'Item size has exceeded the maximum allowed size',
  )
}

function changeRecord(
  plan: TablePlan,
  change: LoggedChange,
  { keys, view, time }: { readonly keys: TypedItem; readonly view: ChangeView; readonly time: number },
): ChangeRecord {
  const after = view === 'NEW_IMAGE' || view === 'NEW_AND_OLD_IMAGES' ? change.after : undefined
  const before = view === 'OLD_IMAGE' || view === 'NEW_AND_OLD_IMAGES' ? change.before : undefined
  return {
    eventName: eventName(change),
    tableName: plan.name,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(time / 1_000),
      Keys: keys,
      ...(after === undefined ? {} : { NewImage: after }),
      ...(before === undefined ? {} : { OldImage: before }),
      SizeBytes: sizeOf([keys, after, before]),
      StreamViewType: view,
    },
    ...(change.origin === 'expiry' ? { userIdentity: expiryIdentity } : {}),
  }
}

function eventName({ before, after }: LoggedChange): ChangeRecord['eventName'] {
  if (after === undefined) return 'REMOVE'
  return before === undefined ? 'INSERT' : 'MODIFY'
}

function sizeOf(images: readonly (TypedItem | undefined)[]): number {
  return images.reduce((size, image) => size + (image === undefined ? 0 : itemSize(image)), 0)
}

/** The partition key of the records of one item's changes. */
function keyText(plan: TablePlan, keys: TypedItem): string {
  return changeKey(plan.keys, keys)
}

/** The same for whoever looks for the changes of one item: its key attributes under the names of the table's keys. */
export function changeKey(definitions: readonly KeyDefinition[], keys: TypedItem): string {
  const text = definitions
    .map(({ name }) => {
      const value = keys[name]
      if (value === undefined) return ''
      return 'S' in value ? value.S : 'N' in value ? value.N : 'B' in value ? value.B : ''
    })
    .join('/')
  return text.length > 0 && text.length <= keyTextMax ? text : md5Text(text)
}

function md5Text(text: string): string {
  return createHash('md5').update(text).digest('hex')
}

function isUnknownStream(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'STORE_UNKNOWN_STREAM'
}
