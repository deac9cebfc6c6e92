/**
 * Columns: the physical form of a batch of rows inside a stage. Two classes serve all SQL types.
 *
 * NumberColumn holds every type whose value is one number (see sql-type.ts for the units). A value whose integer does
 * not fit in 53 bits (a large BIGINT, a DECIMAL of more than 15 digits) is "wide": the slot holds NaN and `wide` holds
 * the exact bigint by row. Compiled code handles narrow columns only and hands a batch with wide values to the
 * interpreter, so the fast path never pays for bigints and no digit is ever lost.
 *
 * TextColumn holds character and binary values as slices of byte pages (UTF-8), so that a value can pass from a record's
 * bytes to an output without being copied or decoded: value i is pages[page[i]].subarray(start[i], end[i]).
 * `clean[i]` = 1 promises that the slice needs no escaping inside a JSON string (no quote, backslash or byte < 0x20).
 *
 * Ownership: pages are immutable while any column refers to them. A column grows by `reserve`, which keeps its content.
 */
export type Column = NumberColumn | TextColumn

export class NumberColumn {
  readonly kind = 'number' as const
  values: Float64Array
  /** 1 where the value is NULL (its slot is then 0). */
  nulls: Uint8Array
  /** Exact values that do not fit in 53 bits, by row; null while there are none. */
  wide: Map<number, bigint> | null = null

  constructor(capacity = 64) {
    this.values = new Float64Array(capacity)
    this.nulls = new Uint8Array(capacity)
  }

  reserve(capacity: number): void {
    if (capacity <= this.values.length) return
    const size = Math.max(capacity, this.values.length * 2)
    const values = new Float64Array(size)
    values.set(this.values)
    this.values = values
    const nulls = new Uint8Array(size)
    nulls.set(this.nulls)
    this.nulls = nulls
  }
}

export class TextColumn {
  readonly kind = 'text' as const
  pages: Uint8Array[] = []
  page: Int32Array
  start: Int32Array
  end: Int32Array
  nulls: Uint8Array
  clean: Uint8Array

  constructor(capacity = 64) {
    this.page = new Int32Array(capacity)
    this.start = new Int32Array(capacity)
    this.end = new Int32Array(capacity)
    this.nulls = new Uint8Array(capacity)
    this.clean = new Uint8Array(capacity)
  }

  reserve(capacity: number): void {
    if (capacity <= this.page.length) return
    const size = Math.max(capacity, this.page.length * 2)
    this.page = grown(this.page, size)
    this.start = grown(this.start, size)
    this.end = grown(this.end, size)
    this.nulls = grown(this.nulls, size)
    this.clean = grown(this.clean, size)
  }
}

/**
 * Rows in columns, all of one schema, in processing order.
 * `rowtime[i]` is the row's time in ms; it never decreases inside a batch of an in-application stream.
 * `origin[i]` is the index, in the micro-batch being processed, of the source record during whose processing the row came
 * out; it never decreases inside a batch. Two batches of one micro-batch are put in order by origin.
 * `weight[i]` is the row's count in the changelog algebra: 1 inserts, -1 retracts. Null means all are 1.
 */
export class RowBatch {
  length = 0
  rowtime: Float64Array
  origin: Int32Array
  weight: Int8Array | null = null

  readonly columns: Column[]

  constructor(columns: Column[], capacity = 64) {
    this.columns = columns
    this.rowtime = new Float64Array(capacity)
    this.origin = new Int32Array(capacity)
  }

  reserve(capacity: number): void {
    for (const column of this.columns) column.reserve(capacity)
    if (capacity <= this.rowtime.length) return
    const size = Math.max(capacity, this.rowtime.length * 2)
    this.rowtime = grown(this.rowtime, size)
    this.origin = grown(this.origin, size)
    if (this.weight) this.weight = grown(this.weight, size)
  }
}

function grown<T extends Int32Array | Uint8Array | Float64Array | Int8Array>(from: T, size: number): T {
  const Type = from.constructor as new (length: number) => T
  const to = new Type(size)
  to.set(from)
  return to
}
