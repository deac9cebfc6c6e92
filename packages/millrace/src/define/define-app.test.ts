import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mappingDefaults } from '@millrace/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, MillraceError } from '../error.ts'
import type { App, QuerySettings } from './app.ts'
import { type BuildInputs, defineApp } from './define-app.ts'

let dir = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-define-'))
  writeFileSync(join(dir, 'program.sql'), 'CREATE OR REPLACE STREAM "X" ("a" INTEGER);\n')
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const idle = () => {}

function build(describeApp: (app: App) => void, inputs: BuildInputs = {}) {
  return defineApp('test', describeApp).build({ dir, env: {}, ...inputs }).definition
}

function failure(describeApp: (app: App) => void, inputs: BuildInputs = {}): MillraceError {
  try {
    build(describeApp, inputs)
  } catch (error) {
    if (error instanceof MillraceError) return error
    throw error
  }
  throw new Error('the app was accepted')
}

/** An app that would be accepted, but for what `change` does to its query. */
function withQuery(change: (query: Record<string, unknown>) => void): (app: App) => void {
  return (app) => {
    const from = app.stream('from')
    const to = app.stream('to')
    const query: Record<string, unknown> = {
      dialect: 'kda',
      file: './program.sql',
      input: { stream: from, columns: { a: 'INTEGER $.a' } },
      output: { X: to },
    }
    change(query)
    // The cast lets a test write what the compiler would refuse.
    app.query('q', query as unknown as QuerySettings)
  }
}

describe('an app as data', () => {
  it('holds what was declared, with defaults filled in and paths resolved against the app file', () => {
    const definition = build((app) => {
      const orders = app.stream('orders', { shards: 2, retentionHours: 48 })
      const enriched = app.stream('enriched')
      app.table('T', { partitionKey: { orderId: 'number' }, sortKey: 'itemId' })
      app.query('enrich', {
        dialect: 'kda',
        file: './program.sql',
        input: {
          stream: orders,
          columns: { orderId: 'INTEGER $.data.orderId', price: ' DECIMAL(5, 2)  $.p ' },
        },
        reference: { products: { file: './products.json', columns: { id: 'INTEGER $.id' } } },
        output: { X: enriched, Y: { stream: enriched, partitionKey: 'orderId' } },
      })
      app.function('save', { from: enriched }, idle)
      app.each('note', { from: enriched, concurrency: 20, onceSeconds: 60, filters: [{ a: [1] }] }, idle)
    })
    expect(definition.streams).toEqual([
      { name: 'orders', shards: 2, retentionMs: 48 * 3_600_000 },
      { name: 'enriched', shards: 1, retentionMs: 24 * 3_600_000 },
    ])
    expect(definition.tables).toEqual([
      {
        name: 'T',
        partitionKey: { name: 'orderId', type: 'number' },
        sortKey: { name: 'itemId', type: 'string' },
      },
    ])
    const [query, save, note] = definition.stages
    expect(query).toMatchObject({
      kind: 'query',
      text: 'CREATE OR REPLACE STREAM "X" ("a" INTEGER);\n',
      input: {
        stream: 'orders',
        name: 'SOURCE_SQL_STREAM_001',
        columns: [
          { name: 'orderId', type: 'INTEGER', path: '$.data.orderId' },
          { name: 'price', type: 'DECIMAL(5, 2)', path: '$.p' },
        ],
        preprocess: undefined,
      },
      references: [{ name: 'products', file: join(dir, 'products.json') }],
      outputs: [
        { from: 'X', stream: 'enriched', partitionKey: undefined },
        { from: 'Y', stream: 'enriched', partitionKey: 'orderId' },
      ],
    })
    expect(save).toMatchObject({
      mapping: { ...mappingDefaults, maxRetries: 3 },
      code: { form: 'batch', handler: idle },
    })
    expect(note).toEqual({
      kind: 'function',
      name: 'note',
      from: 'enriched',
      mapping: { ...mappingDefaults, maxRetries: 3, filters: ['{"a":[1]}'] },
      code: { form: 'each', handler: idle, decode: undefined, concurrency: 20, onceMs: 60_000 },
    })
  })

  it('is the same for the same inputs, and independent of other builds', () => {
    const factory = defineApp('twice', (app) => {
      app.function(
        'f',
        { from: app.stream('s', { shards: app.option.integer('shards', { default: 1 }) }) },
        idle,
      )
    })
    const one = factory.build({ options: { shards: 3 } }).definition
    expect(factory.build({ options: { shards: 3 } }).definition).toEqual(one)
    expect(factory.build().definition.streams[0]?.shards).toBe(1)
  })

  it('knows the file that called defineApp', () => {
    expect(defineApp('here', idle).file).toMatch(/define-app\.test\.ts$/)
  })
})

