import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HostAggregate, HostFunctions } from '../../host-function.ts'
import type { AggregateCall } from '../plan.ts'
import type { Row } from '../row.ts'
import { sameRow } from '../value.ts'
import {
  answerText,
  call,
  column,
  naive,
  orderedCall,
  sampleRow,
  sampleTypes,
  separator,
  setCall,
} from './aggregate-samples.ts'
import { makeAggregateProgram } from './make-aggregate-program.ts'

const context = { now: () => 0, zone: 'UTC', functions: new Map(), watermark: () => undefined }

function expectAnswers(calls: readonly AggregateCall[], got: readonly unknown[], rows: readonly Row[]): void {
  const expected = calls.map((each) => naive(each, rows))
  const texts = (values: readonly unknown[]) =>
    calls.map((each, i) => `${each.fn} ${answerText(each, values[i] as never, expected[i]!)}`)
  expect(texts(got)).toEqual(texts(expected))
}

/** Taking back a row takes its first occurrence. */
function without(rows: readonly Row[], row: Row): Row[] {
  const at = rows.findIndex((each) => sameRow(each, row))
  return rows.filter((_, i) => i !== at)
}

test('adding and taking back in any order, in parts that merge, answers as the rows that remain', () => {
  const operation = fc.record({ part: fc.nat(2), row: sampleRow, back: fc.nat({ max: 10 }) })
  fc.assert(
    fc.property(
      fc.array(setCall, { minLength: 1, maxLength: 8 }),
      fc.array(operation, { maxLength: 30 }),
      (calls, operations) => {
        const program = makeAggregateProgram({ calls, retracts: true }, context)
        const parts = [0, 1, 2].map(() => ({ accumulator: program.create(), rows: [] as Row[] }))
        for (const { part, row, back } of operations) {
          const chosen = parts[part]!
          const gone = back < 5 ? chosen.rows[back] : undefined
          if (gone === undefined) {
            program.add(chosen.accumulator, row)
            chosen.rows.push(row)
          } else {
            program.retract(chosen.accumulator, gone)
            chosen.rows = without(chosen.rows, gone)
          }
          expectAnswers(calls, program.results(chosen.accumulator), chosen.rows)
        }
        const whole = program.create()
        for (const { accumulator } of parts) program.merge(whole, accumulator)
        const rows = parts.flatMap((part) => part.rows)
        expectAnswers(calls, program.results(whole), rows)
        for (const row of rows) program.retract(whole, row)
        expectAnswers(calls, program.results(whole), [])
        for (const part of parts) expectAnswers(calls, program.results(part.accumulator), part.rows)
      },
    ),
    { numRuns: 150 },
  )
})

test('where rows only come, every aggregate answers as the rows so far', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(setCall, orderedCall(true)), { minLength: 1, maxLength: 8 }),
      fc.array(sampleRow, { maxLength: 20 }),
      (calls, rows) => {
        const program = makeAggregateProgram({ calls, retracts: false }, context)
        const accumulator = program.create()
        rows.forEach((row, i) => {
          program.add(accumulator, row)
          expectAnswers(calls, program.results(accumulator), rows.slice(0, i + 1))
        })
      },
    ),
    { numRuns: 150 },
  )
})

test('aggregates by order of arrival keep it when rows go and when parts with arrival numbers merge', () => {
  fc.assert(
    fc.property(
      fc.array(orderedCall(false), { minLength: 1, maxLength: 6 }),
      fc.array(fc.tuple(fc.nat(2), sampleRow, fc.boolean()), { maxLength: 25 }),
      fc.boolean(),
      (calls, operations, retracts) => {
        let arrival = 0
        const program = makeAggregateProgram({ calls, retracts, arrival: () => arrival++ }, context)
        const parts = [0, 1, 2].map(() => program.create())
        let rows: { part: number; row: Row }[] = []
        for (const [part, row, back] of operations) {
          const gone = retracts && back ? rows.find((each) => each.part === part) : undefined
          if (gone === undefined) {
            program.add(parts[part]!, row)
            rows.push({ part, row })
          } else {
            program.retract(parts[part]!, gone.row)
            rows = rows.filter((each) => each !== gone)
          }
        }
        const whole = program.create()
        for (const part of [2, 0, 1]) program.merge(whole, parts[part]!)
        expectAnswers(
          calls,
          program.results(whole),
          rows.map(({ row }) => row),
        )
      },
    ),
    { numRuns: 150 },
  )
})

function resultsOf(calls: readonly AggregateCall[], rows: readonly Row[], functions?: HostFunctions) {
  const program = makeAggregateProgram(
    { calls, retracts: true },
    { ...context, ...(functions === undefined ? {} : { functions }) },
  )
  const accumulator = program.create()
  for (const row of rows) program.add(accumulator, row)
  return program.results(accumulator)
}

