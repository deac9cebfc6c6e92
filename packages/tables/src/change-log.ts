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
import type { AppendRecord, Transaction } from '@millrace/store'
import type { TypedItem } from './attribute-value.ts'
import type { ChangeRecord } from './change-record.ts'
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

const encoder = new TextEncoder()
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

  add(plan: TablePlan, change: LoggedChange): void {
    const { changes, exports } = plan
    if (changes === undefined && exports.length === 0) return
    const keys = keyAttributes(plan, change.key)
    const key = encoder.encode(keyText(plan, keys))
    if (changes !== undefined) {
      const record = changeRecord(plan, change, { keys, view: changes.view, time: this.#transaction.time })
      this.#push(changes.stream, false, { key, data: encoder.encode(JSON.stringify(record)) })
    }
    for (const target of exports) {
      const data = encoder.encode(JSON.stringify(this.#exported(plan, change, keys, target)))
      this.#push(target.stream, true, { key, data })
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

  #push(stream: string, isExport: boolean, record: AppendRecord): void {
    const records = this.#records.get(stream)
    if (records === undefined) this.#records.set(stream, { isExport, list: [record] })
    else records.list.push(record)
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

function keyText(plan: TablePlan, keys: TypedItem): string {
  const text = plan.keys
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
