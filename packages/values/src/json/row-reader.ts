/**
 * From records to rows: maps JSON bytes straight into the columns of a RowBatch, without building objects or strings.
 *
 *   reader.page(batch, bytes)                 once for each record batch
 *   reader.locate(bytes, start, end)          finds all mapped paths of one record (locator.ts)
 *   reader.get / set / replace                what a preprocessing function may do with the record
 *   reader.append(batch, rowtime, origin)     coerces what was located into one row (coerce.ts has the table)
 *
 * VARCHAR values are slices of the record's bytes: the caller promises that they stay unchanged while the batch lives.
 * Only text that differs from its source bytes (escapes, padding, constants of `set`) goes to scratch memory.
 * The code of `append` is generated for the columns; columns of a path through an array (`$.list[0:].x`) make one row
 * for each element and take a slower road. If a value does not suit its column, nothing at all is appended.
 */
import { isClean } from '../cell.ts'
import type { Column, RowBatch, TextColumn } from '../column.ts'
import type { SqlType } from '../sql-type.ts'
import { formatSqlType, physicalKind } from '../sql-type-text.ts'
import { ValueError } from '../value-error.ts'
import { BatchPages } from './batch-pages.ts'
import { coerceBinary, type NumberCoercion, numberCoercion, refusal, wideValue } from './coerce.ts'
import { type Constant, Constants } from './constants.ts'
import { found, JsonLocator } from './locator.ts'
import { type JsonPath, parseJsonPath } from './path.ts'
import { type AppendCode, compileAppend } from './row-append.ts'
import { type JsonProblem, skipSpace } from './scan.ts'
import { Scratch } from './scratch.ts'
import { countCharacters, cutText, isAscii, plainString, stringFromJson, unescapeInto } from './text.ts'

export interface JsonColumn {
  readonly name: string
  readonly type: SqlType
  readonly path: string
}

export interface JsonRowReaderOptions {
  /** False leaves out the learned reader (tests compare both). */
  readonly learn?: boolean
}

/** A record that cannot become a row. */
export interface MapProblem {
  readonly name: 'ParseError' | 'CoercionError'
  readonly column: string
  readonly path: string
  /** What was found and what is allowed. */
  readonly message: string
  /** The offending value's text, shortened. */
  readonly value: string
}

/** A slot whose value comes from `set`: its kind plus this; the value is in `overlays`. */
export const overlayKind = 16

interface MappedColumn extends JsonColumn {
  readonly index: number
  readonly slot: number
  /** Located by the element reader, once for each element of the flattened array. */
  readonly inElement: boolean
  /** `$.list[0:]`: the value counts only if it is an array. */
  readonly arrayOnly: boolean
  readonly coerce: NumberCoercion | undefined
}

export class JsonRowReader {
  readonly #columns: readonly MappedColumn[]
  readonly #locator: JsonLocator
  /** Reads the elements of the flattened array; its slot in the document is #arraySlot (-1: none is flattened). */
  readonly #element: JsonLocator
  #arraySlot = -1
  readonly #append: AppendCode
  readonly #slots = new Map<string, number>()
  readonly #overlays: (Constant | undefined)[] = []
  /** By slot: how often an overlay was mapped. */
  readonly #overlaid: number[] = []
  readonly #memberSlots = new Map<string, readonly number[]>()
  readonly #constants: Constants
  /** By slot: strings decoded before, by a hash of their bytes. */
  readonly #texts: (string[] | undefined)[] = []
  readonly #scratch = new Scratch()

  #batch: RowBatch | undefined
  #pages = new BatchPages([])
  #pageBytes: Uint8Array | undefined
  #pageIndex = 0

