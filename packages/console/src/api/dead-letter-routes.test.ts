/** Dead letters over HTTP, as far as the console asks for more than the command line: causes, texts, what became of redriven ones. */
import { deadLetterTable, defineLetterTables } from '@millrace/runtime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CausesAnswer, LettersAnswer, RedriveAnswer, RedrivenAnswer } from '../protocol/dead-letters.ts'
import { type OpenRoutes, openRoutes } from '../testing/open-routes.ts'
import { deadLetterRoutes } from './dead-letter-routes.ts'

const path = '/admin/dead-letters'
let api: OpenRoutes

/** What a letter of the function `book` looks like in its table. */
function letter(sequence: number, message: string, line: number) {
  const text = JSON.stringify({ sequence })
  return {
    stage: 'book',
    id: `in/0000/${String(sequence).padStart(16, '0')}`,
    error: {
      code: 'BAD',
      name: 'Error',
      message,
      stack: `Error: ${message}\n    at f (/app/book.ts:${line}:9)`,
    },
    attempts: 1,
    codeVersion: 'v',
    firstTime: '2026-11-21T00:00:00.000Z',
    lastTime: '2026-11-21T00:00:00.000Z',
    stream: 'in',
    shard: 0,
    sequence,
    partitionKey: `k${sequence}`,
    arrivalTime: 1,
    data: Buffer.from(text).toString('base64'),
    text,
  }
}

beforeAll(async () => {
  api = await openRoutes(deadLetterRoutes)
  defineLetterTables(api.store)
  const letters = [
    letter(1, 'no price of 1', 10),
    letter(2, 'no price of 2', 10),
    letter(3, 'no price of 3', 20),
  ]
  const stage = { v: 1, kind: 'function', ledger: {}, shards: [], matched: [] }
  api.store.commit((transaction) => {
    transaction.setStage('book', Buffer.from(JSON.stringify(stage)))
    for (const each of letters)
      transaction.putItem(deadLetterTable.name, each.stage, each.id, Buffer.from(JSON.stringify(each)))
    const counts = { stage: 'book', letters: 3, records: 3, redriven: 0, dropped: 0 }
    transaction.putItem('system.dead-letter-counts', 'book', undefined, Buffer.from(JSON.stringify(counts)))
  })
})
afterAll(() => api.close())

const sequences = ({ letters }: LettersAnswer) => letters.map(({ sequence }) => sequence)

test('one line of the source is one cause, and names its letters', async () => {
  const { causes } = (await api.get<CausesAnswer>(`${path}/causes`)).body
  expect(causes.map(({ letters, place }) => [letters, place])).toEqual([
    [2, '/app/book.ts:10'],
    [1, '/app/book.ts:20'],
  ])
  const list = async (query: Record<string, string | undefined>) =>
    sequences((await api.get<LettersAnswer>(path, query)).body)
  expect(await list({ cause: causes[0]?.cause })).toEqual([1, 2])
  expect(await list({ cause: causes[1]?.cause })).toEqual([3])
  expect(await list({ text: 'PRICE OF 2' })).toEqual([2])
  expect(await list({ text: '"sequence":3' })).toEqual([3])
})

test('letters that were redriven are followed from where they were sent', async () => {
  const { cause } = (await api.get<CausesAnswer>(`${path}/causes`)).body.causes[0] ?? {}
  const { body } = await api.post<RedriveAnswer>(`${path}/redrive`, { cause })
  expect(body).toEqual({ redriven: 2, unreadable: 0, sent: [{ stage: 'book', shard: 0, from: 0, to: 2 }] })
  const redriven = await api.get<RedrivenAnswer>(`${path}/redriven`, { stage: 'book', from: '1', to: '2' })
  // Nobody runs, so it waits.
  expect(redriven.body).toMatchObject({
    letters: [{ partitionKey: 'k2', outcome: 'waiting', redrives: 1, failure: { code: 'BAD' }, sequence: 1 }],
    waiting: 1,
    done: 0,
    died: 0,
    older: 0,
  })
  for (const query of [{}, { stage: 'book', from: '-1' }, { stage: 'book', limit: '0' }])
    expect((await api.get(`${path}/redriven`, query)).status).toBe(400)
})
