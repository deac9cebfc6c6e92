/**
 * Aggregates that depend on the order of arrival: FIRST_VALUE, LAST_VALUE, LISTAGG, ARRAY_AGG, JSON_ARRAYAGG, JSON_OBJECTAGG.
 * Where rows only come, FIRST_VALUE and LAST_VALUE keep one value; all else keeps the values (ordered-values.ts).
 */
import type { SqlType } from '@millrace/values'
import { quoted, valueJson } from '../../functions/flink/json-value.ts'
import type { SqlValue } from '../../plan.ts'
import type { AggregateCode, AggregateScope } from './aggregate-code.ts'
import {
  addOrdered,
  emptyOrdered,
  firstOrdered,
  lastOrdered,
  listOrdered,
  mergeOrdered,
  removeOrdered,
} from './ordered-values.ts'

export function writeEnd(code: AggregateCode, scope: AggregateScope, which: 'first' | 'last'): string {
  if (code.retracts) {
    const pick = code.constant(which === 'first' ? firstOrdered : lastOrdered)
    return `${pick}(a[${valuesSlot(code, scope)}])`
  }
  const value = scope.values[0]
  const slot = scope.shared(which, () => {
    const first = code.slot('null')
    const arrival = code.slot('null')
    const set = `a[${first}] = ${value}; a[${arrival}] = n`
    scope.step(which === 'first' ? `if (a[${arrival}] === null) { ${set} }` : set, '')
    const sign = which === 'first' ? '<' : '>='
    scope.merge(
      `if (b[${arrival}] !== null && (a[${arrival}] === null || b[${arrival}] ${sign} a[${arrival}])) { a[${first}] = b[${first}]; a[${arrival}] = b[${arrival}] }`,
    )
    return first
  })
  return `a[${slot}]`
}

export function writeListText(code: AggregateCode, scope: AggregateScope, separator: SqlValue): string {
  const text = code.constant(separator ?? ',')
  if (code.retracts || code.ordered) {
    return `${code.constant(joined)}(a[${valuesSlot(code, scope)}], ${text})`
  }
  const value = scope.values[0]
  const slot = scope.shared(`text ${text}`, () => {
    const first = code.slot('null')
    scope.step(`a[${first}] = a[${first}] === null ? ${value} : a[${first}] + ${text} + ${value}`, '')
    scope.merge(
      `if (b[${first}] !== null) a[${first}] = a[${first}] === null ? b[${first}] : a[${first}] + ${text} + b[${first}]`,
    )
    return first
  })
  return `a[${slot}]`
}

export function writeArray(code: AggregateCode, scope: AggregateScope): string {
  return `${code.constant(arrayOf)}(a[${valuesSlot(code, scope)}])`
}

export function writeJsonArray(
  code: AggregateCode,
  scope: AggregateScope,
  { type, zone }: { readonly type: SqlType; readonly zone: string },
): string {
  const text = (list: Parameters<typeof listOrdered>[0]) =>
    `[${listOrdered(list)
      .map((value) => valueJson(value, type, zone))
      .join(',')}]`
  return `${code.constant(text)}(a[${valuesSlot(code, scope)}])`
}

/** Of several values of one key the last stays, in the place of the first. */
export function writeJsonObject(
  code: AggregateCode,
  scope: AggregateScope,
  types: { readonly value: SqlType; readonly absentNulls: boolean; readonly zone: string },
): string {
  const text = (list: Parameters<typeof listOrdered>[0]) => {
    const members = new Map<SqlValue, string>()
    for (const pair of listOrdered(list)) {
      const [key, value] = pair as readonly [SqlValue, SqlValue] // valuesSlot put pairs in.
      if (value !== null || !types.absentNulls) members.set(key, valueJson(value, types.value, types.zone))
    }
    return `{${[...members].map(([key, member]) => `${quoted(String(key))}:${member}`).join(',')}}`
  }
  return `${code.constant(text)}(a[${valuesSlot(code, scope)}])`
}

/** Slot of the list of values; of several arguments, of arrays of them. */
function valuesSlot(code: AggregateCode, scope: AggregateScope): number {
  return scope.shared('values', () => {
    const slot = code.slot(emptyOrdered)
    const value = scope.values.length === 1 ? scope.values[0]! : `[${scope.values.join(', ')}]`
    scope.step(
      `${code.constant(addOrdered)}(a[${slot}], ${value}, n)`,
      `${code.constant(removeOrdered)}(a[${slot}], ${value})`,
    )
    scope.merge(`${code.constant(mergeOrdered)}(a[${slot}], b[${slot}])`)
    return slot
  })
}

function joined(list: Parameters<typeof listOrdered>[0], separator: string): string | null {
  return list[2] === 0 ? null : listOrdered(list).join(separator)
}

function arrayOf(list: Parameters<typeof listOrdered>[0]): SqlValue {
  return list[2] === 0 ? null : listOrdered(list)
}
