import { expect, test } from 'vitest'
import type { AppDefinition } from './app-model.ts'
import { itemTable, passThrough, save, testApp } from './testing/app-kit.ts'
import { assertValidApp, validateApp } from './validate-app.ts'

const good = testApp({
  records: [],
  tables: [itemTable],
  queries: [passThrough()],
  functions: [save(() => undefined, { from: 'out' })],
})

function problemsOf(change: (app: AppDefinition) => Partial<AppDefinition>): string[] {
  return validateApp({ ...good, ...change(good) }).map((problem) => `${problem.code} ${problem.place}`)
}

test('a right app has no problems', () => {
  expect(validateApp(good)).toEqual([])
})

test('each fault is found, with its place', () => {
  expect(problemsOf(() => ({ name: 'a b' }))).toEqual(['APP_NAME name of app "a b"'])
  expect(problemsOf(({ streams }) => ({ streams: [...streams, streams[0]!] }))).toEqual([
    'APP_NAME_TWICE stream "in"',
  ])
  expect(
    problemsOf(({ streams }) => ({ streams: [...streams, { name: 'x.late', shards: 0, retentionMs: 0 }] })),
  ).toEqual([
    'APP_NAME_RESERVED stream "x.late"',
    'APP_LIMIT stream "x.late", shards',
    'APP_LIMIT stream "x.late", retentionMs',
  ])
  expect(problemsOf(() => ({ tables: [{ ...itemTable, name: 'dead-letters' }] }))).toEqual([
    'APP_NAME_RESERVED table "dead-letters"',
  ])
  expect(
    problemsOf(({ stages }) => ({
      stages: [
        ...stages,
        save(() => undefined, {
          name: 'a.b',
          from: 'nowhere',
          batchSize: 0,
          parallelization: 11,
          maxRetries: -1,
        }),
      ],
    })),
  ).toEqual([
    'APP_NAME name of stage "a.b"',
    'APP_UNKNOWN_STREAM function "a.b", from',
    'APP_LIMIT function "a.b", batchSize',
    'APP_LIMIT function "a.b", parallelization',
    'APP_LIMIT function "a.b", maxRetries',
  ])
  expect(
    problemsOf(({ stages }) => ({
      stages: [
        ...stages,
        passThrough({
          name: 'ring',
          text: ' ',
          outputs: [{ from: 'D', stream: 'in', partitionKey: undefined }],
        }),
      ],
    })),
  ).toEqual(['APP_MISSING query "ring", text', 'APP_CYCLE query "ring"'])
})

test('the error lists every problem with value, what is allowed and the next step', () => {
  expect(() => assertValidApp({ ...good, name: '' })).toThrow(
    /^APP_INVALID app "": one problem in its definition:\n {2}APP_NAME name of app "": got "". Allowed: 1 to 128 .*Choose another name/,
  )
})