test('sums wrap in their type, decimals beyond 38 digits are NULL, sums of no values are NULL', () => {
  const types = [...sampleTypes.slice(0, 9), { kind: 'DECIMAL', precision: 38, scale: 0 } as const]
  const decimal = { ...column(9, types) }
  const row = (i: number, l: number | bigint, d: bigint): Row => [i, l, 0, 0, '', true, null, 0, 100, d]
  const huge = 10n ** 38n - 1n
  const calls = [call('SUM', [column(0)]), call('SUM', [column(1)]), call('SUM', [column(8)])]
  expect(resultsOf(calls, [row(2147483647, 9223372036854775807n, 0n), row(1, 1, 0n)])).toEqual([
    -2147483648,
    -9223372036854775808n,
    -56,
  ])
  expect(resultsOf([call('SUM', [decimal])], [row(0, 0, huge)])).toEqual([huge])
  expect(resultsOf([call('SUM', [decimal])], [row(0, 0, huge), row(0, 0, 1n)])).toEqual([null])
  expect(resultsOf([...calls, call('COUNT', []), call('AVG', [column(0)])], [])).toEqual([
    null,
    null,
    null,
    0,
    null,
  ])
})

test('AVG of integers drops the fraction toward zero, of DECIMAL rounds halves away from zero at scale 6', () => {
  const row = (i: number, d: number): Row => [i, null, d]
  expect(resultsOf([call('AVG', [column(0)])], [row(-7, 0), row(0, 0)])).toEqual([-3])
  // (1.00 + 1.00 + 0.00) / 3 = 0.666667 and the same below zero.
  const average = call('AVG', [column(2)])
  expect(average.type).toEqual({ kind: 'DECIMAL', precision: 38, scale: 6 })
  expect(resultsOf([average], [row(0, 100), row(0, 100), row(0, 0)])).toEqual([666667])
  expect(resultsOf([average], [row(0, -100), row(0, -100), row(0, 0)])).toEqual([-666667])
})

test('each FILTER of one DISTINCT argument has its own values; an argument is computed only where its filter holds', () => {
  const calls = [
    call('COUNT', [column(0)], { distinct: true }),
    call('COUNT', [column(0)], { distinct: true, filter: column(5) }),
    call('LISTAGG', [column(4), separator], { distinct: true }),
  ]
  const row = (i: number, s: string, b: boolean): Row => [i, 0, 0, 0, s, b]
  expect(resultsOf(calls, [row(1, 'x', false), row(1, 'y', true), row(2, 'x', false)])).toEqual([
    2,
    1,
    'x; y',
  ])
  const span = { start: 0, end: 0 }
  const one = { kind: 'literal', value: 1, type: { kind: 'INTEGER' }, nullable: false, span } as const
  const quotient = {
    ...one,
    kind: 'call' as const,
    fn: '/',
    args: [one, column(0)],
    nullable: true,
  }
  expect(
    resultsOf(
      [{ ...call('SUM', [column(0)], { filter: column(5) }), args: [quotient] }],
      [row(0, '', false), row(1, '', true)],
    ),
  ).toEqual([1])
})

test('COUNT DISTINCT of several columns counts combinations without NULL, and forgets those taken back', () => {
  const pairs = { ...call('COUNT', [column(0)], { distinct: true }), args: [column(0), column(4)] }
  const program = makeAggregateProgram({ calls: [pairs], retracts: true }, context)
  const accumulator = program.create()
  const row = (i: number | null, s: string | null): Row => [i, 0, 0, 0, s]
  const rows = [row(1, 'x'), row(1, 'y'), row(1, 'x'), row(null, 'x'), row(2, null)]
  for (const each of rows) program.add(accumulator, each)
  expect(program.results(accumulator)).toEqual([2])
  program.retract(accumulator, rows[0]!)
  expect(program.results(accumulator)).toEqual([2])
  program.retract(accumulator, rows[0]!)
  expect(program.results(accumulator)).toEqual([1])
})

test('NaN and infinities leave sums and extremes as if they had never been there', () => {
  const f = column(3)
  const program = makeAggregateProgram(
    { calls: [call('SUM', [f]), call('AVG', [f]), call('MAX', [f]), call('VAR_POP', [f])], retracts: true },
    context,
  )
  const accumulator = program.create()
  const row = (value: number): Row => [0, 0, 0, value]
  for (const value of [1, 3]) program.add(accumulator, row(value))
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    program.add(accumulator, row(value))
    expect(program.results(accumulator)).toEqual([value, value, value, Number.NaN])
    program.retract(accumulator, row(value))
    expect(program.results(accumulator)).toEqual([4, 2, 3, 1])
  }
})

test('a function of the host sees plain values, and its failures are failures of the row', () => {
  const longest: HostAggregate = {
    kind: 'aggregate',
    name: 'LONGEST',
    parameters: undefined,
    returns: { kind: 'DECIMAL', precision: 10, scale: 2 },
    create: () => ({ best: '0' }),
    add: (accumulator, value) => {
      if (value === '6.66') throw new Error('no')
      const { best } = accumulator as { best: string }
      return { best: Number(value) > Number(best) ? String(value) : best }
    },
    retract: (accumulator) => accumulator,
    result: (accumulator) => (accumulator as { best: string }).best,
  }
  const hostCall = { ...call('MAX', [column(2)]), fn: 'LONGEST', type: longest.returns }
  const functions: HostFunctions = new Map([['LONGEST', longest]])
  const row = (d: number): Row => [0, 0, d]
  expect(resultsOf([hostCall], [row(150), row(1250), row(1)], functions)).toEqual([1250])
  expect(() => resultsOf([hostCall], [row(666)], functions)).toThrow(
    expect.objectContaining({ name: 'HostFunctionError', message: 'LONGEST: no' }),
  )
})
