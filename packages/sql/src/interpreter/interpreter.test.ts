/** The worked examples of the specification, run through the interpreter. Times are minutes and seconds of one hour. */
import { describe, expect, test } from 'vitest'
import {
  aggregateCall,
  call,
  column,
  field,
  integer,
  joined,
  milliseconds,
  noSpan,
  projectTo,
  rowtime,
  scan,
  schemaOf,
  types,
} from '../laws/plan-builder.ts'
import type {
  Frame,
  GroupNode,
  JoinKind,
  JoinWindow,
  OverNode,
  PlanNode,
  Program,
  Schema,
  SqlValue,
  WindowJoinNode,
} from '../plan.ts'
import { Interpreter } from './interpreter.ts'
import type { Row } from './row.ts'

const numbers: Schema = { fields: [field('K', types.integer), field('V', types.integer)] }

function at(minute: number, second: number): number {
  return Date.UTC(2024, 0, 1, 22, minute, second)
}

/** A program of one pump that writes the rows of `plan` to OUT. */
function program(plan: PlanNode, inputs: Record<string, Schema> = { S: numbers }): Program {
  return {
    dialect: 'kda',
    streams: [
      ...Object.entries(inputs).map(([name, schema]) => ({ name, schema, origin: 'input' as const })),
      { name: 'OUT', schema: plan.schema, origin: 'declared' },
    ],
    references: [],
    pumps: [{ name: 'P', target: 'OUT', plan, stopped: false, span: noSpan }],
    outputs: ['OUT'],
  }
}

type Arrival = readonly [stream: string, rowtime: number, ...values: SqlValue[]]

/** Feeds rows one after the other, then a bound; answers [row time, ...values] of what came out. */
function run(subject: Program, arrivals: readonly Arrival[], bound = Number.NEGATIVE_INFINITY) {
  const inputs = new Map<string, Row[]>()
  arrivals.forEach(([stream, time, ...values], origin) => {
    inputs.set(stream, [...(inputs.get(stream) ?? []), { values, rowtime: time, origin }])
  })
  const result = new Interpreter(subject).process({ inputs, records: arrivals.length, bound })
  return {
    rows: (result.outputs.get('OUT') ?? []).map((row) => [row.rowtime, ...row.values]),
    errors: result.errors.map(({ name, origin }) => `${name} ${origin}`),
    outcomes: [...result.outcomes],
  }
}

describe('tumbling GROUP BY (2.8)', () => {
  const input = scan('S', numbers)
  const minute = call('STEP_TIME', [rowtime, milliseconds(60_000)])
  const keys = [minute, column(numbers, 0)]
  const calls = [aggregateCall('COUNT', []), aggregateCall('SUM', [column(numbers, 1)])]
  const group: GroupNode = {
    kind: 'group',
    input,
    keys,
    timeKey: 0,
    nextStep: call('+', [column(schemaOf(keys), 0), milliseconds(60_000)]),
    calls,
    schema: schemaOf([...keys, ...calls]),
    span: noSpan,
  }

  test('rows of 22:49:10 and 22:49:15 come out at 22:50:00, once a row of the next minute comes', () => {
    const arrivals: Arrival[] = [
      ['S', at(49, 10), 1, 10],
      ['S', at(49, 15), 1, 20],
    ]
    expect(run(program(group), arrivals).rows).toEqual([])
    expect(run(program(group), [...arrivals, ['S', at(50, 0), 1, 5]]).rows).toEqual([
      [at(50, 0), at(49, 0), 1, 2n, 30n],
    ])
  })

  test('a bound closes a window exactly as a row would, and not one ms earlier', () => {
    const arrivals: Arrival[] = [['S', at(49, 10), 1, 10]]
    expect(run(program(group), arrivals, at(50, 0) - 1).rows).toEqual([])
    expect(run(program(group), arrivals, at(50, 0)).rows).toEqual([[at(50, 0), at(49, 0), 1, 1n, 10n]])
  })

  test('empty windows give no row; NULL keys form one group; all-NULL sums are NULL', () => {
    const arrivals: Arrival[] = [
      ['S', at(49, 10), null, null],
      ['S', at(49, 11), null, null],
      ['S', at(55, 0), 1, 1],
    ]
    expect(run(program(group), arrivals).rows).toEqual([[at(50, 0), at(49, 0), null, 2n, null]])
  })
})

