/**
 * Which records of a stream somebody wants to see: by partition key, by values in JSON payloads, by a text in the payload. All that
 * is given has to be met. Compiled once; a record is looked at only as far as the filter asks.
 *
 *   key     the partition key; with * at its end all that begin so (\* is a star)
 *   where   comparisons joined by `and` (record-condition.ts)
 *   text    bytes of the payload, as they stand in it; upper and lower case differ
 *
 * Payloads are looked at as they are meant: gzip unpacked, aggregates as their user records, of which one has to meet everything.
 * Cost: a comparison of bytes for keys and texts, one pass over the payload for `where`.
 */
import type { RecordBatch } from '@millrace/store'
import { compileCondition, type RecordCondition } from './record-condition.ts'
import { mayBePacked, recordContent } from './record-content.ts'

export interface RecordFilterTexts {
  readonly key?: string | undefined
  readonly where?: string | undefined
  readonly text?: string | undefined
}

export interface RecordFilter {
  matches(batch: RecordBatch, index: number): boolean
  /** A record outside of a batch, which is no aggregate: a user record of one. */
  matchesRecord(key: Uint8Array, data: Uint8Array): boolean
}

/** Undefined if nothing is asked for: every record matches. Error: RECORD_FILTER_INVALID, with the place. */
export function compileRecordFilter(texts: RecordFilterTexts): RecordFilter | undefined {
  const { key = '', where = '', text = '' } = texts
  if (key === '' && where.trim() === '' && text === '') return undefined
  return new CompiledFilter(
    key === '' ? undefined : keyTest(key),
    where.trim() === '' ? undefined : compileCondition(where),
    text === '' ? undefined : Buffer.from(text, 'utf8'),
  )
}

interface KeyTest {
  readonly bytes: Uint8Array
  readonly isPrefix: boolean
}

function keyTest(text: string): KeyTest {
  if (text.endsWith('\\*')) return { bytes: Buffer.from(`${text.slice(0, -2)}*`, 'utf8'), isPrefix: false }
  const isPrefix = text.endsWith('*')
  return { bytes: Buffer.from(isPrefix ? text.slice(0, -1) : text, 'utf8'), isPrefix }
}

class CompiledFilter implements RecordFilter {
  readonly #key: KeyTest | undefined
  readonly #where: RecordCondition | undefined
  readonly #text: Buffer | undefined

  constructor(key: KeyTest | undefined, where: RecordCondition | undefined, text: Buffer | undefined) {
    this.#key = key
    this.#where = where
    this.#text = text
  }

  matches({ bytes, keyStart, dataStart }: RecordBatch, index: number): boolean {
    const start = dataStart[index]!
    const end = dataStart[index + 1]!
    const keyAt = keyStart[index]!
    const keyEnd = keyStart[index + 1]!
    if (!mayBePacked(bytes, start, end))
      return this.#meetsKey(bytes, keyAt, keyEnd) && this.#meetsData(bytes, start, end)
    const content = recordContent(bytes.subarray(start, end))
    if (content.kind === 'aggregate')
      return content.records.some(({ partitionKey, data }) =>
        this.matchesRecord(Buffer.from(partitionKey), data),
      )
    return this.#meetsKey(bytes, keyAt, keyEnd) && this.#meetsData(content.data, 0, content.data.length)
  }

  matchesRecord(key: Uint8Array, data: Uint8Array): boolean {
    return this.#meetsKey(key, 0, key.length) && this.#meetsData(data, 0, data.length)
  }

  #meetsKey(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#key === undefined) return true
    const { bytes: wanted, isPrefix } = this.#key
    const size = end - start
    if (isPrefix ? size < wanted.length : size !== wanted.length) return false
    for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false
    return true
  }

  #meetsData(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#text !== undefined) {
      const view = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
      if (!view.includes(this.#text)) return false
    }
    return this.#where === undefined || this.#where.meets(bytes, start, end)
  }
}
