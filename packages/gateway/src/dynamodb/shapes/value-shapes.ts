/**
 * Shapes of DynamoDB's inputs: the constraints of the house's shapes (wire/shape.ts) with the texts that DynamoDB gives to
 * values of a wrong type. Programs act on the error's type; people and the test suites of other servers read the texts.
 *
 * A structure that is wrong says it differently as a member of another (`read`) and as an item of a list or map
 * (`readItem`).
 */
import { readBoolean } from '@millrace/tables'
import { serializationError } from '../../wire/serialization-error.ts'
import {
  type CountLimits,
  type Faults,
  list as houseList,
  structure as houseStructure,
  lengthRules,
  type Members,
  type Rule,
  type Shape,
  type StructureOf,
  type ValueOf,
} from '../../wire/shape.ts'
import * as values from '../../wire/shape-values.ts'
import type { WireError } from '../../wire/wire-error.ts'

export { required } from '../../wire/shape.ts'

const PACKAGE = 'com.amazonaws.dynamodb.v20120810.'
export const castText =
  'class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class java.lang.Class ' +
  '(sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module java.base of loader ' +
  "'bootstrap')"
const structureText = 'Start of structure or map found where not expected'

/** A shape that is read in another way where it is an item of a list or a map. */
export interface ItemShape<T> extends Shape<T> {
  readItem?(value: unknown): T
}

export function string<const E extends string = string>(limits: values.StringLimits<E> = {}): Shape<E> {
  return {
    ...values.string<E>(limits),
    read(value) {
      if (typeof value !== 'string') throw wrongScalar(value, 'String')
      // The enum's rule is checked before anybody sees the value.
      return value as E
    },
  }
}

export function integer(limits: values.NumberLimits = {}): Shape<number> {
  return number(values.integer(limits), 'Integer')
}

export function long(limits: values.NumberLimits = {}): Shape<number> {
  return number(values.long(limits), 'Long')
}

/** Epoch seconds, with a fraction. */
export function timestamp(): Shape<number> {
  return unchecked((value) => {
    if (typeof value !== 'number') throw wrongScalar(value, 'Timestamp')
    return value
  })
}

function number(shape: Shape<number>, name: string): Shape<number> {
  return {
    ...shape,
    read(value) {
      if (typeof value !== 'number') throw wrongScalar(value, name)
      return shape.read(value)
    },
  }
}

export function boolean(): Shape<boolean> {
  return { ...values.boolean(), read: readBoolean }
}

export function list<S extends ItemShape<unknown>>(
  member: S,
  limits: CountLimits = {},
  options: { readonly isParameterized?: boolean } = {},
): Shape<readonly ValueOf<S>[]> {
  return {
    ...houseList(member, limits),
    read(value) {
      const items = mustList(value, options.isParameterized === true ? castText : 'Unexpected field type')
      // The member's own reader gives its type.
      return items.map((item) => readItemOf(member, item) as ValueOf<S>)
    },
  }
}

export function mustList(value: unknown, otherwise = 'Unexpected field type'): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw serializationError(typeof value === 'object' ? structureText : otherwise)
}

export interface MapOptions extends CountLimits {
  /** The Java type of the values, as texts name it. */
  readonly type: string
  readonly keys?: values.StringLimits
  /** Lengths of values that are lists. */
  readonly values?: CountLimits
  readonly isParameterized?: boolean
}

