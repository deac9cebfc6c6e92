/**
 * Conditions as functions of an item. Resolved once: paths, constants, and which way of comparing applies; per item the
 * functions only read and compare, and allocate nothing but the number that size() gives.
 *
 * Where an operand is missing, or of a type that a comparison is not made for, the comparison is false; only <> is true of
 * whatever is not equal, missing operands included. NOT turns what it stands before, these cases too.
 */
import type { AttributeValue, TypedItem } from '../attribute-value.ts'
import { attributeOf, typeOf } from '../values/attribute-type.ts'
import { compareValues, equalValues, setMembers } from '../values/compare.ts'
import { bytesContain, textContains } from '../values/contains-part.ts'
import { base64Length } from '../values/item-size.ts'
import type { Condition, Operand } from './condition-tree.ts'
import { type DocumentPath, readPath } from './document-path.ts'
import type { Comparator } from './syntax-tree.ts'

export type ItemPredicate = (item: TypedItem) => boolean
/** Candidates of IN that are compared one by one; older filters may have any number. */
const listedMax = 16
type Reader = (item: TypedItem) => AttributeValue | undefined

export function compileTree(condition: Condition): ItemPredicate {
  switch (condition.kind) {
    case 'comparison':
      return comparison(condition.comparator, condition.operands)
    case 'between':
      return between(condition.operands)
    case 'in':
      return membership(condition.operand, condition.candidates)
    case 'exists': {
      const read = pathReader(condition.path)
      return (item) => read(item) !== undefined
    }
    case 'missing': {
      const read = pathReader(condition.path)
      return (item) => read(item) === undefined
    }
    case 'type': {
      const { type } = condition
      const read = reader(condition.operand)
      return (item) => {
        const value = read(item)
        return value !== undefined && typeOf(value) === type
      }
    }
    case 'begins':
      return test(condition.operands, beginsWith)
    case 'contains':
      return test(condition.operands, contains)
    case 'and':
      return all(condition.conditions.map(compileTree))
    case 'or':
      return any(condition.conditions.map(compileTree))
    case 'not': {
      const inner = compileTree(condition.condition)
      return (item) => !inner(item)
    }
  }
}

function comparison(comparator: Comparator, operands: readonly [Operand, Operand]): ItemPredicate {
  switch (comparator) {
    case '=':
      return test(operands, equalValues)
    case '<>': {
      const isEqual = test(operands, equalValues)
      return (item) => !isEqual(item)
    }
    case '<':
      return test(operands, (a, b) => (compareValues(a, b) ?? 0) < 0)
    case '>':
      return test(operands, (a, b) => (compareValues(a, b) ?? 0) > 0)
    case '<=':
      return test(operands, isAtMost)
    case '>=':
      return test(operands, (a, b) => isAtMost(b, a))
  }
}

function isAtMost(a: AttributeValue, b: AttributeValue): boolean {
  const order = compareValues(a, b)
  return order !== undefined && order <= 0
}

/** Both operands must be there. */
function test(
  [left, right]: readonly [Operand, Operand],
  holds: (a: AttributeValue, b: AttributeValue) => boolean,
): ItemPredicate {
  const readLeft = reader(left)
  const readRight = reader(right)
  return (item) => {
    const a = readLeft(item)
    if (a === undefined) return false
    const b = readRight(item)
    return b !== undefined && holds(a, b)
  }
}

function between([operand, lower, upper]: readonly [Operand, Operand, Operand]): ItemPredicate {
  const read = reader(operand)
  const readLower = reader(lower)
  const readUpper = reader(upper)
  return (item) => {
    const value = read(item)
    const from = readLower(item)
    const to = readUpper(item)
    if (value === undefined || from === undefined || to === undefined) return false
    return isAtMost(from, value) && isAtMost(value, to)
  }
}

function membership(operand: Operand, candidates: readonly Operand[]): ItemPredicate {
  const read = reader(operand)
  const texts = candidates.length > listedMax ? constantTexts(candidates) : undefined
  if (texts !== undefined) {
    return (item) => {
      const value = read(item)
      const text = value && scalarText(value)
      return text !== undefined && texts.has(text)
    }
  }
  const readers = candidates.map(reader)
  return (item) => {
    const value = read(item)
    if (value === undefined) return false
    for (const readCandidate of readers) {
      const candidate = readCandidate(item)
      if (candidate !== undefined && equalValues(value, candidate)) return true
    }
    return false
  }
}

/** Undefined unless all are constants of types that keys have. */
function constantTexts(candidates: readonly Operand[]): ReadonlySet<string> | undefined {
  const texts = new Set<string>()
  for (const candidate of candidates) {
    const text = candidate.kind === 'constant' ? scalarText(candidate.value) : undefined
    if (text === undefined) return undefined
    texts.add(text)
  }
  return texts
}

/** Type and value; canonical numbers and padded base64 have one text for each value. */
function scalarText(value: AttributeValue): string | undefined {
  if ('S' in value) return `S${value.S}`
  if ('N' in value) return `N${value.N}`
  return 'B' in value ? `B${value.B}` : undefined
}

function all(predicates: readonly ItemPredicate[]): ItemPredicate {
  const [first, second] = predicates
  if (predicates.length === 2 && first !== undefined && second !== undefined) {
    return (item) => first(item) && second(item)
  }
  return (item) => {
    for (const holds of predicates) if (!holds(item)) return false
    return true
  }
}

function any(predicates: readonly ItemPredicate[]): ItemPredicate {
  return (item) => {
    for (const holds of predicates) if (holds(item)) return true
    return false
  }
}

function reader(operand: Operand): Reader {
  switch (operand.kind) {
    case 'path':
      return pathReader(operand.path)
    case 'constant': {
      const { value } = operand
      return () => value
    }
    case 'size': {
      const read = reader(operand.operand)
      return (item) => {
        const value = read(item)
        const size = value === undefined ? undefined : sizeOf(value)
        return size === undefined ? undefined : { N: String(size) }
      }
    }
  }
}

function pathReader(path: DocumentPath): Reader {
  if (path.length > 1) return (item) => readPath(item, path)
  const [name] = path
  // Names that every object inherits need the careful way.
  return name in Object.prototype ? (item) => attributeOf(item, name) : (item) => item[name]
}

/** Characters, bytes or members. */
function sizeOf(value: AttributeValue): number | undefined {
  if ('S' in value) return value.S.length
  if ('B' in value) return base64Length(value.B)
  if ('M' in value) return Object.keys(value.M).length
  if ('L' in value) return value.L.length
  const members = setMembers(value)
  return members.length === 0 ? undefined : members.length
}

export function beginsWith(value: AttributeValue, prefix: AttributeValue): boolean {
  if ('S' in value) return 'S' in prefix && value.S.startsWith(prefix.S)
  if (!('B' in value && 'B' in prefix)) return false
  const start = Buffer.from(prefix.B, 'base64')
  return Buffer.from(value.B, 'base64').subarray(0, start.length).equals(start)
}

/** Parts of strings and binaries, members of sets and lists. */
export function contains(value: AttributeValue, part: AttributeValue): boolean {
  if ('L' in value) return value.L.some((member) => equalValues(member, part))
  if ('S' in part) {
    if ('S' in value) return textContains(value.S, part.S)
    return 'SS' in value && value.SS.includes(part.S)
  }
  if ('N' in part) return 'NS' in value && value.NS.includes(part.N)
  if (!('B' in part)) return false
  if ('B' in value) return bytesContain(Buffer.from(value.B, 'base64'), Buffer.from(part.B, 'base64'))
  return 'BS' in value && value.BS.includes(part.B)
}
