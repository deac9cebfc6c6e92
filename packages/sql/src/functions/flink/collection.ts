/**
 * Arrays, maps, multisets and rows of the Flink dialect: constructors, access and functions. Elements are compared by value;
 * NULL is an element like others. Values that are looked for or added are cast to the element's type by the typing.
 */
import { type Field, formatFlinkType, type SqlType } from '@millrace/values'
import { sameValue, valueKey } from '../../changelog/value.ts'
import type { SqlValue } from '../../plan.ts'
import { countOf, textOf } from '../argument-values.ts'
import {
  type ArgumentType,
  type InferredType,
  type ScalarFunction,
  SqlRuntimeError,
} from '../scalar-function.ts'
import { anyNullable, booleanType, countProblem, familyOf, integerType, isIntegerKind } from '../types.ts'
import { compareFlinkValues } from './comparison.ts'
import { define } from './define.ts'
import { arrayOf, findKey, inner, makeMap, mapOf, outer } from './nested-values.ts'
import { flinkCommonType, flinkCommonTypeOf, flinkTypesText, stringType } from './types.ts'

type ArrayType = SqlType & { kind: 'ARRAY' }
type Elements = readonly SqlValue[]

export const flinkCollection: readonly ScalarFunction[] = [
  {
    name: 'ARRAY',
    forms: ['ARRAY[value, ...]'],
    nullIn: 'called',
    infer: (args) => {
      const element = flinkCommonTypeOf(args.map(({ type }) => type))
      if (element === undefined)
        return `the elements of ARRAY have types of different families: ${flinkTypesText(args)}`
      return { type: { kind: 'ARRAY', element }, nullable: false, args: args.map(() => element) }
    },
    evaluate: (args) => args.map(inner),
  },
  {
    name: 'MAP',
    forms: ['MAP[key, value, ...]'],
    nullIn: 'called',
    infer: (args) => {
      if (args.length % 2 !== 0) return 'MAP takes pairs of a key and a value'
      const key = flinkCommonTypeOf(args.filter((_, i) => i % 2 === 0).map(({ type }) => type))
      const value = flinkCommonTypeOf(args.filter((_, i) => i % 2 === 1).map(({ type }) => type))
      if (key === undefined || value === undefined)
        return `the keys or the values of MAP have types of different families: ${flinkTypesText(args)}`
      return {
        type: { kind: 'MAP', key, value },
        nullable: false,
        args: args.map((_, i) => (i % 2 === 0 ? key : value)),
      }
    },
    evaluate: (args) => makeMap(pairsOf(args.map(inner))),
  },
  {
    name: 'ROW',
    forms: ['ROW(value, ...)', '(value, ...)'],
    nullIn: 'called',
    infer: (args) => ({
      type: {
        kind: 'ROW',
        fields: args.map(({ type, nullable }, i): Field => ({ name: `EXPR$${i}`, type, nullable })),
      },
      nullable: false,
    }),
    evaluate: (args) => args.map(inner),
  },
  {
    name: 'FIELD',
    forms: ['row.field'],
    nullIn: 'null',
    infer: ([row, index]) => {
      if (row === undefined || row.type.kind !== 'ROW')
        return `a field is one of a ROW, not of ${row === undefined ? 'nothing' : formatFlinkType(row.type)}`
      const field = row.type.fields[Number(index?.literal)]
      if (field === undefined) return `the row has no field ${String(index?.literal)}`
      return { type: field.type, nullable: row.nullable || field.nullable }
    },
    evaluate: ([row, index], { type }) => outer(arrayOf(row)[countOf(index)] ?? null, type),
  },
  {
    name: 'ITEM',
    forms: ['array[index from 1]', 'map[key]'],
    nullIn: 'null',
    infer: (args) => {
      const problem = countProblem('ITEM', args, 2)
      if (problem !== undefined) return problem
      const [{ type }, key] = [args[0]!, args[1]!]
      if (type.kind === 'ARRAY') {
        if (!isIntegerKind(key.type.kind))
          return `the index of an ARRAY is an integer, not ${formatFlinkType(key.type)}`
        if (typeof key.literal === 'number' && key.literal < 1)
          return `the index of an ARRAY begins with 1, not ${key.literal}`
        return { type: type.element, nullable: true }
      }
      if (type.kind !== 'MAP')
        return `[ ] takes an element of an ARRAY or a MAP, not of ${formatFlinkType(type)}`
      if (flinkCommonType(type.key, key.type) === undefined)
        return `the keys are ${formatFlinkType(type.key)}, not ${formatFlinkType(key.type)}`
      return { type: type.value, nullable: true, args: [type, type.key] }
    },
    evaluate: ([collection, key], { type }) => {
      if (Array.isArray(collection)) return outer(arrayOf(collection)[countOf(key) - 1] ?? null, type)
      const map = mapOf(collection)
      const found = findKey(map, inner(key!))
      return found === undefined ? null : outer(map.get(found)!, type)
    },
  },
  define({
    name: 'CARDINALITY',
    parameters: ['any'],
    forms: ['CARDINALITY(array | map | multiset)'],
    returns: ([argument]) =>
      ['ARRAY', 'MAP', 'MULTISET', 'NULL'].includes(argument!.type.kind)
        ? integerType
        : `CARDINALITY counts an ARRAY, a MAP or a MULTISET, not ${formatFlinkType(argument!.type)}`,
    evaluate: ([collection], { argTypes }) => {
      if (Array.isArray(collection)) return collection.length
      const map = mapOf(collection)
      if (argTypes[0]!.kind === 'MAP') return map.size
      let count = 0
      for (const times of map.values()) count += countOf(times)
      return count
    },
  }),
  define({
    name: 'ELEMENT',
    parameters: ['array'],
    returns: elementType,
    nullable: 'always',
    evaluate: ([array], { type }) => {
      const elements = arrayOf(array)
      if (elements.length > 1)
        throw new SqlRuntimeError(
          'ValueOutOfRange',
          `ELEMENT of an array of ${elements.length} elements; it takes one`,
        )
      return outer(elements[0] ?? null, type)
    },
  }),
  withElement('ARRAY_CONTAINS', booleanType, (elements, value) =>
    elements.some((each) => sameValue(each, value)),
  ),
  {
    ...withElement(
      'ARRAY_POSITION',
      integerType,
      (elements, value) => elements.findIndex((each) => sameValue(each, value)) + 1,
    ),
    nullIn: 'null',
  },
  withElement('ARRAY_REMOVE', 'array', (elements, value) =>
    elements.filter((each) => !sameValue(each, value)),
  ),
  withElement('ARRAY_APPEND', 'array', (elements, value) => [...elements, value]),
  withElement('ARRAY_PREPEND', 'array', (elements, value) => [value, ...elements]),
  ofArray('ARRAY_DISTINCT', (elements) => distinct(elements)),
  ofArray('ARRAY_REVERSE', (elements) => [...elements].reverse()),
  define({
    name: 'ARRAY_SLICE',
    parameters: ['array', 'integer', 'integer?'],
    returns: (args) => args[0]!.type,
    evaluate: ([array, start, end]) =>
      slice(arrayOf(array), countOf(start), end === undefined ? undefined : countOf(end)),
  }),
  define({
    name: 'ARRAY_SORT',
    parameters: ['array', 'boolean?', 'boolean?'],
    forms: ['ARRAY_SORT(array [, ascending [, nulls first]])'],
    returns: orderedArray,
    evaluate: ([array, ascending = true, nullsFirst = ascending], { type }) =>
      sorted(arrayOf(array), elementOf(type), ascending === true, nullsFirst === true),
  }),
  severalArrays('ARRAY_CONCAT', 1, Number.POSITIVE_INFINITY, (arrays) => arrays.flat()),
  severalArrays('ARRAY_UNION', 2, 2, (arrays) => distinct(arrays.flat())),
  severalArrays('ARRAY_EXCEPT', 2, 2, ([a = [], b = []]) => except(a, b)),
  severalArrays('ARRAY_INTERSECT', 2, 2, ([a = [], b = []]) => {
    const keys = new Set(b.map(valueKey))
    return distinct(a.filter((each) => keys.has(valueKey(each))))
  }),
  extreme('ARRAY_MAX', 1),
  extreme('ARRAY_MIN', -1),
  define({
    name: 'ARRAY_JOIN',
    parameters: ['array', 'text', 'text?'],
    forms: ['ARRAY_JOIN(array, delimiter [, text for NULL])'],
    returns: ([array]) =>
      familyOf(elementOf(array!.type)) === 'text' || elementOf(array!.type).kind === 'NULL'
        ? stringType
        : `ARRAY_JOIN joins an ARRAY<STRING>, not ${formatFlinkType(array!.type)}`,
    evaluate: ([array, delimiter, forNull]) =>
      arrayOf(array)
        .map((element) => element ?? forNull ?? null)
        .filter((element) => element !== null)
        .map(textOf)
        .join(textOf(delimiter)),
  }),
  define({
    name: 'MAP_KEYS',
    parameters: ['map'],
    returns: ([map]) => ({ kind: 'ARRAY', element: entryTypes(map!.type)[0] }),
    evaluate: ([map]) => [...mapOf(map).keys()],
  }),
  define({
    name: 'MAP_VALUES',
    parameters: ['map'],
    returns: ([map]) => ({ kind: 'ARRAY', element: entryTypes(map!.type)[1] }),
    evaluate: ([map]) => [...mapOf(map).values()],
  }),
  define({
    name: 'MAP_ENTRIES',
    parameters: ['map'],
    returns: ([map]) => {
      const [key, value] = entryTypes(map!.type)
      const fields = [
        { name: 'key', type: key, nullable: true },
        { name: 'value', type: value, nullable: true },
      ]
      return { kind: 'ARRAY', element: { kind: 'ROW', fields } }
    },
    evaluate: ([map]) => [...mapOf(map)],
  }),
  define({
    name: 'MAP_FROM_ARRAYS',
    parameters: ['array', 'array'],
    returns: ([keys, values]) => ({
      kind: 'MAP',
      key: elementOf(keys!.type),
      value: elementOf(values!.type),
    }),
    evaluate: ([keys, values]) => {
      const [k, v] = [arrayOf(keys), arrayOf(values)]
      if (k.length !== v.length)
        throw new SqlRuntimeError(
          'ValueOutOfRange',
          `MAP_FROM_ARRAYS of ${k.length} keys and ${v.length} values`,
        )
      return makeMap(k.map((key, i) => [key, v[i]!] as const))
    },
  }),
  {
    name: 'MAP_UNION',
    forms: ['MAP_UNION(map, map, ...)'],
    nullIn: 'null',
    infer: (args) => common('MAP_UNION', 'MAP', args, 1, Number.POSITIVE_INFINITY),
    evaluate: (args) => makeMap(args.flatMap((map) => [...mapOf(map)])),
  },
]

