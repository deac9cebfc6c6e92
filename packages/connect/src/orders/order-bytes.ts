/**
 * OrderChangeWriter: change `index` of the order model as one line of JSON bytes, without objects or strings.
 *
 *   {"data":{"orderId":N,<fields>},"metadata":{"timestamp":"T","record-type":"data",...,"transaction-id":N}}
 *
 * Everything that does not vary is one constant slice; a customer's five fields are encoded once and kept; a timestamp's
 * date and second are formatted when the second changes. The bytes equal JSON.stringify(changeAt(...)), which a test
 * checks, and are at most LINE_BYTES_MAX long.
 * Cost: about ten copies of slices for each change. Not here: routing, pacing, newlines.
 */
import {
  CUSTOMERS,
  changeTimeMicros,
  customerAt,
  FIRST_ORDER_ID,
  FIRST_PRODUCT_ID,
  itemCents,
  OrderDraw,
  type OrderModelOptions,
  transactionId,
} from './order-model.ts'
import { type OrderRange, OrderSequence } from './order-sequence.ts'
import { ITEM_STATUSES, ORDER_STATUSES } from './order-words.ts'

/** Room that `write` needs: constants of about 300 bytes, five text fields of at most 32 characters of 4 bytes. */
export const LINE_BYTES_MAX = 1024

const encoder = new TextEncoder()
const ORDER_HEAD = encoder.encode('{"data":{"orderId":')
const ORDER_AMOUNT = encoder.encode(',"orderAmount":')
const ITEM_ID = encoder.encode(',"itemId":')
const ITEM_QUANTITY = encoder.encode(',"itemQuantity":')
const ITEM_AMOUNT = encoder.encode(',"itemAmount":')
const ORDER_STATUS = ORDER_STATUSES.map((s) => encoder.encode(`,"orderStatus":"${s}","orderDateTime":"`))
const ITEM_STATUS = ITEM_STATUSES.map((s) =>
  encoder.encode(`,"itemStatus":"${s}"},"metadata":{"timestamp":"`),
)
/** yyyy-MM-ddTHH:mm:ss */
const SECOND_CHARS = 19
const SECOND_MAX = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000

export class OrderChangeWriter {
  readonly sequence: OrderSequence
  /** Where the order's id lies in the target after `write`: the partition key's bytes. */
  keyStart = 0
  keyEnd = 0

  readonly #options: OrderModelOptions
  /** Index of this range's first change in the whole run: event time goes on from range to range. */
  readonly #firstIndex: number
  readonly #draw = new OrderDraw()
  #drawn = -1
  readonly #customers: (Uint8Array | undefined)[] = new Array<undefined>(CUSTOMERS).fill(undefined)
  readonly #tails: readonly Uint8Array[]
  /** Date and time of `#second` as text. */
  readonly #secondText = new Uint8Array(SECOND_CHARS)
  #second = Number.NaN

