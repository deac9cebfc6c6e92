/** Equality of two cells that are not NULL, of columns of one type; `trimmed`: trailing blanks do not count (CHAR). */
import type { Column } from '@millrace/values'

export function sameCell(a: Column, i: number, b: Column, j: number, trimmed: boolean): boolean {
  if (a.kind === 'number') {
    if (b.kind !== 'number') return false
    const value = a.values[i]!
    if (value === b.values[j]) return true
    // Wide values stand as NaN; a number is never NaN otherwise.
    if (!Number.isNaN(value) || a.wide === null || b.wide === null) return false
    return a.wide.get(i) === b.wide.get(j)
  }
  if (b.kind !== 'text') return false
  const x = a.pages[a.page[i]!]!
  const y = b.pages[b.page[j]!]!
  let aEnd = a.end[i]!
  let bEnd = b.end[j]!
  const aStart = a.start[i]!
  const bStart = b.start[j]!
  if (trimmed) {
    while (aEnd > aStart && x[aEnd - 1] === 0x20) aEnd--
    while (bEnd > bStart && y[bEnd - 1] === 0x20) bEnd--
  }
  if (aEnd - aStart !== bEnd - bStart) return false
  for (let p = aStart, q = bStart; p < aEnd; p++, q++) if (x[p] !== y[q]) return false
  return true
}
