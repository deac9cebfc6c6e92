/** Values of case files as values of rows in the changelog engine. */
import { parseDate, parseTime, type SqlType } from '@millrace/values'
import { narrow } from '../changelog/row.ts'
import type { SqlValue } from '../plan.ts'
import { CaseFileError, type CaseValue, parseCaseTime } from './case-file.ts'

/** Throws CaseFileError for a value that is none of the type. */
export function fromCaseValue(value: CaseValue, type: SqlType): SqlValue {
  if (value === null) return null
  switch (type.kind) {
    case 'BOOLEAN':
      return typeof value === 'boolean' ? value : String(value).toLowerCase() === 'true'
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'REAL':
    case 'DOUBLE':
    case 'INTERVAL_DAY':
    case 'INTERVAL_MONTH':
      return finite(Number(value), value, type)
    case 'BIGINT':
      if (typeof value === 'number') return Number.isInteger(value) ? value : wrong(value, type)
      return narrow(integer(String(value), value, type))
    case 'DECIMAL':
      return narrow(decimal(String(value), type.scale) ?? wrong(value, type))
    case 'CHAR':
    case 'VARCHAR':
      return typeof value === 'string' ? value : JSON.stringify(value)
    case 'BINARY':
    case 'VARBINARY':
      return new Uint8Array(Buffer.from(String(value), 'hex'))
    case 'DATE':
      return finite(parseDate(String(value)), value, type)
    case 'TIME':
      return finite(parseTime(String(value)), value, type)
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return finite(typeof value === 'number' ? value : parseCaseTime(String(value)), value, type)
    case 'ARRAY':
      return Array.isArray(value)
        ? value.map((each: CaseValue) => fromCaseValue(each, type.element))
        : wrong(value, type)
    case 'ROW': {
      if (typeof value !== 'object') return wrong(value, type)
      const fields = value as Readonly<Record<string, CaseValue>> // A list is read by index, an object by name.
      return type.fields.map(({ name, type: fieldType }, i) =>
        fromCaseValue((Array.isArray(value) ? value[i] : fields[name]) ?? null, fieldType),
      )
    }
    case 'MAP':
    case 'MULTISET': {
      if (typeof value !== 'object' || Array.isArray(value)) return wrong(value, type)
      const [key, held] = type.kind === 'MAP' ? [type.key, type.value] : [type.element, integerType]
      return new Map(
        Object.entries(value).map(([name, each]) => [
          fromCaseValue(name, key),
          fromCaseValue(each as CaseValue, held),
        ]),
      )
    }
    case 'NULL':
      return null
  }
}

const integerType: SqlType = { kind: 'INTEGER' }

function finite(number: number, value: CaseValue, type: SqlType): number {
  return Number.isNaN(number) ? wrong(value, type) : number
}

function integer(text: string, value: CaseValue, type: SqlType): bigint {
  return /^[+-]?\d+$/.test(text) ? BigInt(text) : wrong(value, type)
}

/** Unscaled; digits beyond the scale are rounded half up. */
function decimal(text: string, scale: number): bigint | undefined {
  const match = /^([+-]?)(\d*)\.?(\d*)$/.exec(text)
  if (match === null) return undefined
  const digits = `${match[2]}${match[3]!.slice(0, scale).padEnd(scale, '0')}`
  const size = BigInt(digits === '' ? '0' : digits) + ((match[3]![scale] ?? '0') >= '5' ? 1n : 0n)
  return match[1] === '-' ? -size : size
}

function wrong(value: CaseValue, type: SqlType): never {
  throw new CaseFileError(`the value ${JSON.stringify(value)} is no ${type.kind}`)
}
