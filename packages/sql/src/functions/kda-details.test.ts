/** The details of spec 2.14 that a program can notice, by example: what the KDA dialect answers, or how the row fails. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SqlType, SqlValue } from '../plan.ts'
import { castProblem, isSettled, lookupScalar, SqlRuntimeError } from './index.ts'

const varchar = (length = 100): SqlType => ({ kind: 'VARCHAR', length })
const timestampType: SqlType = { kind: 'TIMESTAMP' }
type Argument = readonly [SqlType, SqlValue]
const text = (value: string | null): Argument => [varchar(), value]
const int = (value: number): Argument => [{ kind: 'INTEGER' }, value]
const at = (value: string | null): Argument => [
  timestampType,
  value === null ? null : Date.parse(`${value}Z`),
]
const now = Date.UTC(2024, 0, 1)

/** The value of a call, or the name of the row's failure. */
function outcome(name: string, args: readonly Argument[], type?: SqlType): SqlValue {
  const fn = lookupScalar(name, 'kda')!
  const inferred =
    type === undefined
      ? fn.infer(args.map(([of, value]) => ({ type: of, nullable: value === null, literal: value })))
      : { type }
  if (typeof inferred === 'string') throw new Error(inferred)
  const values = args.map(([, value]) => value)
  if (fn.nullIn === 'null' && values.includes(null)) return null
  try {
    return fn.evaluate(values, { type: inferred.type, argTypes: args.map(([of]) => of), rowtime: now })
  } catch (error) {
    if (error instanceof SqlRuntimeError) return error.name
    throw error
  }
}

describe('text', () => {
  test.each<[string, Argument[], SqlValue]>([
    ['SUBSTRING_FROM', [text('123456789'), int(-1), int(4)], '12'],
    ['SUBSTRING_FROM', [text('123456789'), int(0), int(1)], ''],
    ['SUBSTRING_FROM', [text('123456789'), int(10)], ''],
    ['SUBSTRING', [text('123456789'), int(10)], null],
    ['SUBSTRING', [text('123456789'), int(9), int(5)], '9'],
    ['SUBSTRING_SIMILAR', [text('xyz'), text('x#"y#"z'), text('#')], 'y'],
    ['OVERLAY', [text('12345'), text('foo'), int(0)], 'foo345'],
    ['OVERLAY', [text('12345'), text('foo'), int(-2)], 'foo12345'],
    ['OVERLAY', [text('12345'), text('foo'), int(17)], '12345foo'],
    ['OVERLAY', [text('12345'), text('foo'), int(2), int(0)], '1foo2345'],
    ['OVERLAY', [text('12345'), text('foo'), int(2), int(-1)], 'ValueOutOfRange'],
    ['POSITION', [text('b'), text('abc')], 2],
    ['POSITION', [text('z'), text('abc')], 0],
    ['REGEX_REPLACE', [text('abab'), text('a'), text('x'), int(1), int(0)], 'xbxb'],
    ['REGEX_REPLACE', [text('abab'), text('a'), text('x'), int(2), int(1)], 'abxb'],
    ['REGEX_REPLACE', [text('abab'), text('a'), text('x'), int(9), int(0)], 'abab'],
    ['REGEX_REPLACE', [text('abab'), text('a'), text('x'), int(0), int(0)], 'ValueOutOfRange'],
    ['REGEX_REPLACE', [text('abab'), text('a'), text('x'), int(1), int(-1)], 'ValueOutOfRange'],
    ['REGEX_REPLACE', [text(null), text('a'), text('x'), int(1), int(0)], null],
  ])('%# %s', (name, args, wanted) => {
    expect(outcome(name, args)).toBe(wanted)
  })
})

