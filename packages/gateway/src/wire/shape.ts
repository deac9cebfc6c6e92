/**
 * Shapes: what the input of an operation may be, said once. From a shape follow the TypeScript type of the input, the
 * conversion of a parsed body (blobs are base64 strings in JSON and bytes in CBOR, timestamps epoch seconds and Date) and
 * the faults that the client is told of, in the service's own words.
 *
 * Two steps, in this order: `read` converts and throws a SerializationException at the first value of a wrong type; `check`
 * then collects what breaks a constraint, at most ten, into one ValidationException. Unknown members are ignored, null is
 * absence, a fraction given for an integer is floored.
 * Shapes of single values are in shape-values.ts.
 */
import { serializationError } from './serialization-error.ts'
import { WireError } from './wire-error.ts'

export interface Shape<T> {
  /** The value in its type; only what `check` finds no fault with is sure to fit T. Throws SerializationException. */
  read(value: unknown): T
  /** Adds what breaks a constraint. `path` names the value, for example `records.1.member.data`. */
  check(value: T, path: string, faults: Faults): void
  /** The value as error texts show it. */
  text(value: T): string
  /** For members of lists and maps that are single values: whether one fits, and its rules in the order of AWS's texts. */
  readonly memberRules?: readonly Rule<T>[]
}

export interface Rule<T> {
  /** For example `Member must have length less than or equal to 128`. */
  readonly text: string
  holds(value: T): boolean
}

/** The type of a shape's values. */
export type ValueOf<S> = S extends { read(value: unknown): infer T } ? T : never

export const FAULTS_MAX = 10
const TEXT_MAX = 4096

/** Broken constraints of one input. */
export class Faults {
  readonly texts: string[] = []

  get isFull(): boolean {
    return this.texts.length >= FAULTS_MAX
  }

  add(valueText: string | undefined, path: string, rule: string): void {
    if (this.isFull) return
    // The text goes back to the caller; a long one need not.
    const value = valueText === undefined ? 'null' : `'${valueText.slice(0, TEXT_MAX)}'`
    this.texts.push(`Value ${value} at '${path}' failed to satisfy constraint: ${rule}`)
  }

  throwIfAny(): void {
    const { length } = this.texts
    if (length === 0) return
    const count = `${length} validation error${length > 1 ? 's' : ''} detected: `
    throw new WireError('ValidationException', count + this.texts.join('; '))
  }
}

/**
 * The input that a body holds. `first`: what a service looks at before all constraints, once the types are right.
 * Errors: SerializationException, ValidationException.
 */
export function readInput<T, B>(shape: Shape<T>, body: B, first?: (body: B) => void): T {
  const input = shape.read(body)
  first?.(body)
  const faults = new Faults()
  shape.check(input, '', faults)
  faults.throwIfAny()
  return input
}

/** A member that has to be there. */
export interface RequiredMember<S> {
  readonly required: S
}

export function required<S extends Shape<unknown>>(shape: S): RequiredMember<S> {
  return { required: shape }
}

export type Members = Readonly<Record<string, Shape<unknown> | RequiredMember<Shape<unknown>>>>

type Plain<T> = { readonly [K in keyof T]: T[K] }

export type StructureOf<M extends Members> = Plain<
  {
    [K in keyof M as M[K] extends RequiredMember<unknown> ? K : never]: M[K] extends RequiredMember<infer S>
      ? ValueOf<S>
      : never
  } & {
    [K in keyof M as M[K] extends RequiredMember<unknown> ? never : K]?: ValueOf<M[K]> | undefined
  }
>

export interface StructureShape<T> extends Shape<T> {
  readonly members: readonly Member[]
}

interface Member {
  readonly name: string
  readonly shape: Shape<unknown>
  readonly isRequired: boolean
}

/** Faults are reported in the order of the members. */
export function structure<const M extends Members>(given: M): StructureShape<StructureOf<M>> {
  const members: Member[] = Object.entries(given).map(([name, member]) =>
    'required' in member
      ? { name, shape: member.required, isRequired: true }
      : { name, shape: member, isRequired: false },
  )
  return {
    members,
    read(value) {
      const from = mustRecord(value, 'Expected null')
      const input: Record<string, unknown> = {}
      for (const { name, shape } of members) {
        const member = Object.hasOwn(from, name) ? from[name] : undefined
        if (member !== undefined && member !== null) input[name] = shape.read(member)
      }
      // Every member was read by the shape that gives it its type; `check` reports the required ones that are missing.
      return input as StructureOf<M>
    },
    check(value, path, faults) {
      // As `read` made it.
      const input = value as Readonly<Record<string, unknown>>
      for (const { name, shape, isRequired } of members) {
        if (faults.isFull) return
        const at = join(path, name)
        const member = Object.hasOwn(input, name) ? input[name] : undefined
        if (member !== undefined) shape.check(member, at, faults)
        else if (isRequired) faults.add(undefined, at, 'Member must not be null')
      }
    },
    text(value) {
      // As `read` made it.
      const input = value as Readonly<Record<string, unknown>>
      const present = members.filter(({ name }) => Object.hasOwn(input, name))
      return `{${joined(present, ({ name, shape }) => `${name}=${shape.text(input[name])}`)}}`
    },
  }
}

