/**
 * A value as JSON_OBJECTAGG and JSON_ARRAYAGG write it: numbers and booleans as themselves (DECIMAL with all its digits),
 * floating values that JSON cannot say as text, everything that has no JSON form of its own as the text that CAST gives,
 * bytes as Base64, ARRAY and MULTISET as arrays, ROW and MAP as objects.
 */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../plan.ts'
import { plainText } from './cast.ts'
import { decimalText } from './numbers.ts'

export function jsonAggregateText(value: SqlValue, type: SqlType): string {
  if (value === null) return 'null'
  switch (type.kind) {
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
      return String(value)
    case 'REAL':
    case 'DOUBLE':
      return Number.isFinite(value) ? String(value) : JSON.stringify(String(value))
    case 'DECIMAL':
      return decimalText(BigInt(value as number | bigint), type.scale) // One of the two forms of a DECIMAL.
    case 'CHAR':
    case 'VARCHAR':
      return JSON.stringify(value)
    case 'BINARY':
    case 'VARBINARY':
      return JSON.stringify(Buffer.from(value as Uint8Array).toString('base64')) // The form of these types.
    case 'ARRAY':
      return `[${elementsOf(value)
        .map((element) => jsonAggregateText(element, type.element))
        .join(',')}]`
    case 'MULTISET':
      return `[${[...mapOf(value)]
        .flatMap(([element, count]) =>
          new Array<string>(Number(count)).fill(jsonAggregateText(element, type.element)),
        )
        .join(',')}]`
    case 'MAP':
      return `{${[...mapOf(value)]
        .map(([key, element]) => `${keyText(key, type.key)}:${jsonAggregateText(element, type.value)}`)
        .join(',')}}`
    case 'ROW':
      return `{${type.fields
        .map(
          (field, i) =>
            `${JSON.stringify(field.name)}:${jsonAggregateText(elementsOf(value)[i]!, field.type)}`,
        )
        .join(',')}}`
    default:
      return JSON.stringify(plainText(value, type))
  }
}

function keyText(key: SqlValue, type: SqlType): string {
  return JSON.stringify(typeof key === 'string' ? key : plainText(key, type))
}

function elementsOf(value: SqlValue): readonly SqlValue[] {
  return value as readonly SqlValue[] // The form of ARRAY and ROW.
}

function mapOf(value: SqlValue): ReadonlyMap<SqlValue, SqlValue> {
  return value as ReadonlyMap<SqlValue, SqlValue> // The form of MAP and MULTISET.
}