describe('what is said twice or wrong is refused with code, place and next step', () => {
  const cases: [string, string, (app: App) => void, RegExp][] = [
    [
      'a stream twice',
      'APP_NAME_TAKEN',
      (app) => void [app.stream('s'), app.stream('s')],
      /first at .*:\d+:\d+/,
    ],
    [
      'two stages of one name',
      'APP_NAME_TAKEN',
      (app) => {
        const s = app.stream('s')
        app.function('f', { from: s }, idle)
        app.function('f', { from: s }, idle)
      },
      /stage "f"/,
    ],
    ['a name with a space', 'APP_NAME_INVALID', (app) => void app.stream('my stream'), /"my stream"/],
    [
      'a stage with a dot',
      'APP_NAME_INVALID',
      (app) => app.function('a.b', { from: app.stream('s') }, idle),
      /"a\.b"/,
    ],
    ['too many shards', 'APP_VALUE_INVALID', (app) => void app.stream('s', { shards: 0 }), /from 1 to 1000/],
    [
      'a misspelt setting',
      'APP_SETTING_UNKNOWN',
      (app) => {
        // @ts-expect-error the compiler refuses it too
        app.stream('s', { shard: 2 })
      },
      /Did you mean "shards"\?/,
    ],
    [
      'a scaling target that is no share',
      'APP_VALUE_INVALID',
      (app) => {
        app.stream('s', { autoscale: { target: 65, min: 1, max: 8 } })
      },
      /above 0 and below 1/,
    ],
    [
      'fewer shards at most than at least',
      'APP_VALUE_INVALID',
      (app) => {
        app.stream('s', { autoscale: { target: 0.65, min: 4, max: 2 } })
      },
      /an integer from 4/,
    ],
    [
      'a stream of another app',
      'APP_FOREIGN_HANDLE',
      (app) => app.function('f', { from: { name: 'x', put: () => {} } }, idle),
      /app\.stream/,
    ],
    [
      'a key of two names',
      'APP_VALUE_INVALID',
      (app) => {
        app.table('t', { partitionKey: { a: 'string', b: 'number' } })
      },
      /one name with its type/,
    ],
    [
      'one attribute as both keys',
      'APP_NAME_TAKEN',
      (app) => {
        app.table('t', { partitionKey: 'a', sortKey: { a: 'number' } })
      },
      /sort key/,
    ],
    ['neither file nor sql', 'APP_SETTING_MISSING', withQuery((q) => delete q.file), /Give one/],
    ['both file and sql', 'APP_VALUE_INVALID', withQuery((q) => (q.sql = 'x')), /both/],
    [
      'a file that does not exist',
      'APP_FILE_MISSING',
      withQuery((q) => (q.file = './no.sql')),
      /no\.sql, does not exist|does not exist/,
    ],
    ['an unknown dialect', 'APP_VALUE_INVALID', withQuery((q) => (q.dialect = 'spark')), /'kda', 'flink'/],
    [
      'a column without a path',
      'APP_COLUMN_INVALID',
      withQuery((q) => {
        q.input = { ...(q.input as object), columns: { a: 'INTEGER' } }
      }),
      /SQL type/,
    ],
    ['no output', 'APP_SETTING_MISSING', withQuery((q) => (q.output = {})), /output/],
    [
      'a handler that is none',
      'APP_VALUE_INVALID',
      (app) => {
        // @ts-expect-error the compiler refuses it too
        app.function('f', { from: app.stream('s') }, 'handler')
      },
      /records, context/,
    ],
    [
      'a concurrency that is too high',
      'APP_VALUE_INVALID',
      (app) => app.each('f', { from: app.stream('s'), concurrency: 1_001 }, idle),
      /Concurrency of function "f" is 1001.*1 to 1000/,
    ],
    [
      'a setting of batches for single records',
      'APP_SETTING_UNKNOWN',
      // @ts-expect-error there is no batch
      (app) => app.each('f', { from: app.stream('s'), batchSize: 3 }, idle),
      /batchSize.*Allowed: from, concurrency, decode, onceSeconds/,
    ],
    [
      'too few retries',
      'APP_VALUE_INVALID',
      (app) => app.each('f', { from: app.stream('s'), retries: -1 }, idle),
      /from 0 to 10000 \(default 3\)/,
    ],
    [
      'a batch that is too large',
      'APP_VALUE_INVALID',
      (app) => app.function('f', { from: app.stream('s'), batchSize: 20_000 }, idle),
      /from 1 to 10000 \(default 100\)/,
    ],
    [
      'a decoder that is none',
      'APP_VALUE_INVALID',
      // @ts-expect-error a text decodes nothing
      (app) => app.each('f', { from: app.stream('s'), decode: 'json' }, idle),
      /The decode of function "f" is "json"/,
    ],
    ['a variable that is not set', 'APP_ENV_MISSING', (app) => void app.env('ORDERS_DB'), /ORDERS_DB=value/],
    ['nothing to run', 'APP_EMPTY', (app) => void app.stream('s'), /nothing to run/],
  ]
  it.each(cases)('%s', (_name, code, describeApp, text) => {
    const error = failure(describeApp)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(text)
    expect(error.next).not.toBe('')
    if (code !== 'APP_EMPTY') expect(error.place).toMatch(/define-app\.test\.ts:\d+:\d+$/)
  })

  it('a description that goes on after it has ended', async () => {
    let late: App | undefined
    build((app) => {
      late = app
      app.function('f', { from: app.stream('s') }, idle)
    })
    expect(() => late?.stream('later')).toThrow(/APP_CLOSED/)
    const asynchronous = defineApp('a', async () => {
      throw new Error('unseen')
    })
    expect(() => asynchronous.build()).toThrow(/APP_CLOSED/)
  })

  it('errors of any copy of the package are recognised by their code', () => {
    expect(codeOf(failure((app) => void app.stream('s')))).toBe('APP_EMPTY')
    expect(codeOf('text')).toBeUndefined()
  })
})