describe('time and text', () => {
  const ms = (of: string) => at(of)[1]
  test.each<[string, Argument[], SqlValue]>([
    ['TIMESTAMP_TO_CHAR', [text('yyyy'), at(null)], 'null'],
    ['TIMESTAMP_TO_CHAR', [text('hh:mm a'), at('2009-09-16T00:05:00')], '12:05 AM'],
    // 2001-01-01 was a Monday, so its week began on 2000-12-31; 2001-07-04 is 185 days later: week 27.
    [
      'TIMESTAMP_TO_CHAR',
      [text('yyyy.MM.dd G w W F u E'), at('2001-07-04T12:08:56')],
      '2001.07.04 AD 27 1 1 3 Wed',
    ],
    ['TIMESTAMP_TO_CHAR', [text('k K h H z'), at('2001-07-04T00:08:56')], '24 0 12 0 UTC'],
    [
      'CHAR_TO_TIMESTAMP',
      [text('yyyy-MM-dd kk:mm z'), text('2001-07-04 24:08 UTC')],
      ms('2001-07-04T00:08:00'),
    ],
    ['CHAR_TO_TIMESTAMP', [text('K:mm a'), text('0:08 PM')], ms('1970-01-01T12:08:00')],
    ['DATE_TO_CHAR', [text('yyyy'), [{ kind: 'DATE' }, null]], null],
    [
      'CHAR_TO_TIMESTAMP',
      [text('yyyy-MM-dd HH:mm:ss'), text('2009-09-16 03:15:24 and more')],
      ms('2009-09-16T03:15:24'),
    ],
    ['CHAR_TO_TIMESTAMP', [text('yyyy'), text('2009-09-16 03:15:24')], ms('2009-01-01T00:00:00')],
    ['CHAR_TO_TIMESTAMP', [text('hh:mm'), text('12:30')], ms('1970-01-01T00:30:00')],
    ['CHAR_TO_TIMESTAMP', [text('yy'), text('9')], ms('0009-01-01T00:00:00')],
    ['CHAR_TO_TIMESTAMP', [text('yy'), text('09')], ms('2009-01-01T00:00:00')],
    ['CHAR_TO_TIMESTAMP', [text('yyyy-MM'), text('2009/09')], 'CoercionError'],
    ['CHAR_TO_TIMESTAMP', [text('MM/dd/yy'), text('2009/09/16')], 'CoercionError'],
    ['CHAR_TO_TIMESTAMP', [text('yyyy-MM-dd'), text('2009-02-29')], 'CoercionError'],
    ['CHAR_TO_TIMESTAMP', [text('yyyy-MM-dd'), text('2008-02-29')], ms('2008-02-29T00:00:00')],
    ['CHAR_TO_TIMESTAMP', [text('yyyy-MM-dd X'), text('2009-09-16 +0200')], ms('2009-09-15T22:00:00')],
    ['TSDIFF', [at('2024-01-01T00:00:00'), at('2024-01-01T00:00:01')], 1000n],
    ['UNIX_TIMESTAMP', [at('1970-01-01T00:00:01')], 1000n],
    ['TO_TIMESTAMP', [[{ kind: 'BIGINT' }, 1000n]], 1000],
    ['EXTRACT', [text('SECOND'), at('2024-01-01T00:00:01.250')], 1250n],
    ['TEMPORAL_DIFF', [at('2024-01-02T00:00:00'), at('2024-01-01T00:00:00'), text('SECOND')], 86_400_000],
  ])('%# %s', (name, args, wanted) => {
    expect(outcome(name, args)).toBe(wanted)
  })

  test('CAST', () => {
    const cast = (value: SqlValue, from: SqlType, to: SqlType) => outcome('CAST', [[from, value]], to)
    expect(cast('2024-01-02 03:04:05', varchar(), timestampType)).toBe(ms('2024-01-02T03:04:05'))
    expect(cast('2024-01-02', varchar(), timestampType)).toBe('CoercionError')
    expect(cast('2024-01-02 03:04', varchar(), timestampType)).toBe('CoercionError')
    expect(cast(123456, { kind: 'INTEGER' }, varchar(3))).toBe('CoercionError')
    expect(cast(19000, { kind: 'DATE' }, varchar(5))).toBe('CoercionError')
    expect(cast(25n, { kind: 'DECIMAL', precision: 2, scale: 1 }, { kind: 'INTEGER' })).toBe(3)
    expect(castProblem('CAST', timestampType, { kind: 'BIGINT' })).toContain('UNIX_TIMESTAMP')
  })

  test('what depends on the time of the row is not settled by literals', () => {
    const settled = (fn: string, args: readonly SqlType[], type: SqlType) =>
      isSettled({ fn, args: args.map((each) => ({ type: each })), type })
    expect(settled('CHAR_TO_TIMESTAMP', [varchar(), varchar()], timestampType)).toBe(false)
    expect(settled('CAST', [{ kind: 'TIME' }], timestampType)).toBe(false)
    expect(settled('CAST', [varchar()], timestampType)).toBe(true)
  })

  test('a bare difference of times is refused', () => {
    expect(() => outcome('-', [at('2024-01-01T00:00:00'), at('2024-01-01T00:00:00')])).toThrow('needs a unit')
  })
})

