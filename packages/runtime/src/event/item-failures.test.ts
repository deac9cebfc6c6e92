/** The return forms that AWS documents for partial batch responses and for windows, one row for each. */
import { describe, expect, it } from 'vitest'
import { type AnsweredBatch, type FunctionAnswer, readAnswer } from './item-failures.ts'

const batch: AnsweredBatch = { count: 10, sequenceNumber: (index) => String(100 + 3 * index) }
const id = (index: number) => ({ itemIdentifier: batch.sequenceNumber(index) })
const report = { reportItemFailures: true, isWindow: false }
const done: FunctionAnswer = { kind: 'done', state: undefined }

describe('a function that reports item failures', () => {
  const allDone: unknown[] = [
    undefined,
    null,
    '',
    {},
    [],
    { batchItemFailures: [] },
    { batchItemFailures: null },
    { other: 1 },
  ]
  it.each(allDone.map((answer) => [answer]))('has done all when it returns %j', (answer) => {
    expect(readAnswer(answer, report, batch)).toEqual(done)
  })

  it.each([
    [[4], 4],
    [[0], 0],
    [[9], 9],
    [[7, 4, 9], 4],
    [[9, 9], 9],
  ])('is done up to the lowest of the records %j', (indexes, lowest) => {
    expect(readAnswer({ batchItemFailures: indexes.map(id) }, report, batch)).toEqual({
      kind: 'checkpoint',
      index: lowest,
      state: undefined,
    })
  })

  const failures: [unknown, RegExp][] = [
    [{ batchItemFailures: [{ itemIdentifier: '' }] }, /no itemIdentifier/],
    [{ batchItemFailures: [{ itemIdentifier: null }] }, /no itemIdentifier/],
    [{ batchItemFailures: [{}] }, /no itemIdentifier/],
    [{ batchItemFailures: [{ id: '100' }] }, /no itemIdentifier/],
    [{ batchItemFailures: [{ itemIdentifier: 100 }] }, /no itemIdentifier/],
    [{ batchItemFailures: [null] }, /no itemIdentifier/],
    [{ batchItemFailures: ['100'] }, /no itemIdentifier/],
    [{ batchItemFailures: [{ itemIdentifier: '101' }] }, /no sequence number of the batch/],
    [{ batchItemFailures: [{ itemIdentifier: '0100' }] }, /no sequence number of the batch/],
    [{ batchItemFailures: [id(3), { itemIdentifier: 'x' }] }, /no sequence number of the batch/],
    [{ batchItemFailures: 'x' }, /is a list/],
    [{ batchItemFailures: {} }, /is a list/],
    ['done', /not "done"/],
    [7, /not 7/],
    [true, /not true/],
    [[id(1)], /returns/],
  ]
  it.each(failures)('has failed with the whole batch when it returns %j', (answer, reason) => {
    const read = readAnswer(answer, report, batch)
    expect(read).toMatchObject({ kind: 'failed' })
    expect(read.kind === 'failed' ? read.reason : '').toMatch(reason)
  })

  it('makes each number at most once', () => {
    let made = 0
    const counting: AnsweredBatch = {
      count: 1000,
      sequenceNumber: (index) => {
        made++
        return String(1000 + index)
      },
    }
    const all = Array.from({ length: 1000 }, (_, i) => ({ itemIdentifier: String(1999 - i) }))
    expect(readAnswer({ batchItemFailures: all }, report, counting)).toMatchObject({ index: 0 })
    expect(made).toBe(1000)
  })
})

it('a function that does not report has done all, whatever it returns', () => {
  for (const answer of [undefined, 'x', 7, { batchItemFailures: [id(1)] }, { batchItemFailures: [{}] }]) {
    expect(readAnswer(answer, { reportItemFailures: false, isWindow: false }, batch)).toEqual(done)
  }
})

describe('a function of a window', () => {
  it('may return nothing from the final invocation, since nobody takes its state', () => {
    const final = { reportItemFailures: false, isWindow: true, isFinal: true }
    for (const answer of [undefined, null, '', {}])
      expect(readAnswer(answer, final, batch)).toEqual({ kind: 'done', state: undefined })
    expect(readAnswer({ state: { a: 1 } }, final, batch)).toEqual({ kind: 'done', state: '{"a":1}' })
    expect(readAnswer({ state: 7 }, final, batch)).toMatchObject({ kind: 'failed' })
  })

  it('returns its state, with or without item failures', () => {
    const plain = { reportItemFailures: false, isWindow: true }
    expect(readAnswer({ state: { a: 1 } }, plain, batch)).toEqual({ kind: 'done', state: '{"a":1}' })
    const both = { reportItemFailures: true, isWindow: true }
    expect(readAnswer({ state: {} }, both, batch)).toEqual({ kind: 'done', state: '{}' })
    expect(readAnswer({ state: { a: 1 }, batchItemFailures: [id(2)] }, both, batch)).toEqual({
      kind: 'checkpoint',
      index: 2,
      state: '{"a":1}',
    })
    expect(readAnswer({ state: {}, batchItemFailures: [{}] }, both, batch)).toMatchObject({ kind: 'failed' })
  })

  it('that returns none has failed', () => {
    for (const reportItemFailures of [false, true]) {
      for (const answer of [
        undefined,
        null,
        '',
        {},
        [],
        { state: null },
        { state: 'x' },
        { state: [] },
        { batchItemFailures: [] },
      ]) {
        expect(readAnswer(answer, { reportItemFailures, isWindow: true }, batch)).toMatchObject({
          kind: 'failed',
          reason: expect.stringContaining('"state"'),
        })
      }
    }
  })
})