function pairsOf(values: Elements): (readonly [SqlValue, SqlValue])[] {
  const pairs: (readonly [SqlValue, SqlValue])[] = []
  for (let i = 0; i + 1 < values.length; i += 2) pairs.push([values[i]!, values[i + 1]!])
  return pairs
}

function elementOf(type: SqlType): SqlType {
  return type.kind === 'ARRAY' ? type.element : stringType
}

function elementType(args: readonly ArgumentType[]): SqlType {
  return elementOf(args[0]!.type)
}

function entryTypes(type: SqlType): readonly [SqlType, SqlType] {
  return type.kind === 'MAP' ? [type.key, type.value] : [stringType, stringType]
}

function distinct(elements: Elements): Elements {
  const seen = new Set<string>()
  return elements.filter((element) => {
    const key = valueKey(element)
    return !seen.has(key) && seen.add(key) !== undefined
  })
}

/** Elements of `a`, each as often as `b` does not take it away. */
function except(a: Elements, b: Elements): Elements {
  const taken = new Map<string, number>()
  for (const element of b) taken.set(valueKey(element), (taken.get(valueKey(element)) ?? 0) + 1)
  return a.filter((element) => {
    const left = taken.get(valueKey(element)) ?? 0
    if (left > 0) taken.set(valueKey(element), left - 1)
    return left === 0
  })
}