describe('sliding windows (2.10)', () => {
  function over(frame: Frame): OverNode {
    const calls = [aggregateCall('COUNT', []), aggregateCall('SUM', [column(numbers, 1)])]
    const windows = [{ partition: [column(numbers, 0)], frame, calls }]
    return {
      kind: 'over',
      input: scan('S', numbers),
      windows,
      schema: schemaOf([...numbers.fields, ...calls]),
      span: noSpan,
    }
  }

  test('the lower bound of RANGE is inclusive', () => {
    const arrivals: Arrival[] = [
      ['S', at(0, 0), 1, 1],
      ['S', at(1, 0), 1, 2],
      ['S', at(1, 1), 1, 4],
    ]
    expect(run(program(over({ kind: 'range', preceding: 60_000 })), arrivals).rows).toEqual([
      [at(0, 0), 1, 1, 1n, 1n],
      [at(1, 0), 1, 2, 2n, 3n],
      [at(1, 1), 1, 4, 2n, 6n],
    ])
  })

  test('ROWS n PRECEDING holds n + 1 rows of the partition', () => {
    const arrivals: Arrival[] = [1, 2, 4, 8].map((value, i) => ['S', at(0, i), 1, value])
    arrivals.splice(2, 0, ['S', at(0, 1), 2, 100])
    const { rows } = run(program(over({ kind: 'rows', preceding: 1 })), arrivals)
    expect(rows.map((row) => row[4])).toEqual([1n, 3n, 100n, 6n, 12n])
  })

  test('rows of equal time do not see those that come later', () => {
    const arrivals: Arrival[] = [
      ['S', at(0, 0), 1, 1],
      ['S', at(0, 0), 1, 2],
    ]
    expect(run(program(over({ kind: 'range', preceding: 0 })), arrivals).rows.map((row) => row[4])).toEqual([
      1n,
      3n,
    ])
  })
})

