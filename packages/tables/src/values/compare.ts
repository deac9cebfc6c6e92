/**
 * Equality and order of attribute values. Values of different types are neither equal nor ordered. Strings are ordered by
 * their UTF-8 bytes, binaries by unsigned bytes, numbers by value; other types have no order. Sets are equal if they hold
 * the same values; lists and maps if their parts are equal.
 */
import type { AttributeValue, TypedItem } from '../attribute-value.ts'
import { attributeOf, typeOf } from './attribute-type.ts'
import { compareNumbers } from './number-text.ts'

/** Negative, zero or positive; undefined where there is no order between the two. */
export function compareValues(a: AttributeValue, b: AttributeValue): number | undefined {
  if ('S' in a) return 'S' in b ? compareStrings(a.S, b.S) : undefined
  if ('N' in a) return 'N' in b ? compareNumbers(a.N, b.N) : undefined
  if ('B' in a) return 'B' in b ? compareBase64(a.B, b.B) : undefined
  return undefined
}

/** Whether both hold the same, through all levels. Cost: linear in their size. */
export function equalValues(a: AttributeValue, b: AttributeValue): boolean {
  if (a === b) return true
  const type = typeOf(a)
  if (type !== typeOf(b)) return false
  switch (type) {
    case 'S':
    case 'N':
    case 'B':
    case 'BOOL':
      // Canonical numbers and padded base64 have one text for each value.
      return scalar(a) === scalar(b)
    case 'NULL':
      return true
    case 'M':
      return 'M' in a && 'M' in b && equalItems(a.M, b.M)
    case 'L':
      return 'L' in a && 'L' in b && equalLists(a.L, b.L)
    case 'SS':
    case 'NS':
    case 'BS':
      return equalSets(setMembers(a), setMembers(b))
  }
}

export function equalItems(a: TypedItem, b: TypedItem): boolean {
  if (a === b) return true
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  for (const name of names) {
    const other = attributeOf(b, name)
    if (other === undefined || !equalValues(a[name]!, other)) return false
  }
  return true
}

function equalLists(a: readonly AttributeValue[], b: readonly AttributeValue[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!equalValues(a[i]!, b[i]!)) return false
  return true
}

function equalSets(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  if (a.length < 8) return a.every((member) => b.includes(member))
  const members = new Set(b)
  return a.every((member) => members.has(member))
}

function scalar(value: AttributeValue): string | boolean | undefined {
  if ('S' in value) return value.S
  if ('N' in value) return value.N
  if ('B' in value) return value.B
  return 'BOOL' in value ? value.BOOL : undefined
}

/** The members of a set; none of another value. */
export function setMembers(value: AttributeValue): readonly string[] {
  if ('SS' in value) return value.SS
  if ('NS' in value) return value.NS
  return 'BS' in value ? value.BS : []
}

/**
 * Order of UTF-8 bytes, which is that of code points. UTF-16 units have the same order but for surrogates, which stand for
 * code points above all others: they are lifted over U+E000 to U+FFFF.
 */
export function compareStrings(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  for (let i = 0; i < end; i++) {
    const unitA = a.charCodeAt(i)
    const unitB = b.charCodeAt(i)
    if (unitA !== unitB) return lifted(unitA) - lifted(unitB)
  }
  return a.length - b.length
}

function lifted(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit
}

export function compareBase64(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a, 'base64'), Buffer.from(b, 'base64'))
}
