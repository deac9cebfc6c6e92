/** Functions of the form `lambda` between the log and a runner that a test makes up: events in, answers out. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Store } from '@millrace/store'
import { seededRandom, VirtualClock } from '@millrace/values'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AppDefinition } from '../app-model.ts'
import { writeRedriven } from '../dead-letters/redrive-record.ts'
import { runInProcess } from '../in-process.ts'
import { noServices } from '../lambda/lambda-environment.ts'
import type { LambdaOutcome } from '../lambda/lambda-port.ts'
import { expectConserved, leftBehind, startMs, tempDir } from '../testing/app-kit.ts'
import { LambdaFunctionRunner } from './lambda-function-runner.ts'
import { type MappingSettings, mappingDefaults } from './mapping-settings.ts'

let temp: ReturnType<typeof tempDir>
beforeEach(() => {
  temp = tempDir()
})
afterEach(() => temp.remove())

interface Event {
  readonly Records: readonly {
    readonly eventID: string
    readonly kinesis: { readonly data: string; readonly sequenceNumber: string }
  }[]
}

const run = { requestId: 'r', durationMs: 1, initMs: undefined, memoryUsedMb: 1, log: [] }

async function runLambda(
  records: readonly Uint8Array[],
  mapping: Partial<MappingSettings>,
  invoke: (event: Event, text: string) => LambdaOutcome,
  before: (store: Store) => void = () => {},
) {
  const app: AppDefinition = {
    name: 'test',
    streams: [{ name: 'in', shards: 1, retentionMs: 86_400_000 }],
    tables: [],
    stages: [
      {
        kind: 'function',
        name: 'f',
        from: 'in',
        mapping: { ...mappingDefaults, maxRetries: 0, ...mapping },
        code: {
          form: 'lambda',
          lambda: {
            functionName: 'f',
            codeDir: '/nowhere',
            handler: 'app.handler',
            memoryMb: 128,
            timeoutMs: 3_000,
            environment: {},
            reservedConcurrency: undefined,
          },
        },
      },
    ],
  }
  const running = await runInProcess({
    app,
    dataDir: temp.dir,
    clock: new VirtualClock(startMs),
    random: seededRandom(1),
    lambdas: async () => ({
      services: noServices,
      makeRunner: () => ({
        open: async () => {},
        invoke: async (text) => invoke(JSON.parse(text), text),
        reload: () => {},
        close: async () => {},
      }),
    }),
  })
  before(running.store)
  for (const data of records) {
    running.store.commit((transaction) => transaction.append('in', [{ key: Buffer.from('k'), data }]))
  }
  await running.runToEnd()
  const left = leftBehind(running.store)
  const report = await running.close()
  expectConserved(report)
  return { ...left, report }
}

test('an event holds as many records as its 6 MB take, base64 and envelope included; a larger record comes alone', async () => {
  const sizes = [1, 1, 1, 1, 1, 0.2, 5, 0.5, 4, 0.1, 0.1].map((mb) => Math.round(mb * 1024 * 1024))
  const lengths: number[] = []
  const counts: number[] = []
  await runLambda(
    sizes.map((size) => new Uint8Array(size)),
    {},
    (event, text) => {
      lengths.push(text.length)
      counts.push(event.Records.length)
      return { ...run, kind: 'returned', payload: 'null' }
    },
  )
  // 1 MiB is 1.33 MiB in base64: four of them fit 6 MiB, five do not.
  expect(counts).toEqual([4, 2, 1, 1, 3])
  expect(lengths.filter((length) => length > 6 * 1024 * 1024)).toEqual([lengths[2]])
})

test('sequence numbers of the event name the records that failed', async () => {
  const seen: string[] = []
  const { report } = await runLambda(
    ['a', 'b', 'c', 'd'].map((text) => Buffer.from(text)),
    { reportItemFailures: true, maxRetries: 1 },
    ({ Records }) => {
      const texts = Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString())
      seen.push(texts.join(''))
      const failed = seen.length === 1 ? Records.slice(2) : []
      const items = failed.map(({ kinesis }) => ({ itemIdentifier: kinesis.sequenceNumber }))
      return { ...run, kind: 'returned', payload: JSON.stringify({ batchItemFailures: items }) }
    },
  )
  expect(seen).toEqual(['abcd', 'cd'])
  expect(report.stages[0]).toMatchObject({ in: 4, out: 4, dead: 0 })
})

test('what the handler threw is in the dead letters, with its name and stack', async () => {
  const { tables } = await runLambda([Buffer.from('a')], {}, () => ({
    ...run,
    kind: 'failed',
    error: {
      errorType: 'RangeError',
      errorMessage: 'too far',
      stackTrace: ['RangeError: too far', '    at x.js:1'],
    },
  }))
  expect(tables['dead-letters']).toMatchObject([
    {
      text: 'a',
      attempts: 1,
      error: {
        code: 'RangeError',
        name: 'RangeError',
        message: 'too far',
        stack: 'RangeError: too far\n    at x.js:1',
      },
    },
  ])
})

test('the version of the code is that of the handler as it is on disk, also after a reload', () => {
  const code = {
    functionName: 'f',
    codeDir: temp.dir,
    handler: 'app.handler',
    memoryMb: 128,
    timeoutMs: 3_000,
    environment: {},
    reservedConcurrency: undefined,
  }
  const lambda = {
    open: async () => {},
    invoke: async () => ({ kind: 'throttled' as const, reason: 'not run' }),
    reload: () => {},
    close: async () => {},
  }
  const runner = () => {
    const events = { of: () => never(), ofRecord: () => never() }
    return new LambdaFunctionRunner(code, lambda, events)
  }
  writeFileSync(join(temp.dir, 'app.js'), 'exports.handler = () => 1')
  const first = runner()
  const { codeVersion } = first
  expect(runner().codeVersion).toBe(codeVersion)
  writeFileSync(join(temp.dir, 'app.js'), 'exports.handler = () => 2')
  expect(first.codeVersion).toBe(codeVersion)
  first.reload()
  expect(first.codeVersion).not.toBe(codeVersion)
  expect(first.codeVersion).toBe(runner().codeVersion)
})

function never(): never {
  throw new Error('no event is made here')
}

test('a redriven letter of a stream that is gone dies again, and holds up nobody', async () => {
  const seen: string[] = []
  const { tables } = await runLambda(
    [Buffer.from('a'), Buffer.from('b')],
    { maxRetries: Number.POSITIVE_INFINITY },
    ({ Records }) => {
      seen.push(...Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString()))
      return { ...run, kind: 'returned', payload: 'null' }
    },
    (store) => {
      const place = { stream: 'gone', shard: 0, sequence: 7, arrivalTime: startMs }
      const history = { attempts: 1, firstTime: new Date(startMs).toISOString(), redrives: 1, failures: [] }
      store.defineStream({ name: 'f.redrive', shards: 1, retentionMs: 86_400_000 })
      store.commit((transaction) =>
        transaction.append('f.redrive', [
          { key: Buffer.from('k'), data: writeRedriven(place, history, Buffer.from('old')) },
        ]),
      )
    },
  )
  expect(seen).toEqual(['a', 'b'])
  expect(tables['dead-letters']).toMatchObject([
    { stream: 'gone', sequence: 7, text: 'old', redrives: 1, error: { code: 'STREAM_UNKNOWN' } },
  ])
})