/** From 1, both ends included; below 0 from the end, 0 as 1. */
function slice(elements: Elements, start: number, end = elements.length): Elements {
  const place = (index: number) => (index < 0 ? elements.length + index + 1 : Math.max(1, index))
  const [from, to] = [place(start), end === 0 ? 1 : place(end)]
  if (from < 1 && to < 1) return []
  return from > to ? [] : elements.slice(Math.max(0, from - 1), to)
}

function sorted(elements: Elements, type: SqlType, ascending: boolean, nullsFirst: boolean): Elements {
  const sign = ascending ? 1 : -1
  return [...elements].sort((a, b) => {
    if (a === null || b === null) return a === b ? 0 : (a === null) === nullsFirst ? -1 : 1
    return sign * compareFlinkValues(a, type, b, type)
  })
}

function orderedArray(args: readonly ArgumentType[]): SqlType | string {
  const { type } = args[0]!
  if (familyOf(elementOf(type)) === 'nested') return `${formatFlinkType(type)} has no order`
  return type
}

/** The greatest or least element that is not NULL; NULL if there is none. */
function extreme(name: string, sign: 1 | -1): ScalarFunction {
  return define({
    name,
    parameters: ['array'],
    returns: (args) => {
      const type = orderedArray(args)
      return typeof type === 'string' ? type : elementOf(type)
    },
    nullable: 'always',
    evaluate: ([array], { type }) => {
      let best: SqlValue = null
      for (const element of arrayOf(array)) {
        if (element === null) continue
        if (best === null || sign * compareFlinkValues(element, type, best, type) > 0) best = element
      }
      return outer(best, type)
    },
  })
}

