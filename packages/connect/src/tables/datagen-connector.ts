/**
 * `'connector' = 'datagen'`: rows of random values or sequences, with Flink's options. Row i follows from the seed and i, so
 * a restart goes on where it was.
 *
 *   rows-per-second (10000), number-of-rows (endless; a sequence ends the table too), seed (1)
 *   partition-key             columns whose text keys the records (the first column)
 *   fields.<name>.kind        random (default) | sequence
 *   fields.<name>.min, .max   random numbers; defaults are the range of the type
 *   fields.<name>.start, .end sequence
 *   fields.<name>.length      characters or bytes (100), elements (3)
 *   fields.<name>.null-rate   0 to 1 (0)
 *   fields.<name>.max-past    random timestamps: at most so long before the row's time ('10 s')
 *   fields.<name>.var-len     true: lengths from 1 to `length`
 */
import type { SourceFactory } from '@millrace/runtime'
import {
  encoderOf,
  parseDuration,
  partitionKeyText,
  physicalFields,
  type Row,
  type TableInfo,
} from '@millrace/sql'
import { type Random, randomAt, type SqlType } from '@millrace/values'
import { countedSource } from '../counted-source.ts'
import { ConnectError, shown } from '../errors.ts'
import { integerOption, partitionColumns, type TableConnector } from './table-connector.ts'

export const datagenConnector: TableConnector = {
  name: 'datagen',
  options: ['rows-per-second', 'number-of-rows', 'seed', 'fields.*'],
  source: datagen,
}

const fieldSettings = ['kind', 'min', 'max', 'start', 'end', 'length', 'null-rate', 'max-past', 'var-len']

type Generator = (random: Random, index: number) => Row[number]

function datagen(table: TableInfo): SourceFactory {
  const fields = physicalFields(table)
  checkFieldNames(
    table,
    fields.map(({ name }) => name),
  )
  const seed = table.options.seed ?? '1'
  const rate = integerOption(table, 'rows-per-second', { min: 1, max: 10_000_000 }) ?? 10_000
  const sequences = fields.flatMap(({ name }) => {
    const { start, end } = sequenceOf(table, name) ?? {}
    return start === undefined || end === undefined ? [] : [end - start + 1]
  })
  const rows = integerOption(table, 'number-of-rows', { min: 0, max: Number.MAX_SAFE_INTEGER })
  const generators = fields.map(({ name, type }) => generatorOf(table, name, type))
  const keyColumns = partitionColumns(table)
  // Records that were keyed otherwise lie in other shards.
  const key = keyColumns.length === 0 ? {} : { key: table.options['partition-key'] }
  const decoder = new TextDecoder()
  const encoder = encoderOf(table)
  return countedSource({
    name: `datagen ${table.name}`,
    count: Math.min(rows ?? Number.POSITIVE_INFINITY, ...sequences),
    rate,
    identity: JSON.stringify({ seed, fields: generated(table.options), ...key }),
    record: (index) => {
      const random = randomAt(seed, index)
      const values = generators.map((generate) => generate(random, index))
      const text = keyColumns.length === 0 ? String(values[0] ?? index) : partitionKeyText(values, keyColumns)
      return { key: text, data: decoder.decode(encoder.encode(values, 0)) }
    },
  })
}

function generated(options: TableInfo['options']): Record<string, string> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => name.startsWith('fields.')))
}

function checkFieldNames(table: TableInfo, names: readonly string[]): void {
  for (const option of Object.keys(generated(table.options))) {
    const [, name, setting] = /^fields\.([^.]+)\..*?([^.]+)$/.exec(option) ?? []
    if (name === undefined || !names.includes(name))
      throw new ConnectError(
        'TABLE_OPTION',
        `table ${table.name}: '${option}' names no physical column. Columns: ${names.join(', ')}.`,
      )
    if (setting === undefined || !fieldSettings.includes(setting))
      throw new ConnectError(
        'TABLE_OPTION',
        `table ${table.name}: '${option}' is no setting of a column. Allowed: ${fieldSettings.join(', ')}.`,
      )
  }
}

function sequenceOf(
  table: TableInfo,
  name: string,
): { readonly start: number; readonly end: number } | undefined {
  if (table.options[`fields.${name}.kind`] !== 'sequence') return undefined
  const range = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }
  const start = integerOption(table, `fields.${name}.start`, range) ?? 0
  const end = integerOption(table, `fields.${name}.end`, range) ?? Number.POSITIVE_INFINITY
  return { start, end }
}

function generatorOf(table: TableInfo, name: string, type: SqlType): Generator {
  const kind = table.options[`fields.${name}.kind`] ?? 'random'
  if (kind !== 'random' && kind !== 'sequence')
    throw new ConnectError(
      'TABLE_OPTION',
      `table ${table.name}: 'fields.${name}.kind' is ${shown(kind)}. Allowed: 'random', 'sequence'.`,
    )
  const sequence = sequenceOf(table, name)
  if (sequence !== undefined) {
    const text = type.kind === 'VARCHAR' || type.kind === 'CHAR'
    const scale = type.kind === 'DECIMAL' ? 10 ** type.scale : 1
    return (_, index) => (text ? String(sequence.start + index) : (sequence.start + index) * scale)
  }
  const generate = randomOf(table, name, type)
  const nullRate = numberOption(table, `fields.${name}.null-rate`) ?? 0
  if (!(nullRate > 0)) return generate
  return (random, index) => (random.next() < nullRate ? null : generate(random, index))
}