  constructor(options: OrderModelOptions, range: OrderRange) {
    this.#options = options
    this.sequence = new OrderSequence(options.seed, range)
    this.#firstIndex = range.firstOrder * 3
    const keyType = options.partitionKey === 'schema.table' ? 'schema-table' : 'attribute-name'
    const transaction = options.operation === 'insert' ? ',"transaction-id":' : '}}'
    this.#tails = ['order', 'order_item'].map((table) =>
      encoder.encode(
        `","record-type":"data","operation":"${options.operation}","partition-key-type":"${keyType}",` +
          `"schema-name":"orders","table-name":"${table}"${transaction}`,
      ),
    )
  }

  /** Writes change `index` (0 <= index < sequence.length) at `at`; returns the end. Needs LINE_BYTES_MAX bytes of room. */
  write(index: number, target: Uint8Array, at: number): number {
    const { sequence } = this
    sequence.seek(index)
    const { order, row } = sequence
    if (order !== this.#drawn) {
      this.#draw.fill(this.#options.seed, this.#options.products, order)
      this.#drawn = order
    }
    const micros = changeTimeMicros(this.#options, this.#firstIndex + index)
    const ms = Math.floor(micros / 1000)
    this.keyStart = at + ORDER_HEAD.length
    let end = writeInteger(FIRST_ORDER_ID + order, target, copy(ORDER_HEAD, target, at))
    this.keyEnd = end
    end = row === 0 ? this.#writeOrder(ms, target, end) : this.#writeItem(row === 1 ? 0 : 1, target, end)
    end = this.#writeMillis(ms, target, end)
    end = writePadded3(micros - ms * 1000, target, end)
    target[end++] = 0x5a // Z
    end = copyLong(this.#tails[row === 0 ? 0 : 1] as Uint8Array, target, end)
    if (this.#options.operation === 'insert') {
      end = writeInteger(transactionId(order), target, end)
      target[end++] = 0x7d // }
      target[end++] = 0x7d
    }
    return end
  }

  #writeOrder(ms: number, target: Uint8Array, at: number): number {
    const { seed } = this.#options
    const draw = this.#draw
    let end = copy(ORDER_AMOUNT, target, at)
    end = writeCents(itemCents(seed, draw, 0) + itemCents(seed, draw, 1), target, end)
    end = copyLong(ORDER_STATUS[draw.orderStatus] as Uint8Array, target, end)
    end = this.#writeMillis(ms, target, end)
    return copyLong(this.#customer(draw.customer), target, end)
  }

  #writeItem(item: 0 | 1, target: Uint8Array, at: number): number {
    const draw = this.#draw
    let end = copy(ITEM_ID, target, at)
    end = writeInteger(FIRST_PRODUCT_ID + (draw.product[item] as number), target, end)
    end = copy(ITEM_QUANTITY, target, end)
    end = writeInteger(draw.quantity[item] as number, target, end)
    end = copy(ITEM_AMOUNT, target, end)
    end = writeCents(itemCents(this.#options.seed, draw, item), target, end)
    return copyLong(ITEM_STATUS[draw.itemStatus[item] as number] as Uint8Array, target, end)
  }

  /** From the quote that ends orderDateTime to the quote that begins the metadata's timestamp. */
  #customer(customer: number): Uint8Array {
    let bytes = this.#customers[customer]
    if (bytes === undefined) {
      const fields = JSON.stringify(customerAt(this.#options.seed, customer)).slice(1)
      bytes = encoder.encode(`Z",${fields},"metadata":{"timestamp":"`)
      this.#customers[customer] = bytes
    }
    return bytes
  }

  /** yyyy-MM-ddTHH:mm:ss.SSS */
  #writeMillis(ms: number, target: Uint8Array, at: number): number {
    const second = Math.floor(ms / 1000)
    if (second !== this.#second) {
      if (second > SECOND_MAX)
        throw new RangeError('event time goes beyond the year 9999: lower intervalMicros')
      encoder.encodeInto(new Date(second * 1000).toISOString().slice(0, SECOND_CHARS), this.#secondText)
      this.#second = second
    }
    const end = copy(this.#secondText, target, at)
    target[end] = 0x2e // .
    return writePadded3(ms - second * 1000, target, end + 1)
  }
}

/** For slices up to about 20 bytes, where a loop beats the call into `set`. */
function copy(bytes: Uint8Array, target: Uint8Array, at: number): number {
  const { length } = bytes
  for (let i = 0; i < length; i++) target[at + i] = bytes[i] as number
  return at + length
}

function copyLong(bytes: Uint8Array, target: Uint8Array, at: number): number {
  target.set(bytes, at)
  return at + bytes.length
}

/** A non-negative safe integer in decimal. */
function writeInteger(value: number, target: Uint8Array, at: number): number {
  let digits = 1
  for (let bound = 10; value >= bound; bound *= 10) digits++
  let rest = value
  for (let i = at + digits - 1; i >= at; i--) {
    const next = Math.floor(rest / 10)
    target[i] = 0x30 + (rest - next * 10)
    rest = next
  }
  return at + digits
}

/** Cents as JSON.stringify prints cents / 100: no trailing zeros. */
function writeCents(cents: number, target: Uint8Array, at: number): number {
  const whole = (cents / 100) | 0
  const rest = cents - whole * 100
  let end = writeInteger(whole, target, at)
  if (rest === 0) return end
  const tens = (rest / 10) | 0
  target[end++] = 0x2e // .
  target[end++] = 0x30 + tens
  if (rest !== tens * 10) target[end++] = 0x30 + rest - tens * 10
  return end
}

function writePadded3(value: number, target: Uint8Array, at: number): number {
  const hundreds = (value / 100) | 0
  const tens = ((value - hundreds * 100) / 10) | 0
  target[at] = 0x30 + hundreds
  target[at + 1] = 0x30 + tens
  target[at + 2] = 0x30 + value - hundreds * 100 - tens * 10
  return at + 3
}
