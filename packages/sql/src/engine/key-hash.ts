/**
 * 32-bit hashes of key columns, column by column over a batch. A hash finds candidates, equality decides. Hash 0 marks a
 * key with a NULL, which meets nothing; no other key hashes to 0. Numbers hash by value (0 and -0 alike), CHAR without its
 * trailing blanks, wide integers by their digits. Hashes stay inside the process.
 */
import type { NumberColumn, RowBatch, SqlType, TextColumn } from '@millrace/values'

const float = new Float64Array(1)
const words = new Int32Array(float.buffer)

export function hashKeys(
  batch: RowBatch,
  columns: readonly number[],
  types: readonly SqlType[],
  out: Int32Array,
): void {
  const count = batch.length
  out.fill(0x9e3779b9 | 0, 0, count)
  columns.forEach((c, k) => {
    const column = batch.columns[c]!
    if (column.kind === 'number') hashNumbers(column, out, count)
    else hashText(column, out, count, types[k]!.kind === 'CHAR')
  })
  for (let i = 0; i < count; i++) {
    const hash = finish(out[i]!)
    out[i] = hash === 0 ? 1 : hash
  }
  for (const c of columns) {
    const { nulls } = batch.columns[c]!
    for (let i = 0; i < count; i++) if (nulls[i] !== 0) out[i] = 0
  }
}

function hashNumbers(column: NumberColumn, out: Int32Array, count: number): void {
  const { values, wide } = column
  for (let i = 0; i < count; i++) {
    float[0] = values[i]! + 0
    out[i] = mix(mix(out[i]!, words[0]!), words[1]!)
  }
  if (wide === null) return
  for (const [i, value] of wide) if (i < count) out[i] = mix(out[i]!, Number(BigInt.asIntN(32, value)))
}

function hashText(column: TextColumn, out: Int32Array, count: number, trimmed: boolean): void {
  const { pages, page, start, end } = column
  for (let i = 0; i < count; i++) {
    const bytes = pages[page[i]!]
    if (bytes === undefined) continue
    let stop = end[i]!
    const begin = start[i]!
    if (trimmed) while (stop > begin && bytes[stop - 1] === 0x20) stop--
    let hash = out[i]!
    for (let k = begin; k < stop; k++) hash = Math.imul(hash ^ bytes[k]!, 0x01000193)
    out[i] = mix(hash, stop - begin)
  }
}

function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51)
  k = (k << 15) | (k >>> 17)
  const mixed = hash ^ Math.imul(k, 0x1b873593)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}

function finish(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