describe('stream-stream joins (2.11)', () => {
  const minutes = (n: number): JoinWindow => ({ kind: 'range', ms: n * 60_000 })

  function join(
    kind: JoinKind,
    leftWindow: JoinWindow | undefined,
    rightWindow: JoinWindow | undefined,
  ): Program {
    const node: WindowJoinNode = {
      kind: 'window-join',
      left: scan('A', numbers),
      right: scan('B', numbers),
      leftWindow,
      rightWindow,
      join: kind,
      leftKeys: [column(numbers, 0)],
      rightKeys: [column(numbers, 0)],
      residual: undefined,
      schema: joined(numbers, numbers, { leftNull: true, rightNull: true }),
      span: noSpan,
    }
    return program(node, { A: numbers, B: numbers })
  }

  test('window on A only: a B row meets stored A rows; an A row that comes later finds no stored B', () => {
    const subject = join('inner', minutes(1), undefined)
    expect(
      run(subject, [
        ['A', at(0, 0), 1, 10],
        ['B', at(1, 0), 1, 20],
        ['A', at(1, 0), 1, 11],
      ]).rows,
    ).toEqual([[at(1, 0), 1, 10, 1, 20]])
    expect(
      run(subject, [
        ['A', at(0, 0), 1, 10],
        ['B', at(1, 1), 1, 20],
      ]).rows,
    ).toEqual([])
  })

  test('windows on both sides: either row may come first; the pair has the later time; the bound is inclusive', () => {
    const subject = join('inner', minutes(1), minutes(1))
    expect(
      run(subject, [
        ['B', at(0, 0), 1, 20],
        ['A', at(0, 30), 1, 10],
        ['B', at(1, 30), 1, 21],
        ['B', at(1, 31), 1, 22],
        ['A', at(1, 31), 2, 12],
      ]).rows,
    ).toEqual([
      [at(0, 30), 1, 10, 1, 20],
      [at(1, 30), 1, 10, 1, 21],
    ])
  })

  test('an unmatched row of an outer side without a window comes out at once', () => {
    const { rows } = run(join('right', minutes(1), undefined), [
      ['B', at(0, 0), 1, 20],
      ['A', at(0, 1), 1, 10],
      ['B', at(0, 2), 1, 21],
    ])
    expect(rows).toEqual([
      [at(0, 0), null, null, 1, 20],
      [at(0, 2), 1, 10, 1, 21],
    ])
  })

  test('an unmatched row of an outer side with a window comes out when the window has passed, at its end', () => {
    const subject = join('left', minutes(1), minutes(1))
    const arrivals: Arrival[] = [
      ['A', at(0, 0), 1, 10],
      ['A', at(0, 10), 2, 11],
      ['B', at(0, 20), 2, 20],
    ]
    expect(run(subject, [...arrivals, ['B', at(1, 0), 9, 0]]).rows).toEqual([[at(0, 20), 2, 11, 2, 20]])
    expect(run(subject, [...arrivals, ['B', at(1, 1), 9, 0]]).rows).toEqual([
      [at(0, 20), 2, 11, 2, 20],
      [at(1, 0), 1, 10, null, null],
    ])
    expect(run(subject, arrivals, at(1, 1)).rows).toEqual([
      [at(0, 20), 2, 11, 2, 20],
      [at(1, 0), 1, 10, null, null],
    ])
  })

  test('a row that was matched is not reported as unmatched, and NULL keys match nothing', () => {
    const { rows } = run(
      join('full', minutes(1), minutes(1)),
      [
        ['A', at(0, 0), null, 10],
        ['B', at(0, 1), null, 20],
        ['A', at(0, 2), 1, 11],
        ['B', at(0, 3), 1, 21],
      ],
      at(59, 0),
    )
    expect(rows).toEqual([
      [at(0, 3), 1, 11, 1, 21],
      [at(1, 0), null, 10, null, null],
      [at(1, 1), null, null, null, 20],
    ])
  })

  test('ROWS n PRECEDING keeps n + 1 rows; an unmatched row comes out when it is pushed out', () => {
    const subject = join('left', { kind: 'rows', rows: 1 }, undefined)
    expect(
      run(subject, [
        ['A', at(0, 0), 1, 10],
        ['A', at(0, 1), 2, 11],
        ['A', at(0, 2), 3, 12],
        ['B', at(0, 3), 1, 20],
        ['B', at(0, 4), 2, 21],
      ]).rows,
    ).toEqual([
      [at(0, 2), 1, 10, null, null],
      [at(0, 4), 2, 11, 2, 21],
    ])
  })
})

describe('pumps and streams (2.4, 2.6, 2.17)', () => {
  test('a row below the last row time of its stream is dropped as out of order and its record is late', () => {
    const target: Schema = { fields: [field('V', types.integer)] }
    const shifted = call('-', [rowtime, call('*', [milliseconds(1000), column(numbers, 1)])])
    const plan = projectTo(scan('S', numbers), [column(numbers, 1)], target, shifted)
    const { rows, errors, outcomes } = run(program(plan), [
      ['S', at(0, 10), 1, 0],
      ['S', at(0, 11), 1, 5],
      ['S', at(0, 12), 1, 2],
    ])
    expect(rows).toEqual([
      [at(0, 10), 0],
      [at(0, 10), 2],
    ])
    expect(errors).toEqual(['OutOfOrder 1'])
    expect(outcomes).toEqual([1, 2, 1])
  })

  test('a failed expression drops its row alone, and a NULL in a NOT NULL column fails', () => {
    const target: Schema = { fields: [field('Q', types.integer, false)] }
    const quotient = call('/', [integer(10), column(numbers, 1)])
    const plan = projectTo(scan('S', numbers), [quotient], target)
    const { rows, errors, outcomes } = run(program(plan), [
      ['S', 1, 1, 5],
      ['S', 2, 1, 0],
      ['S', 3, 1, null],
      ['S', 4, 1, 3],
    ])
    expect(rows).toEqual([
      [1, 2],
      [4, 3],
    ])
    expect(errors).toEqual(['DivideByZero 1', 'NotNullViolation 2'])
    expect(outcomes).toEqual([1, 3, 3, 1])
  })
})
