/**
 * The law of all envelopes: whatever the names, types and values, a record is JSON that a strict reader takes, and reading it gives back
 * every value that the row had, digit for digit. What each value must read as is said again here, in a second way.
 */
import { scanJson } from '@millrace/values'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ColumnValue } from '../model/column-value.ts'
import type { ColumnType } from '../model/table-schema.ts'
import type { CdcOptions } from '../source/cdc-options.ts'
import {
  change,
  Digits,
  encodeAll,
  mysqlSource,
  readDigits,
  table,
  types,
  type Written,
} from '../testing/change-samples.ts'
import { makeEnvelope } from './make-envelope.ts'

type Known = Exclude<ColumnValue, null | undefined>

interface Drawn {
  readonly type: ColumnType
  readonly value: ColumnValue
  /** What reading gives, by envelope. */
  readonly reads: { readonly [format in 'dms' | 'debezium' | 'flat']: unknown }
}

const unit = fc.oneof(
  fc.integer({ min: 0x20, max: 0x7e }),
  fc.integer({ min: 0, max: 0xffff }),
  fc.constantFrom(0, 8, 0x1f, 0x22, 0x5c, 0x7f, 0x2028, 0xd800, 0xdc00, 0xd83d, 0xde00, 0xfeff),
)
const anyText = fc.array(unit, { maxLength: 12 }).map((units) => String.fromCharCode(...units))
/** As UTF-8 has it: halves of pairs become U+FFFD. */
const utf8 = (text: string) => Buffer.from(text, 'utf8').toString('utf8')
const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

const same = (read: unknown) => ({ dms: read, debezium: read, flat: read })

function drawn<T extends Known>(
  type: ColumnType,
  values: fc.Arbitrary<T>,
  reads: (value: T) => Drawn['reads'],
): fc.Arbitrary<Drawn> {
  return values.map((value) => ({ type, value, reads: reads(value) }))
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => {
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : value
})
const digits = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 10n - 1n }), fc.boolean()).map(([n, isNegative]) => {
  const text = String(n).padStart(3, '0')
  return `${isNegative && n !== 0n ? '-' : ''}${text.slice(0, -2)}.${text.slice(-2)}`
})
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value))

const known: fc.Arbitrary<Drawn> = fc.oneof(
  drawn(types.bigint, int64, (value) => same(new Digits(String(value)))),
  drawn(types.decimal, digits, (value) => ({
    ...same(new Digits(value)),
    debezium: twosComplement(BigInt(value.replace('.', ''))),
  })),
  drawn({ kind: 'float', native: 'double', bits: 64 }, fc.double(), (value) =>
    same(
      Number.isFinite(value)
        ? new Digits(Object.is(value, -0) ? '-0' : JSON.stringify(value))
        : String(value),
    ),
  ),
  drawn(types.text, anyText, (value) => same(utf8(value))),
  drawn({ kind: 'boolean', native: 'boolean' }, fc.boolean(), (value) => same(value)),
  drawn(types.bytes, fc.uint8Array({ maxLength: 20 }), (value) => ({
    dms: `0x${hex(value)}`,
    debezium: Buffer.from(value).toString('base64'),
    flat: Buffer.from(value).toString('base64'),
  })),
  drawn(types.json, json, (value) => ({
    dms: utf8(value),
    debezium: utf8(value),
    flat: readDigits(utf8(value)),
  })),
  fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }).map((ms): Drawn => {
    const text = `${new Date(ms).toISOString().slice(0, -1)}000`
    const value = text.replace('T', ' ')
    const reads = { dms: `${text}Z`, debezium: new Digits(`${BigInt(ms) * 1000n}`), flat: value }
    return { type: types.datetime, value, reads }
  }),
)

const cell: fc.Arbitrary<Drawn> = fc.oneof(
  { weight: 8, arbitrary: known },
  { weight: 1, arbitrary: known.map((drawnCell) => ({ ...drawnCell, value: null, reads: same(null) })) },
)
const name = fc.oneof(
  anyText.map(utf8),
  fc.constantFrom('id', '__proto__', 'constructor', 'a b', 'a"b', 'data', '1', '\n', ''),
)
const row = fc.uniqueArray(fc.tuple(name, cell), { minLength: 1, maxLength: 8, selector: ([text]) => text })

function twosComplement(value: bigint): string {
  let bytes = 1
  while (BigInt.asIntN(bytes * 8, value) !== value) bytes++
  return Buffer.from(
    BigInt.asUintN(bytes * 8, value)
      .toString(16)
      .padStart(bytes * 2, '0'),
    'hex',
  ).toString('base64')
}

function members(record: Written): object {
  const bytes = Buffer.from(record.data, 'utf8')
  // The scanner wants its whole document, and finds what JSON.parse lets pass.
  expect(scanJson(bytes)).toBeNull()
  expect([...record.key].length).toBeLessThanOrEqual(256)
  expect(record.key).not.toBe('')
  return readDigits(bytes.toString('utf8')) as object // The envelopes write objects.
}

function law(
  options: CdcOptions['envelope'],
  format: keyof Drawn['reads'],
  pick: (record: object) => unknown,
  isLeftOut: (drawnCell: Drawn) => boolean,
): void {
  fc.assert(
    fc.property(row, (cells) => {
      const columns = cells.map(([text, { type }]) => ({ name: text, type, isNullable: true }))
      const schema = table(columns, [0])
      const envelope = makeEnvelope(options, mysqlSource)
      const after = cells.map(([, { value }]) => value)
      const [record] = encodeAll(envelope, change('insert', schema, { after }))
      const expected = cells.flatMap(([text, drawnCell]) =>
        isLeftOut(drawnCell) ? [] : [[text, drawnCell.reads[format]] as const],
      )
      expect(pick(members(record!))).toEqual(Object.fromEntries(expected))
    }),
    { numRuns: 500 },
  )
}

const never = () => false
const isEmpty = ({ value }: Drawn) =>
  value === null || value === '' || (value instanceof Uint8Array && value.length === 0)
// Members of records, by name.
const member = (text: string) => (record: object) => (record as { readonly [name: string]: unknown })[text]

test('dms, on one line, without nulls', () => law('dms', 'dms', member('data'), isEmpty))
test('dms, indented, with nulls', () =>
  law({ format: 'dms', MessageFormat: 'json', IncludeNullAndEmpty: true }, 'dms', member('data'), never))
test('debezium', () => law('debezium', 'debezium', member('after'), never))
test('debezium with schemas', () =>
  law(
    { format: 'debezium', schemasEnable: true },
    'debezium',
    (record) => member('after')(member('payload')(record) as object), // The payload is an object.
    never,
  ))
test('flat', () =>
  law(
    { format: 'flat', prefix: '%%' },
    'flat',
    (record) => Object.fromEntries(Object.entries(record).filter(([text]) => !text.startsWith('%%'))),
    never,
  ))