/** A structure of which only is known that it is one: of something that the service does not have. */
export function openStructure(): Shape<Readonly<Record<string, unknown>>> {
  return {
    read: (value) => mustRecord(value, 'Expected null'),
    check: () => {},
    text: () => '{}',
  }
}

export interface CountLimits {
  readonly min?: number
  readonly max?: number
}

export interface ListShape<T> extends Shape<T> {
  readonly member: Shape<unknown>
  readonly limits: CountLimits
}

export function list<S extends Shape<unknown>>(
  member: S,
  limits: CountLimits = {},
): ListShape<readonly ValueOf<S>[]> {
  const rules = lengthRules<readonly unknown[]>(limits, (items) => items.length)
  return {
    member,
    limits,
    read(value) {
      if (
        value instanceof Uint8Array ||
        value instanceof Date ||
        typeof value !== 'object' ||
        value === null
      ) {
        throw serializationError('Expected list or null')
      }
      if (!Array.isArray(value))
        throw serializationError('Start of structure or map found where not expected.')
      return value.map((item: unknown) => {
        if (item === null) throw serializationError('A list may not hold null')
        // The member's own reader gives its type.
        return member.read(item) as ValueOf<S>
      })
    },
    check(items, path, faults) {
      const text = (): string => `[${joined(items, (item) => member.text(item))}]`
      for (const rule of rules) if (!rule.holds(items)) faults.add(text(), path, rule.text)
      const memberRules = member.memberRules
      if (memberRules === undefined) {
        for (let i = 0; i < items.length && !faults.isFull; i++) {
          member.check(items[i], `${path}.${i + 1}.member`, faults)
        }
      } else if (!items.every((item) => memberRules.every((rule) => rule.holds(item)))) {
        faults.add(text(), path, `Member must satisfy constraint: ${rulesText(memberRules)}`)
      }
    },
    text: (items) => `[${joined(items, (item) => member.text(item))}]`,
  }
}

export interface MapShape<T> extends Shape<T> {
  readonly key: Shape<string>
  readonly value: Shape<unknown>
  readonly limits: CountLimits
}

/** From strings to single values. */
export function map<S extends Shape<unknown>>(
  key: Shape<string>,
  value: S,
  limits: CountLimits = {},
): MapShape<Readonly<Record<string, ValueOf<S>>>> {
  type Entries = Readonly<Record<string, ValueOf<S>>>
  const rules = lengthRules<Entries>(limits, (entries) => Object.keys(entries).length)
  const text = (entries: Entries): string =>
    `{${joined(Object.entries(entries), ([name, item]) => `${name}=${value.text(item)}`)}}`
  return {
    key,
    value,
    limits,
    read(from) {
      const entries = Object.entries(mustRecord(from, 'Expected map or null'))
        .filter(([, item]) => item !== null && item !== undefined)
        .map(([name, item]) => [name, value.read(item)] as const)
      // The value's own reader gives its type. fromEntries defines members, so `__proto__` is a key like any other.
      return Object.fromEntries(entries) as Entries
    },
    check(entries, path, faults) {
      for (const rule of rules) if (!rule.holds(entries)) faults.add(text(entries), path, rule.text)
      const keyRules = key.memberRules ?? []
      if (!Object.keys(entries).every((name) => keyRules.every((rule) => rule.holds(name)))) {
        faults.add(text(entries), path, `Map keys must satisfy constraint: ${rulesText(keyRules)}`)
      }
      const valueRules = value.memberRules ?? []
      if (!Object.values(entries).every((item) => valueRules.every((rule) => rule.holds(item)))) {
        faults.add(text(entries), path, `Map value must satisfy constraint: ${rulesText(valueRules)}`)
      }
    },
    text,
  }
}

export function lengthRules<T>(limits: CountLimits, length: (value: T) => number): Rule<T>[] {
  const { min, max } = limits
  const rules: Rule<T>[] = []
  if (min !== undefined && min > 0) {
    rules.push({
      text: `Member must have length greater than or equal to ${min}`,
      holds: (value) => length(value) >= min,
    })
  }
  if (max !== undefined) {
    rules.push({
      text: `Member must have length less than or equal to ${max}`,
      holds: (value) => length(value) <= max,
    })
  }
  return rules
}

function rulesText(rules: readonly Rule<never>[]): string {
  return `[${rules.map((rule) => rule.text).join(', ')}]`
}

function mustRecord(value: unknown, otherwise: string): Readonly<Record<string, unknown>> {
  if (Array.isArray(value)) throw serializationError('Start of list found where not expected')
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) {
    throw serializationError(otherwise)
  }
  // Of the objects that a parsed body holds, only records are left.
  return value as Readonly<Record<string, unknown>>
}

/** Stops where an error text is long enough: what was sent may be large. */
function joined<T>(items: readonly T[], textOf: (item: T) => string): string {
  let text = ''
  for (let i = 0; i < items.length && text.length < TEXT_MAX; i++) {
    // The loop's bound was checked on the same array.
    text += `${i === 0 ? '' : ', '}${textOf(items[i]!)}`
  }
  return text
}

/** Members are named in lower case at their start. */
function join(path: string, name: string): string {
  const member = name.charAt(0).toLowerCase() + name.slice(1)
  return path === '' ? member : `${path}.${member}`
}
