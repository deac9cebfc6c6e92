/**
 * Keys of table items: read from an object, or straight from a record's bytes without parsing it. Both ways refuse alike
 * what the table's key attributes do not allow, so that nothing that the store would refuse reaches a commit, where one
 * bad item would undo its neighbours.
 *
 * Numbers are decimals of up to 38 digits, exact where they come as text.
 * A binary key is base64 text in JSON. Sizes are DynamoDB's: 2,048 bytes for a partition key, 1,024 for a sort key; a NUL
 * counts twice, as it does in the stored key.
 */
import type { KeyDefinition, KeyValue, TableDefinition } from '@millrace/store'
import {
  attributeOfKey,
  canonicalNumber,
  type ItemKey,
  TableRequestError,
  type TypedItem,
} from '@millrace/tables'
import { JsonKeyReader } from '@millrace/values'
import { RuntimeError, shown } from './errors.ts'
import { type BatchRecord, placeOf } from './stream-record.ts'

const partitionKeyBytesMax = 2_048
const sortKeyBytesMax = 1_024

/** What is wrong with one item. */
export interface KeyProblem {
  readonly code: 'TABLE_KEY_MISSING' | 'TABLE_KEY_TYPE' | 'TABLE_ITEM_INVALID' | 'RECORD_NOT_JSON'
  readonly what: string
  readonly value?: string
  readonly allowed?: string
}

/** A number of a record, as it is written there. */
class NumberText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export class ItemKeys {
  readonly table: TableDefinition
  /** Of the item read last. */
  partitionKey: KeyValue = ''
  sortKey: KeyValue | undefined
  private readonly reader: JsonKeyReader

  constructor(table: TableDefinition) {
    this.table = table
    const { partitionKey, sortKey } = table
    this.reader = new JsonKeyReader(sortKey ? [partitionKey.name, sortKey.name] : [partitionKey.name])
  }

  /** The key of the item read last. */
  get key(): ItemKey {
    const { partitionKey, sortKey } = this
    return sortKey === undefined ? { partitionKey } : { partitionKey, sortKey }
  }

  /** A key as attributes of its item. */
  attributes({ partitionKey, sortKey }: ItemKey): TypedItem {
    const { table } = this
    const partition = attributeOfKey(partitionKey, table.partitionKey.type)
    if (table.sortKey === undefined || sortKey === undefined) return { [table.partitionKey.name]: partition }
    return {
      [table.partitionKey.name]: partition,
      [table.sortKey.name]: attributeOfKey(sortKey, table.sortKey.type),
    }
  }

  /** Reads the keys of a record whose data is the item. */
  readRecord(record: BatchRecord): KeyProblem | undefined {
    const { batch, index } = record
    const start = batch.dataStart[index]!
    const problem = this.reader.locate(batch.bytes, start, batch.dataStart[index + 1]!)
    if (problem) {
      return {
        code: 'RECORD_NOT_JSON',
        what: `the data is not a JSON object: ${problem.reason}, at byte ${problem.offset}`,
      }
    }
    const { partitionKey, sortKey } = this.table
    return (
      this.take('partitionKey', partitionKey, this.recordValue(partitionKey, 0), () => this.reader.kind(0)) ??
      (sortKey && this.take('sortKey', sortKey, this.recordValue(sortKey, 1), () => this.reader.kind(1)))
    )
  }

  /** A number that is no safe integer as its text, every digit of which is part of the item. */
  private recordValue({ type }: KeyDefinition, i: number): unknown {
    const value = this.reader.value(i)
    if (type !== 'number' || typeof value === 'string' || Number.isSafeInteger(value)) return value
    const text = this.reader.numberText(i)
    return text === undefined ? value : new NumberText(text)
  }

  /** Reads the keys of an item given as an object. */
  readItem(item: Readonly<Record<string, unknown>>): KeyProblem | undefined {
    const { partitionKey, sortKey } = this.table
    const kind = (name: string) => () =>
      Array.isArray(item[name]) ? 'array' : item[name] === null ? 'null' : typeof item[name]
    return (
      this.take('partitionKey', partitionKey, item[partitionKey.name], kind(partitionKey.name)) ??
      (sortKey && this.take('sortKey', sortKey, item[sortKey.name], kind(sortKey.name)))
    )
  }

  /** Checks keys given one by one, as `get` and `delete` take them. */
  check(partitionKey: unknown, sortKey: unknown): KeyProblem | undefined {
    const { table } = this
    const problem = this.take('partitionKey', table.partitionKey, partitionKey, () => typeof partitionKey)
    if (problem) return problem
    if (table.sortKey) return this.take('sortKey', table.sortKey, sortKey, () => typeof sortKey)
    this.sortKey = undefined
    if (sortKey === undefined) return undefined
    return {
      code: 'TABLE_KEY_TYPE',
      what: 'a sort key was given, but the table has none',
      value: shown(sortKey),
    }
  }