  constructor(columns: readonly JsonColumn[], options: JsonRowReaderOptions = {}) {
    const learn = options.learn ?? true
    this.#locator = new JsonLocator(learn)
    this.#constants = new Constants(this.#scratch)
    this.#element = new JsonLocator(false)
    let flattened: string | undefined
    this.#columns = columns.map((column, index) => {
      const path = parseJsonPath(column.path)
      const slot = this.#locator.addPath(path.steps)
      const inElement = path.element !== undefined && path.element.length > 0
      if (inElement) {
        const array = path.steps.join('.')
        if (flattened !== undefined && flattened !== array) {
          throw new ValueError(
            'VAL1105',
            `Columns flatten two arrays, $.${flattened}[0:] and $.${array}[0:] (column "${column.name}"). One array can be flattened; map the other as a whole.`,
          )
        }
        flattened = array
        this.#arraySlot = slot
      }
      return {
        ...column,
        index,
        slot: inElement ? this.#element.addPath(path.element ?? []) : slot,
        inElement,
        arrayOnly: path.element !== undefined && !inElement,
        coerce: physicalKind(column.type) === 'number' ? numberCoercion(column.type) : undefined,
      }
    })
    this.#append = compileAppend(this.#columns, this.#locator, this.#element, (index, row) =>
      this.#slow(index, row),
    )
  }

  /**
   * Registers the bytes of a record batch as a page of the batch's text columns and returns its index. Call it for each
   * record batch before its records are appended, and again when the batch was emptied.
   */
  page(batch: RowBatch, bytes: Uint8Array): number {
    if (batch !== this.#batch) {
      this.#batch = batch
      this.#pages = new BatchPages(batch.columns)
    }
    this.#pageBytes = bytes
    this.#pageIndex = this.#pages.add(bytes)
    this.#append.bind(batch)
    return this.#pageIndex
  }

  /** Locates the mapped paths of the one record in bytes[start, end). The problem's offset counts from `start`. */
  locate(bytes: Uint8Array, start: number, end: number): JsonProblem | null {
    return this.#locator.locate(bytes, start, end)
  }

  /**
   * For payloads of several documents: locates the one that begins at `start` and returns where the next begins (`end`
   * after the last), or the problem.
   */
  locateNext(bytes: Uint8Array, start: number, end: number): number | JsonProblem {
    return this.#locator.locateNext(bytes, start, end)
  }

  /**
   * The value at a path of the located record: undefined if there is none, objects and arrays parsed, numbers as
   * JavaScript's. A path asked for the first time joins the projection, so that later records have it for free.
   * Strings that repeat come back as the same string.
   */
  get(path: string): unknown {
    const slot = this.#slots.get(path) ?? this.#project(path)
    const kind = this.#locator.kinds[slot]!
    if (kind >= overlayKind) return this.#overlays[slot]!.value
    const start = this.#locator.starts[slot]!
    const end = this.#locator.ends[slot]!
    switch (kind) {
      case found.missing:
        return undefined
      case found.null:
        return null
      case found.false:
        return false
      case found.true:
        return true
      case found.string:
        return this.#text(slot, start, end)
      case found.escaped:
        return stringFromJson(this.#locator.bytes, start, end, true)
      case found.whole:
      case found.number:
        return Number(stringFromJson(this.#locator.bytes, start, end, false))
      default:
        return JSON.parse(stringFromJson(this.#locator.bytes, start, end, false))
    }
  }

  /** The located record as a whole, parsed. */
  json(): unknown {
    return this.get('$')
  }

  /** Makes `$.name` of the current record this value; a member of that name is hidden with all below it. */
  set(name: string, value: string | number | boolean | null): void {
    const slots = this.#memberSlots.get(name) ?? this.#projectMember(name)
    const kinds = this.#locator.kinds
    const own = slots[0]!
    // Mostly it is the value of the record before, or one of few.
    const last = this.#overlays[own]
    const constant = last !== undefined && last.value === value ? last : this.#constants.of(value)
    for (let i = 1; i < slots.length; i++) kinds[slots[i]!] = found.missing
    kinds[own] = constant.kind + overlayKind
    this.#overlays[own] = constant
    this.#overlaid[own] = (this.#overlaid[own] ?? 0) + 1
  }

  /** Maps another JSON value instead of the located record. */
  replace(value: unknown): void {
    const text = jsonText(value)
    this.#scratch.ensure(text.length)
    const start = this.#scratch.used
    this.#scratch.chunk.set(text, start)
    this.#scratch.used += text.length
    const problem = this.#locator.locate(this.#scratch.chunk, start, this.#scratch.used)
    if (problem !== null) throw new ValueError('VAL1103', `The value cannot be mapped: ${problem.reason}.`)
  }

  /**
   * Coerces what was located into row batch.length and counts it (several rows if an array is flattened). On a problem
   * the batch stays as it was. The batch is the one given to `page` last.
   */
  append(batch: RowBatch, rowtime: number, origin: number): MapProblem | null {
    // A batch that was emptied has lost its pages.
    const fresh = batch.length === 0 && !this.#pages.has(this.#pageIndex, this.#pageBytes)
    if (fresh || batch !== this.#batch) this.page(batch, this.#pageBytes ?? this.#locator.bytes)
    const page =
      this.#locator.bytes === this.#pageBytes ? this.#pageIndex : this.#pages.indexOf(this.#locator.bytes)
    if (this.#arraySlot >= 0) return this.#appendElements(batch, rowtime, origin, page)
    return this.#appendRow(batch, rowtime, origin, page)
  }

  /** In how many records the column's path was found (also with a null there). */
  matched(columnIndex: number): number {
    const column = this.#columns[columnIndex]
    if (column === undefined) return 0
    const locator = column.inElement ? this.#element : this.#locator
    return locator.foundCount(column.slot) + (column.inElement ? 0 : (this.#overlaid[column.slot] ?? 0))
  }

  #appendRow(batch: RowBatch, rowtime: number, origin: number, page: number): MapProblem | null {
    const row = batch.length
    if (row >= batch.rowtime.length) {
      batch.reserve(row + 1)
      this.#append.bind(batch)
    }
    const failed = this.#append.row(this.#locator.bytes, page, row)
    if (failed >= 0) return this.#problem(failed, row)
    batch.rowtime[row] = rowtime
    batch.origin[row] = origin
    if (batch.weight !== null) batch.weight[row] = 1
    batch.length = row + 1
    return null
  }

  /** One row for each element of the array; one with nothing in it if there is no element. */
  #appendElements(batch: RowBatch, rowtime: number, origin: number, page: number): MapProblem | null {
    const before = batch.length
    const { kinds, starts, ends, bytes } = this.#locator
    this.#element.bind(bytes)
    let at =
      kinds[this.#arraySlot] === found.array
        ? skipSpace(bytes, starts[this.#arraySlot]! + 1, ends[this.#arraySlot]!)
        : -1
    do {
      if (at < 0 || bytes[at] === 93) {
        this.#element.clear()
        at = -1
      } else {
        const next = this.#element.locateNext(bytes, at, ends[this.#arraySlot]!)
        if (typeof next !== 'number') {
          // The array was read before, so only a member that appears twice can come to light now.
          this.#undo(batch, before)
          return { name: 'ParseError', column: '', path: '', message: next.reason, value: '' }
        }
        at = bytes[next] === 44 ? skipSpace(bytes, next + 1, ends[this.#arraySlot]!) : -1
      }
      const problem = this.#appendRow(batch, rowtime, origin, page)
      if (problem !== null) {
        this.#undo(batch, before)
        return problem
      }
    } while (at >= 0)
    return null
  }

  #undo(batch: RowBatch, length: number): void {
    for (let row = length; row < batch.length; row++) {
      for (const column of batch.columns) if (column.kind === 'number') column.wide?.delete(row)
    }
    batch.length = length
  }

  /** The cells that the generated code leaves to us. False: refused. */
  #slow(index: number, row: number): boolean {
    const column = this.#columns[index]!
    const target = this.#batch!.columns[index]!
    const locator = column.inElement ? this.#element : this.#locator
    let kind = locator.kinds[column.slot]!
    let bytes = locator.bytes
    let start = locator.starts[column.slot]!
    let end = locator.ends[column.slot]!
    if (kind >= overlayKind) {
      const constant = this.#overlays[column.slot]!
      if (
        column.type.kind === 'VARCHAR' &&
        target.kind === 'text' &&
        constant.end - constant.start <= column.type.length
      ) {
        return this.#constantText(target, row, constant)
      }
      kind -= overlayKind
      bytes = constant.chunk
      start = constant.start
      end = constant.end
    }
    if (column.arrayOnly && kind !== found.array) kind = found.missing
    if (kind <= found.null) {
      setNull(target, row)
      return true
    }
    target.nulls[row] = 0
    if (target.kind === 'text') return this.#slowText(column, target, row, kind, bytes, start, end)
    if (kind === found.escaped) {
      this.#scratch.ensure(end - start)
      const { chunk, used } = this.#scratch
      // Only looked at now, so the memory is not kept.
      end = unescapeInto(bytes, start, end, chunk, used)
      bytes = chunk
      start = used
      kind = found.string
    }
    const value = column.coerce!(kind, bytes, start, end)
    target.values[row] = value
    if (Number.isNaN(value)) {
      const wide = wideValue()
      if (wide === null) return false
      target.wide ??= new Map()
      target.wide.set(row, wide)
    }
    return true
  }

  #constantText(target: TextColumn, row: number, constant: Constant): true {
    if (constant.kind === found.null) {
      setNull(target, row)
      return true
    }
    target.nulls[row] = 0
    target.page[row] = this.#pages.indexOf(constant.chunk)
    target.start[row] = constant.start
    target.end[row] = constant.end
    target.clean[row] = constant.clean
    return true
  }

  #slowText(
    column: MappedColumn,
    target: TextColumn,
    row: number,
    kind: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    const type = column.type
    const length = 'length' in type ? type.length : 0
    const binary = type.kind === 'BINARY' || type.kind === 'VARBINARY'
    const scratch = this.#scratch
    if (binary) {
      const padded = type.kind === 'BINARY' ? length : 0
      scratch.ensure(Math.max(padded, end - start, 1))
      const size = coerceBinary(kind, bytes, start, end, length, scratch.chunk, scratch.used)
      if (size < 0) return false
      scratch.chunk.fill(0, scratch.used + size, scratch.used + Math.max(size, padded))
      this.#fromScratch(target, row, Math.max(size, padded))
      return true
    }
    if (kind === found.escaped) {
      scratch.ensure(end - start)
      const to = unescapeInto(bytes, start, end, scratch.chunk, scratch.used)
      start = scratch.used
      end = cutText(scratch.chunk, start, to, length)
      scratch.used = end
      bytes = scratch.chunk
    } else end = cutText(bytes, start, end, length)
    const missing = type.kind === 'CHAR' ? length - countCharacters(bytes, start, end) : 0
    if (missing > 0) {
      scratch.ensure(end - start + missing)
      scratch.chunk.set(bytes.subarray(start, end), scratch.used)
      scratch.chunk.fill(32, scratch.used + end - start, scratch.used + end - start + missing)
      this.#fromScratch(target, row, end - start + missing)
      return true
    }
    target.page[row] = bytes === this.#pageBytes ? this.#pageIndex : this.#pages.indexOf(bytes)
    target.start[row] = start
    target.end[row] = end
    // Text of `set` can hold anything, text of the record only what its kind says.
    target.clean[row] = kind < found.string ? 1 : isClean(bytes, start, end) ? 1 : 0
    return true
  }

  #fromScratch(target: TextColumn, row: number, size: number): void {
    const scratch = this.#scratch
    target.page[row] = this.#pages.indexOf(scratch.chunk)
    target.start[row] = scratch.used
    scratch.used += size
    target.end[row] = scratch.used
    target.clean[row] = isClean(scratch.chunk, target.start[row]!, scratch.used) ? 1 : 0
  }

  #problem(index: number, row: number): MapProblem {
    const column = this.#columns[index]!
    for (const target of this.#batch!.columns) if (target.kind === 'number') target.wide?.delete(row)
    const locator = column.inElement ? this.#element : this.#locator
    const overlay = locator.kinds[column.slot]! >= overlayKind ? this.#overlays[column.slot] : undefined
    const bytes = overlay?.chunk ?? locator.bytes
    const start = overlay?.start ?? locator.starts[column.slot]!
    const end = overlay?.end ?? locator.ends[column.slot]!
    const quoted =
      (locator.kinds[column.slot]! & 15) === found.string ||
      (locator.kinds[column.slot]! & 15) === found.escaped
    const text =
      stringFromJson(bytes, start, Math.min(end, start + 64), false) + (end > start + 64 ? '...' : '')
    const value = quoted ? `"${text}"` : text
    return {
      name: 'CoercionError',
      column: column.name,
      path: column.path,
      message: `column "${column.name}" ${formatSqlType(column.type)} cannot take ${value} at ${column.path}; allowed: ${refusal()}`,
      value,
    }
  }

  #project(path: string): number {
    const parsed = parseJsonPath(path)
    if (parsed.element !== undefined) {
      throw new ValueError(
        'VAL1101',
        `JSON path "${path}" goes through an array. Read the array ($.list) and index it.`,
      )
    }
    const slot = this.#addPath(parsed.steps)
    this.#slots.set(path, slot)
    return slot
  }

  #projectMember(name: string): readonly number[] {
    const own = this.#addPath([name])
    const slots = [own]
    for (const { path, slot } of this.#projected())
      if (path.steps[0] === name && slot !== own) slots.push(slot)
    this.#memberSlots.set(name, slots)
    return slots
  }

  *#projected(): Iterable<{ path: JsonPath; slot: number }> {
    for (const text of [...this.#slots.keys(), ...this.#columns.map((column) => column.path)]) {
      const path = parseJsonPath(text)
      yield { path, slot: this.#locator.addPath(path.steps) }
    }
  }

  /** Adds a path in the middle of a record, which is located again; what `set` has laid over it stays. */
  #addPath(steps: readonly string[]): number {
    const locator = this.#locator
    const known = locator.slotOf(steps)
    if (known >= 0 && locator.isWanted(known)) return known
    const before = locator.kinds.slice()
    const slot = locator.addPath(steps)
    this.#memberSlots.clear()
    const problem = locator.relocate()
    if (problem !== null) throw new ValueError('VAL1104', `The record cannot be read: ${problem.reason}.`)
    for (let i = 0; i < before.length; i++) if (i !== slot) locator.kinds[i] = before[i]!
    const top = steps.length > 1 ? locator.slotOf(steps.slice(0, 1)) : -1
    if (top >= 0 && before[top]! >= overlayKind) locator.kinds[slot] = found.missing
    return slot
  }

  /**
   * A string of the record. Values of few kinds (a table's name, an operation) are what is mostly asked for, so a few
   * strings of each slot are kept and given again while their bytes repeat.
   */
  #text(slot: number, start: number, end: number): string {
    const b = this.#locator.bytes
    const size = end - start
    if (size === 0 || size > keptTextMax) return plainString(b, start, end)
    let texts = this.#texts[slot]
    if (texts === undefined) {
      texts = new Array<string>(keptTexts).fill('')
      this.#texts[slot] = texts
    }
    const place = (size + b[start]! + b[end - 1]! * 3) % keptTexts
    const kept = texts[place]!
    if (isAscii(kept, b, start, end)) return kept
    const text = plainString(b, start, end)
    texts[place] = text
    return text
  }
}

// Strings kept for each slot, and how long they may be.
const keptTexts = 16
const keptTextMax = 24

function setNull(target: Column, row: number): void {
  target.nulls[row] = 1
  if (target.kind === 'number') target.values[row] = 0
  else {
    target.clean[row] = 1
    target.page[row] = target.start[row] = target.end[row] = 0
  }
}

/** JSON text of a value; bigint becomes its digits. */
function jsonText(value: unknown): Uint8Array {
  const text = JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'bigint' ? String(member) : member,
  )
  if (text === undefined) {
    throw new ValueError(
      'VAL1103',
      `A ${typeof value} has no JSON form. Return an object, or the record itself.`,
    )
  }
  return Buffer.from(text, 'utf8')
}
