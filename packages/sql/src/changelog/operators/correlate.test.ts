/** UNNEST and table functions: what each row is taken apart into. */
import type { SqlType } from '@millrace/values'
import { describe, expect, it } from 'vitest'
import type { HostTable } from '../../host-function.ts'
import type { SqlValue } from '../../plan.ts'
import type { CorrelateNode } from '../plan.ts'
import { rowKind } from '../row.ts'
import { call, column, inputOf, integer, literal, noSpan, text } from '../testing/join-kit.ts'
import { makeTestContext } from '../testing/test-context.ts'
import { makeCorrelate } from './correlate.ts'

const field = (type: SqlType, nullable = true) => ({ name: 'f', type, nullable })
const pair: SqlType = { kind: 'ROW', fields: [field(integer), field(text)] }

function unnestOf(
  type: SqlType,
  types: readonly SqlType[],
  parts: Partial<CorrelateNode> = {},
): CorrelateNode {
  return {
    kind: 'correlate',
    input: inputOf([integer, type]),
    join: 'inner',
    source: { kind: 'unnest', collection: column(1, type), ordinality: false },
    fields: types.map((each) => field(each)),
    residual: undefined,
    schema: { fields: [] },
    traits: { changes: 'append', times: [], keys: [], window: undefined },
    span: noSpan,
    ...parts,
  }
}

function textsOf(node: CorrelateNode, values: readonly SqlValue[]): string[] {
  const kit = makeTestContext({ make: (context, out) => makeCorrelate(node, context, out) })
  for (const [i, value] of values.entries()) kit.input(0).row([i, value], rowKind.insert)
  return kit.out.rows.map((row) => row.map((value, i) => (i === 1 ? '_' : String(value))).join(' '))
}

describe('UNNEST', () => {
  const numbers: SqlType = { kind: 'ARRAY', element: integer }

  it('gives the elements of an array; NULL and empty ones give no row unless left', () => {
    const values = [[7, null], [], null, [9]]
    expect(textsOf(unnestOf(numbers, [integer]), values)).toEqual(['0 _ 7', '0 _ null', '3 _ 9'])
    expect(textsOf(unnestOf(numbers, [integer], { join: 'left' }), values)).toEqual([
      '0 _ 7',
      '0 _ null',
      '1 _ null',
      '2 _ null',
      '3 _ 9',
    ])
  })

  it('gives the fields of rows, entries of maps, copies of multisets', () => {
    const rows: SqlType = { kind: 'ARRAY', element: pair }
    expect(textsOf(unnestOf(rows, [integer, text]), [[[1, 'a'], null]])).toEqual(['0 _ 1 a', '0 _ null null'])
    const map: SqlType = { kind: 'MAP', key: text, value: integer }
    const entries = new Map<SqlValue, SqlValue>([
      ['b', 2],
      ['a', null],
    ])
    expect(textsOf(unnestOf(map, [text, integer]), [entries])).toEqual(['0 _ b 2', '0 _ a null'])
    const bag: SqlType = { kind: 'MULTISET', element: pair }
    const copies = new Map<SqlValue, SqlValue>([
      [[1, 'a'], 2],
      [[2, 'b'], 1],
    ])
    expect(textsOf(unnestOf(bag, [integer, text]), [copies])).toEqual(['0 _ 1 a', '0 _ 1 a', '0 _ 2 b'])
  })

  it('counts from 1 in the last column', () => {
    const source = { kind: 'unnest', collection: column(1, numbers), ordinality: true } as const
    expect(textsOf(unnestOf(numbers, [integer, integer], { source, join: 'left' }), [[7, 8], []])).toEqual([
      '0 _ 7 1',
      '0 _ 8 2',
      '1 _ null null',
    ])
  })

  it('asks the condition of each joined row; left keeps a row without any', () => {
    const residual = call('>', [column(2), literal(7)])
    const values = [[7, 8], [1]]
    expect(textsOf(unnestOf(numbers, [integer], { residual }), values)).toEqual(['0 _ 8'])
    expect(textsOf(unnestOf(numbers, [integer], { residual, join: 'left' }), values)).toEqual([
      '0 _ 8',
      '1 _ null',
    ])
  })

  it('passes changes on; an update with equally many rows stays one', () => {
    const node = unnestOf(numbers, [integer], { input: inputOf([integer, numbers], { changes: 'retract' }) })
    const kit = makeTestContext({ make: (context, out) => makeCorrelate(node, context, out) })
    kit.input(0).row([0, [1, 2]], rowKind.insert)
    kit.input(0).row([0, [1, 2]], rowKind.updateBefore)
    kit.input(0).row([0, [3, 4]], rowKind.updateAfter)
    kit.input(0).row([0, [3, 4]], rowKind.updateBefore)
    kit.input(0).row([0, [5]], rowKind.updateAfter)
    kit.input(0).row([0, [5]], rowKind.delete)
    kit.input(0).watermark(3)
    expect(kit.out.log.map((line) => line.replace(/a\d:[^,]*, /, ''))).toEqual([
      '+I 0, 1',
      '+I 0, 2',
      '-U 0, 1',
      '+U 0, 3',
      '-U 0, 2',
      '+U 0, 4',
      '-D 0, 3',
      '-D 0, 4',
      '+I 0, 5',
      '-D 0, 5',
      'W 3',
    ])
  })
})

describe('table functions', () => {
  const split: HostTable = {
    kind: 'table',
    name: 'SPLIT',
    parameters: [text],
    columns: [
      { name: 'word', type: text, nullable: false },
      { name: 'length', type: { kind: 'BIGINT' }, nullable: true },
    ],
    *call(line: unknown) {
      if (line === 'bad') throw new Error('no words')
      for (const word of String(line).split(' ')) {
        if (word === '') yield { length: 1 }
        else if (word === 'short') yield [word]
        else yield { word, length: word.length }
      }
    },
  }
  const node = unnestOf(text, [], {
    fields: split.columns,
    source: { kind: 'table-function', fn: 'split', args: [column(1, text)] },
  })
  const functions = new Map([['SPLIT', split]])

  it('gives rows as arrays or objects; a row that fails gives nothing', () => {
    const kit = makeTestContext({ functions, make: (context, out) => makeCorrelate(node, context, out) })
    kit.input(0).row([0, 'a short bee'], rowKind.insert)
    kit.input(0).row([1, 'bad'], rowKind.insert)
    kit.input(0).row([2, 'a  b'], rowKind.insert)
    expect(kit.out.texts).toEqual([
      '+I 0, a short bee, a, 1',
      '+I 0, a short bee, short, NULL',
      '+I 0, a short bee, bee, 3',
    ])
    expect(kit.failures.map(({ row, error }) => [row[0], error.name, error.message])).toEqual([
      [1, 'HostFunctionError', 'SPLIT: no words'],
      [2, 'HostFunctionError', 'SPLIT: column word is NOT NULL, but a row has no value for it'],
    ])
  })
})