export function map<S extends ItemShape<unknown>>(
  value: S,
  options: MapOptions,
): Shape<Readonly<Record<string, ValueOf<S>>>> {
  type Entries = Readonly<Record<string, ValueOf<S>>>
  const rules = lengthRules<Entries>(options, (entries) => Object.keys(entries).length)
  const keyRules = options.keys === undefined ? [] : (values.string(options.keys).memberRules ?? [])
  // Of lists AWS names the upper bound first.
  const valueRules = lengthRules<readonly unknown[]>(options.values ?? {}, (items) => items.length).reverse()
  const text = (entries: Entries): string =>
    `{${Object.entries(entries)
      .map(([name, item]) => `${name}=${value.text(item)}`)
      .join(', ')}}`
  return {
    read(from) {
      const entries = Object.entries(mustMap(from, options.type, options.isParameterized))
        .filter(([, item]) => item !== null)
        .map(([name, item]) => [name, readItemOf(value, item)] as const)
      // The value's own reader gives its type. fromEntries defines members, so `__proto__` is a key like any other.
      return Object.fromEntries(entries) as Entries
    },
    check(entries, path, faults) {
      for (const rule of rules) if (!rule.holds(entries)) faults.add(text(entries), path, rule.text)
      if (!Object.keys(entries).every((name) => keyRules.every((rule) => rule.holds(name)))) {
        faults.add(text(entries), path, `Map keys must satisfy constraint: ${rulesText(keyRules)}`)
      }
      // Only maps of lists have these rules.
      const holds = (item: unknown): boolean =>
        valueRules.every((rule) => rule.holds(item as readonly unknown[]))
      if (valueRules.length > 0 && !Object.values(entries).every(holds)) {
        faults.add(text(entries), path, `Map value must satisfy constraint: ${rulesText(valueRules)}`)
      }
      for (const [name, item] of Object.entries(entries)) {
        if (faults.isFull) return
        value.check(item, `${path}.${name}.member`, faults)
      }
    },
    text,
  }
}

export function mustMap(
  value: unknown,
  type: string,
  isParameterized = false,
): Readonly<Record<string, unknown>> {
  if (Array.isArray(value)) {
    throw serializationError(
      `Unrecognized collection type java.util.Map<java.lang.String, ${type.includes('.') ? type : PACKAGE + type}>`,
    )
  }
  if (typeof value !== 'object' || value === null) {
    throw serializationError(isParameterized ? castText : 'Unexpected field type')
  }
  // Of the objects that a parsed body holds, only records are left.
  return value as Readonly<Record<string, unknown>>
}

/** Faults are reported in the order of the members. `type`: the Java type, as texts name it. */
export function structure<const M extends Members>(type: string, given: M): ItemShape<StructureOf<M>> {
  const base = houseStructure(given)
  return {
    ...base,
    read(value) {
      mustStructure(value, type, 'Unexpected field type')
      return base.read(value)
    },
    readItem(value) {
      mustStructure(value, type, 'Unexpected value type in payload')
      return base.read(value)
    },
  }
}

export function mustStructure(
  value: unknown,
  type: string,
  otherwise: string,
): asserts value is Readonly<Record<string, unknown>> {
  if (Array.isArray(value)) throw serializationError(`Unrecognized collection type class ${PACKAGE}${type}`)
  if (typeof value !== 'object' || value === null) throw serializationError(otherwise)
}

/** Adds no constraint of its own. */
export function unchecked<T>(read: (value: unknown) => T, readItem?: (value: unknown) => T): ItemShape<T> {
  return {
    read,
    ...(readItem === undefined ? {} : { readItem }),
    check: (_value: T, _path: string, _faults: Faults) => {},
    text: (value) => JSON.stringify(value),
  }
}

function readItemOf(shape: ItemShape<unknown>, item: unknown): unknown {
  return shape.readItem === undefined ? shape.read(item) : shape.readItem(item)
}

function rulesText(rules: readonly Rule<never>[]): string {
  return `[${rules.map((rule) => rule.text).join(', ')}]`
}

function wrongScalar(value: unknown, name: string): WireError {
  if (typeof value === 'object') {
    return serializationError(
      Array.isArray(value) ? `Unrecognized collection type class java.lang.${name}` : structureText,
    )
  }
  return serializationError(`${tokenOf(value)} cannot be converted to ${name}`)
}

function tokenOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE'
  if (typeof value === 'number') return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE'
  return 'STRING_VALUE'
}
