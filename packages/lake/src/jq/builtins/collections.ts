/** Functions of arrays and objects. */
import { deletePaths, setPath } from '../access.ts'
import { plus } from '../arithmetic.ts'
import { JqFailure, shown } from '../jq-error.ts'
import { compare, isArray, isObject, type Json, sortedKeys, typeName } from '../jq-value.ts'
import type { Machine, NativeFunction } from '../machine.ts'

export const collectionFunctions: Readonly<Record<string, NativeFunction>> = {
  'not/0': (input) => input === false || input === null,
  'type/0': (input) => typeName(input),
  'length/0': (input) => {
    if (input === null) return 0
    if (typeof input === 'number') return Math.abs(input)
    if (typeof input === 'string') return [...input].length
    if (typeof input === 'boolean') throw new JqFailure(`${shown(input)} has no length`)
    return Object.keys(input).length
  },
  'keys/0': (input, _args, machine) => keysOf(input, machine, true),
  'keys_unsorted/0': (input, _args, machine) => keysOf(input, machine, false),
  'has/1': (input, [key = null]) => {
    if (input === null && (typeof key === 'string' || typeof key === 'number')) return false
    if (isObject(input) && typeof key === 'string') return Object.hasOwn(input, key)
    if (isArray(input) && typeof key === 'number') return key >= 0 && key < input.length
    throw new JqFailure(
      `Cannot check whether ${typeName(input)} has a ${typeof key === 'string' ? 'string' : typeName(key)} key`,
    )
  },
  'add/0': add,
  'sort/0': (input, _args, machine) => sortArray(input, machine),
  'unique/0': (input, _args, machine) => {
    const sorted = sortArray(input, machine)
    return sorted.filter((item, i) => i === 0 || compare(item, sorted[i - 1] ?? null, machine.spend) !== 0)
  },
  '_sort_by/1': (input, [keys = null], machine) => byKeys(input, keys, machine).map(({ item }) => item),
  '_group_by/1': (input, [keys = null], machine) => {
    const groups: Json[][] = []
    let last: Json | undefined
    for (const { item, key } of byKeys(input, keys, machine)) {
      if (last !== undefined && compare(key, last, machine.spend) === 0) groups.at(-1)?.push(item)
      else groups.push([item])
      last = key
    }
    return groups
  },
  '_min_by/1': (input, [keys = null], machine) => extreme(input, keys, machine, (order) => order < 0),
  '_max_by/1': (input, [keys = null], machine) => extreme(input, keys, machine, (order) => order >= 0),
  'min/0': (input, _args, machine) => extreme(input, input, machine, (order) => order < 0),
  'max/0': (input, _args, machine) => extreme(input, input, machine, (order) => order >= 0),
  'reverse/0': (input, _args, machine) => {
    if (isEmpty(input)) return []
    const items = array(input, 'reversed')
    machine.spend(items.length >> 3)
    return [...items].reverse()
  },
  'flatten/0': (input, _args, machine) => flatten(input, Number.POSITIVE_INFINITY, machine),
  'flatten/1': (input, [depth = null], machine) => {
    if (typeof depth !== 'number' || depth < 0) throw new JqFailure('flatten depth must not be negative')
    return flatten(input, depth, machine)
  },
  'setpath/2': (input, [path = null, value = null], machine) => {
    if (!isArray(path)) throw new JqFailure('Path must be specified as an array')
    return setPath(input, path, 0, value, machine)
  },
  'delpaths/1': (input, [paths = null], machine) => {
    if (!isArray(paths)) throw new JqFailure('Paths must be specified as an array')
    const sorted = [...paths].sort((a, b) => compare(a, b, machine.spend))
    return deletePaths(
      input,
      sorted.map((path) => {
        if (!isArray(path)) throw new JqFailure('Path must be specified as an array')
        return path
      }),
      machine,
    )
  },
  'bsearch/1': (input, [wanted = null], machine) => {
    const items = isEmpty(input) ? [] : array(input, 'searched')
    let [low, high] = [0, items.length - 1]
    while (low <= high) {
      const middle = (low + high) >> 1
      // Between the bounds.
      const order = compare(items[middle]!, wanted, machine.spend)
      if (order === 0) return middle
      if (order < 0) low = middle + 1
      else high = middle - 1
    }
    return -1 - low
  },
}

/** Of length 0, which is all that jq 1.6 looks at in some functions of arrays. */
function isEmpty(input: Json): boolean {
  if (isObject(input)) return Object.keys(input).length === 0
  return input === null || input === '' || input === 0
}

function keysOf(input: Json, machine: Machine, isSorted: boolean): Json {
  if (isArray(input)) {
    machine.spend(input.length >> 3)
    return input.map((_, i) => i)
  }
  if (!isObject(input)) throw new JqFailure(`${shown(input)} has no keys`)
  const keys = isSorted ? sortedKeys(input) : Object.keys(input)
  machine.spend(keys.length >> 2)
  return keys
}

/** Text and arrays are put together in one go: adding one by one would copy the sum each time. */
function add(input: Json, _args: readonly Json[], machine: Machine): Json {
  const items = typeof input === 'object' && input !== null ? Object.values(input) : undefined
  if (items === undefined)
    throw new JqFailure(`Cannot iterate over ${input === null ? 'null' : shown(input)}`)
  machine.spend(items.length)
  const present = items.filter((item) => item !== null)
  if (present.every((item) => typeof item === 'string')) {
    if (present.length === 0) return null
    const sum = present.join('')
    machine.spend(sum.length >> 4)
    return sum
  }
  if (present.every(isArray)) {
    const sum: readonly Json[] = present.flat(1)
    machine.spend(sum.length)
    return sum
  }
  return items.reduce<Json>((sum, item) => plus(sum, item, machine), null)
}

function array(value: Json, done: string): readonly Json[] {
  if (isArray(value)) return value
  throw new JqFailure(`${shown(value)} cannot be ${done}, as it is not an array`)
}

function sortArray(input: Json, machine: Machine): readonly Json[] {
  return [...array(input, 'sorted')].sort((a, b) => compare(a, b, machine.spend))
}

interface Keyed {
  readonly item: Json
  readonly key: Json
}

/** `keys` has the key of each item, as the caller in the prelude has made it. */
function keyed(input: Json, keys: Json): Keyed[] {
  const items = array(input, 'sorted')
  const list = array(keys, 'sorted')
  return items.map((item, i) => ({ item, key: list[i] ?? null }))
}

function byKeys(input: Json, keys: Json, machine: Machine): Keyed[] {
  return keyed(input, keys).sort((a, b) => compare(a.key, b.key, machine.spend))
}

function extreme(input: Json, keys: Json, machine: Machine, isBetter: (order: number) => boolean): Json {
  let best: Keyed | undefined
  for (const candidate of keyed(input, keys)) {
    if (best === undefined || isBetter(compare(candidate.key, best.key, machine.spend))) best = candidate
  }
  return best?.item ?? null
}

function flatten(input: Json, depth: number, machine: Machine): Json {
  if (typeof input !== 'object' || input === null) {
    throw new JqFailure(`Cannot iterate over ${input === null ? 'null' : shown(input)}`)
  }
  const flat: Json[] = []
  const walk = (items: readonly Json[], left: number): void => {
    for (const item of items) {
      machine.spend(1)
      if (isArray(item) && left > 0) walk(item, left - 1)
      else flat.push(item)
    }
  }
  walk(Object.values(input), depth)
  return flat
}