describe('periods', () => {
  const minute = (of: number): Argument => [timestampType, of * 60_000]
  const holds = (op: string, s1: number, e1: number, s2: number, e2: number) =>
    outcome(`PERIOD ${op}`, [minute(s1), minute(e1), minute(s2), minute(e2)])

  // One pair for each of the thirteen relations of two periods, and the predicates that hold for it.
  test.each<[string, [number, number, number, number], string[]]>([
    ['before', [0, 1, 2, 3], ['PRECEDES', 'STRICTLY PRECEDES']],
    ['meets', [0, 1, 1, 2], ['PRECEDES', 'IMMEDIATELY PRECEDES']],
    ['overlaps', [0, 2, 1, 3], ['OVERLAPS', 'STRICTLY OVERLAPS', 'LEADS', 'STRICTLY LEADS']],
    ['finished by', [0, 2, 1, 2], ['CONTAINS', 'OVERLAPS', 'LEADS', 'IMMEDIATELY LEADS']],
    ['contains', [0, 3, 1, 2], ['CONTAINS', 'STRICTLY CONTAINS', 'OVERLAPS', 'STRICTLY OVERLAPS']],
    ['starts', [0, 1, 0, 2], ['OVERLAPS']],
    ['equals', [0, 1, 0, 1], ['CONTAINS', 'OVERLAPS', 'EQUALS']],
    ['started by', [0, 2, 0, 1], ['CONTAINS', 'OVERLAPS', 'LAGS', 'IMMEDIATELY LAGS']],
    ['during', [1, 2, 0, 3], ['OVERLAPS', 'STRICTLY OVERLAPS']],
    ['finishes', [1, 2, 0, 2], ['OVERLAPS']],
    ['overlapped by', [1, 3, 0, 2], ['OVERLAPS', 'STRICTLY OVERLAPS', 'LAGS', 'STRICTLY LAGS']],
    ['met by', [1, 2, 0, 1], ['SUCCEEDS', 'IMMEDIATELY SUCCEEDS']],
    ['after', [2, 3, 0, 1], ['SUCCEEDS', 'STRICTLY SUCCEEDS']],
  ])('%s', (_, [s1, e1, s2, e2], wanted) => {
    const plain = ['CONTAINS', 'OVERLAPS', 'EQUALS', 'PRECEDES', 'SUCCEEDS', 'LEADS', 'LAGS']
    const strict = plain.filter((op) => op !== 'EQUALS').map((op) => `STRICTLY ${op}`)
    const immediate = ['PRECEDES', 'SUCCEEDS', 'LEADS', 'LAGS'].map((op) => `IMMEDIATELY ${op}`)
    const found = [...plain, ...strict, ...immediate].filter((op) => holds(op, s1, e1, s2, e2))
    expect(found.sort()).toEqual(wanted.sort())
  })

  test('a point is contained where start <= point < end', () => {
    fc.assert(
      fc.property(fc.nat(5), fc.integer({ min: 1, max: 5 }), fc.nat(12), (start, length, point) => {
        const inside = start <= point && point < start + length
        expect(holds('CONTAINS', start, start + length, point, point)).toBe(inside)
      }),
    )
  })

  test('NULL gives UNKNOWN; a period that ends before it starts fails the row', () => {
    expect(outcome('PERIOD EQUALS', [at(null), minute(1), minute(0), minute(1)])).toBeNull()
    expect(holds('OVERLAPS', 2, 1, 0, 3)).toBe('ValueOutOfRange')
    expect(() => outcome('PERIOD EQUALS', [text('x'), minute(1), minute(0), minute(1)])).toThrow(
      'compares periods',
    )
  })
})