function ofArray(name: string, change: (elements: Elements) => Elements): ScalarFunction {
  return define({
    name,
    parameters: ['array'],
    returns: (args) => args[0]!.type,
    evaluate: ([array]) => change(arrayOf(array)),
  })
}

/** Functions of an array and a value: both meet in one element type. A NULL array gives NULL, a NULL value is one. */
function withElement(
  name: string,
  result: SqlType | 'array',
  compute: (elements: Elements, value: SqlValue) => SqlValue,
): ScalarFunction {
  return {
    name,
    forms: [`${name}(array, value)`],
    nullIn: 'called',
    infer: (args) => {
      const problem = countProblem(name, args, 2)
      if (problem !== undefined) return problem
      const [array, value] = [args[0]!, args[1]!]
      if (array.type.kind !== 'ARRAY' && array.type.kind !== 'NULL')
        return `argument 1 of ${name} is an ARRAY, not ${formatFlinkType(array.type)}`
      const given = array.type.kind === 'ARRAY' ? array.type.element : value.type
      const element = flinkCommonType(given, value.type)
      if (element === undefined)
        return `${name}: the elements are ${formatFlinkType(given)}, not ${formatFlinkType(value.type)}`
      const type: ArrayType = { kind: 'ARRAY', element }
      return {
        type: result === 'array' ? type : result,
        nullable: array.nullable || value.nullable,
        args: [type, element],
      }
    },
    evaluate: ([array, value]) => (array === null ? null : compute(arrayOf(array), inner(value!))),
  }
}

function severalArrays(
  name: string,
  min: number,
  max: number,
  compute: (arrays: readonly Elements[]) => Elements,
): ScalarFunction {
  return {
    name,
    forms: [`${name}(array, array${max === 2 ? '' : ', ...'})`],
    nullIn: 'null',
    infer: (args) => common(name, 'ARRAY', args, min, max),
    evaluate: (args) => compute(args.map(arrayOf)),
  }
}

function common(
  name: string,
  kind: 'ARRAY' | 'MAP',
  args: readonly ArgumentType[],
  min: number,
  max: number,
): InferredType | string {
  const problem = countProblem(name, args, min, max)
  if (problem !== undefined) return problem
  const type = flinkCommonTypeOf(args.map((argument) => argument.type))
  if (type === undefined || (type.kind !== kind && type.kind !== 'NULL'))
    return `${name} takes values of one type of ${kind}, not ${flinkTypesText(args)}`
  return { type, nullable: anyNullable(args), args: args.map(() => type) }
}

/** TYPEOF: the type in Flink's words, NOT NULL where the value cannot be NULL. It is known when the program is bound. */
export const flinkTypeOf: ScalarFunction = {
  name: 'TYPEOF',
  forms: ['TYPEOF(value [, full])'],
  nullIn: 'called',
  infer: (args) => {
    const problem = countProblem('TYPEOF', args, 1, 2)
    if (problem !== undefined) return problem
    const { type, nullable } = args[0]!
    return {
      type: stringType,
      nullable: false,
      value: `${formatFlinkType(type)}${nullable ? '' : ' NOT NULL'}`,
    }
  },
  evaluate: (_, { argTypes }) => formatFlinkType(argTypes[0]!),
}