  private take(
    part: 'partitionKey' | 'sortKey',
    definition: KeyDefinition,
    value: unknown,
    kind: () => string,
  ): KeyProblem | undefined {
    if (value === undefined || value === null) {
      const found = kind()
      if (found === 'absent' || found === 'null' || found === 'undefined') {
        return {
          code: 'TABLE_KEY_MISSING',
          what: `the ${partNames[part]} "${definition.name}" is ${found === 'null' ? 'null' : 'missing'}`,
          allowed: `a ${definition.type}`,
        }
      }
      return this.typeProblem(part, definition, `a JSON ${found}`)
    }
    const key = keyOf(definition, value)
    if (key === undefined) return this.typeProblem(part, definition, shownKey(value))
    const bytesMax = part === 'partitionKey' ? partitionKeyBytesMax : sortKeyBytesMax
    if (typeof key === 'string' || key instanceof Uint8Array) {
      const size = storedSize(key, bytesMax)
      if (size === 0 || size > bytesMax) {
        return {
          code: 'TABLE_KEY_TYPE',
          what: `the ${partNames[part]} "${definition.name}" is ${size === 0 ? 'empty' : 'too long'}`,
          value: shownKey(value),
          allowed: `1 to ${bytesMax} bytes (a NUL counts twice)`,
        }
      }
    }
    this[part] = key
    return undefined
  }

  private typeProblem(part: keyof typeof partNames, definition: KeyDefinition, value: string): KeyProblem {
    return {
      code: 'TABLE_KEY_TYPE',
      what: `the ${partNames[part]} "${definition.name}" is not a ${definition.type}`,
      value,
      allowed: allowedText[definition.type],
    }
  }
}

/** The problem as an error. Records are blamed by name, so that a function stage can set them aside. */
export function keyError(
  problem: KeyProblem,
  table: string,
  records: readonly BatchRecord[],
  others: number,
): RuntimeError {
  const first = records[0]
  const place = first === undefined ? `table "${table}"` : `table "${table}", ${placeOf(first)}`
  return new RuntimeError(problem.code, {
    place,
    what: others === 0 ? problem.what : `${problem.what} (and ${others} more records cannot be put)`,
    ...(problem.value === undefined ? {} : { value: problem.value }),
    ...(problem.allowed === undefined ? {} : { allowed: problem.allowed }),
    records: records.map((record) => ({
      stream: record.batch.stream,
      shard: record.shard,
      sequence: record.sequence,
    })),
  })
}

const partNames = { partitionKey: 'partition key', sortKey: 'sort key' } as const
const allowedText = {
  string: 'a string of well-formed Unicode',
  number: 'a number of up to 38 digits, from 1e-130 to 9.99e125',
  binary: 'bytes, or base64 text in JSON',
} as const
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function keyOf(definition: KeyDefinition, value: unknown): KeyValue | undefined {
  switch (definition.type) {
    case 'string':
      return typeof value === 'string' && isWellFormed(value) ? value : undefined
    case 'number':
      // Just checked to be a number.
      if (Number.isSafeInteger(value)) return value as number
      if (value instanceof NumberText) return decimalOf(value.text)
      return typeof value === 'bigint' || typeof value === 'number' ? decimalOf(String(value)) : undefined
    case 'binary':
      if (value instanceof Uint8Array) return value
      return typeof value === 'string' && base64.test(value) ? Buffer.from(value, 'base64') : undefined
  }
}

/** Undefined where a table holds no such number. */
function decimalOf(text: string): string | undefined {
  try {
    return canonicalNumber(text)
  } catch (error) {
    // NaN and infinities are no decimals either.
    if (error instanceof TableRequestError) return undefined
    throw error
  }
}

/** A lone surrogate has no UTF-8 form, and two of them would become one key. */
function isWellFormed(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0xd800 || unit > 0xdfff) continue
    if (unit > 0xdbff) return false
    const next = text.charCodeAt(++i)
    if (!(next >= 0xdc00 && next <= 0xdfff)) return false
  }
  return true
}

/** Bytes of a key as it is stored, counted only where it may matter. */
function storedSize(key: string | Uint8Array, bytesMax: number): number {
  // Six bytes for each UTF-16 unit is more than any takes.
  if (key.length * 6 <= bytesMax) return key.length
  const bytes = typeof key === 'string' ? Buffer.from(key, 'utf8') : key
  let size = bytes.length
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === 0) size++
  return size
}

function shownKey(value: unknown): string {
  if (value instanceof NumberText) return value.text.slice(0, 80)
  return typeof value === 'bigint' ? String(value).slice(0, 80) : shown(value)
}