function randomOf(table: TableInfo, name: string, type: SqlType): Generator {
  const option = (what: string) => table.options[`fields.${name}.${what}`]
  const range = (low: number, high: number): readonly [number, number] => {
    const min = numberOption(table, `fields.${name}.min`) ?? low
    const max = numberOption(table, `fields.${name}.max`) ?? high
    if (max >= min) return [min, max]
    throw new ConnectError(
      'TABLE_OPTION',
      `table ${table.name}: 'fields.${name}.max' is ${max}, below the min of ${min}.`,
    )
  }
  const integers = (low: number, high: number): Generator => {
    const [min, max] = range(low, high)
    return (random) => Math.ceil(min) + random.below(Math.floor(max) - Math.ceil(min) + 1)
  }
  const length = (otherwise: number) =>
    integerOption(table, `fields.${name}.length`, { min: 0, max: 1_000_000 }) ?? otherwise
  const varies = option('var-len') === 'true'
  const size = (random: Random, most: number) => (varies && most > 0 ? 1 + random.below(most) : most)
  switch (type.kind) {
    case 'BOOLEAN':
      return (random) => random.below(2) === 1
    case 'TINYINT':
      return integers(-128, 127)
    case 'SMALLINT':
      return integers(-32768, 32767)
    case 'INTEGER':
      return integers(-2147483648, 2147483647)
    case 'BIGINT':
      return integers(-(2 ** 52), 2 ** 52)
    case 'DECIMAL': {
      const scale = 10 ** type.scale
      const most = Math.min(10 ** (type.precision - type.scale), 2 ** 52 / scale)
      const [min, max] = range(-most + 1, most - 1)
      // Values are counted in units of the last digit, so that the fraction is random too.
      const [from, to] = [Math.ceil(min * scale), Math.floor(max * scale)]
      return (random) => from + random.below(to - from + 1)
    }
    case 'REAL':
    case 'DOUBLE': {
      const [min, max] = range(-1e6, 1e6)
      return (random) => min + random.next() * (max - min)
    }
    case 'CHAR':
    case 'VARCHAR': {
      const most = type.kind === 'CHAR' ? type.length : Math.min(length(100), type.length)
      return (random) => {
        let text = ''
        for (let left = size(random, most); left > 0; left--) text += '0123456789abcdef'[random.below(16)]!
        return text
      }
    }
    case 'BINARY':
    case 'VARBINARY': {
      const most = Math.min(length(100), type.length)
      return (random) => Uint8Array.from({ length: size(random, most) }, () => random.below(256))
    }
    case 'DATE':
      return integers(18_000, 21_000)
    case 'TIME':
      return integers(0, 86_399_999)
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const past = durationOption(table, `fields.${name}.max-past`) ?? 0
      const rate = Number(table.options['rows-per-second'] ?? 10_000)
      return (random, index) =>
        rowsStart + Math.floor((index * 1000) / rate) - (past > 0 ? random.below(past) : 0)
    }
    case 'INTERVAL_DAY':
    case 'INTERVAL_MONTH':
      return integers(0, 1000)
    case 'ARRAY': {
      const element = randomOf(table, `${name}.element`, type.element)
      const most = length(3)
      return (random, index) => Array.from({ length: size(random, most) }, () => element(random, index))
    }
    case 'ROW': {
      const parts = type.fields.map((field) => randomOf(table, `${name}.${field.name}`, field.type))
      return (random, index) => parts.map((part) => part(random, index))
    }
    case 'MAP':
    case 'MULTISET': {
      const key = randomOf(table, `${name}.key`, type.kind === 'MAP' ? type.key : type.element)
      const value = randomOf(table, `${name}.value`, type.kind === 'MAP' ? type.value : { kind: 'INTEGER' })
      const most = length(3)
      return (random, index) =>
        new Map(Array.from({ length: most }, () => [key(random, index), value(random, index)] as const))
    }
    case 'NULL':
      return () => null
  }
}

/** Error TABLE_OPTION. */
function numberOption(table: TableInfo, name: string): number | undefined {
  const text = table.options[name]
  if (text === undefined) return undefined
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value)) return value
  throw new ConnectError(
    'TABLE_OPTION',
    `table ${table.name}: '${name}' is ${shown(text)}. Allowed: a number.`,
  )
}

/** ms. Error TABLE_OPTION. */
function durationOption(table: TableInfo, name: string): number | undefined {
  const text = table.options[name]
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  throw new ConnectError(
    'TABLE_OPTION',
    `table ${table.name}: '${name}' is ${shown(text)}. Allowed: a duration, such as '10 s' or '500 ms'.`,
  )
}

/** Time of row 0: rows have times of their own, so that a run can be repeated. */
const rowsStart = Date.UTC(2026, 0, 1)
