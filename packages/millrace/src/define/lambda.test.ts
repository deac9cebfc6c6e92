import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FunctionStage } from '@millrace/runtime'
import { mappingDefaults } from '@millrace/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf } from '../error.ts'
import type { App } from './app.ts'
import { defineApp } from './define-app.ts'
import type { LambdaSettings } from './lambda.ts'
import type { StreamHandle } from './stream-handle.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-define-'))
  mkdirSync(join(dir, 'code'))
  writeFileSync(join(dir, 'code/orders.mjs'), '')
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

type Settings =
  | Partial<LambdaSettings>
  | ((streams: { clicks: StreamHandle; failed: StreamHandle }) => object)

function stages(settings: Settings): FunctionStage[] {
  const app = defineApp('a', (app: App) => {
    const streams = { clicks: app.stream('clicks'), failed: app.stream('failed') }
    const own = typeof settings === 'function' ? settings(streams) : settings
    const from = 'mappings' in own ? {} : { from: streams.clicks }
    // What is wrong on purpose has no type.
    app.lambda('f', { code: './code', handler: 'orders.handler', ...from, ...own } as LambdaSettings)
  })
  return app.build({ dir, env: {} }).definition.stages.filter((stage) => stage.kind === 'function')
}

function mappingOf(settings: Settings) {
  return stages(settings)[0]?.mapping
}

function refusal(settings: Settings): string {
  try {
    stages(settings)
  } catch (error) {
    return `${codeOf(error)} ${error instanceof Error ? error.message : ''}`
  }
  return 'accepted'
}

/** Every setting away from its default, by each way of writing. */
const whole = {
  batchSize: 10,
  maximumBatchingWindowInSeconds: 5,
  parallelizationFactor: 4,
  startingPosition: 'LATEST',
  maximumRetryAttempts: 2,
  maximumRecordAgeInSeconds: 120,
  bisectBatchOnFunctionError: true,
  tumblingWindowInSeconds: 15,
  functionResponseTypes: ['ReportBatchItemFailures'],
  filterCriteria: { filters: [{ pattern: { data: { n: [1] } } }, { pattern: '{"partitionKey":["a"]}' }] },
} as const
const wholeTemplate = {
  FunctionName: 'anything',
  EventSourceArn: 'arn:aws:kinesis:us-east-1:123456789012:stream/clicks',
  Enabled: true,
  BatchSize: 10,
  MaximumBatchingWindowInSeconds: 5,
  ParallelizationFactor: 4,
  StartingPosition: 'LATEST',
  MaximumRetryAttempts: 2,
  MaximumRecordAgeInSeconds: 120,
  BisectBatchOnFunctionError: true,
  TumblingWindowInSeconds: 15,
  FunctionResponseTypes: ['ReportBatchItemFailures'],
  FilterCriteria: { Filters: [{ Pattern: '{"data":{"n":[1]}}' }, { Pattern: '{"partitionKey":["a"]}' }] },
  DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:123456789012:failed' } },
}
const wholeMapping = {
  ...mappingDefaults,
  batchSize: 10,
  batchingWindowMs: 5000,
  parallelization: 4,
  startingPosition: 'LATEST',
  maxRetries: 2,
  maxRecordAgeMs: 120_000,
  bisect: true,
  tumblingWindowMs: 15_000,
  reportItemFailures: true,
  filters: ['{"data":{"n":[1]}}', '{"partitionKey":["a"]}'],
  onFailure: { kind: 'stream', stream: 'failed' },
}

describe('app.lambda', () => {
  it('has the defaults of AWS', () => {
    expect(stages({})).toEqual([
      {
        kind: 'function',
        name: 'f',
        from: 'clicks',
        mapping: mappingDefaults,
        code: {
          form: 'lambda',
          lambda: {
            functionName: 'f',
            codeDir: join(dir, 'code'),
            handler: 'orders.handler',
            memoryMb: 128,
            timeoutMs: 3000,
            environment: {},
            reservedConcurrency: undefined,
          },
        },
      },
    ])
  })

  it('takes a mapping by the names of AWS, and as a template has it, alike', () => {
    const inline = mappingOf(({ failed }) => ({
      ...whole,
      destinationConfig: { onFailure: { destination: failed } },
    }))
    expect(inline).toEqual(wholeMapping)
    expect(mappingOf({ mapping: wholeTemplate })).toEqual(wholeMapping)
    // What a template leaves out may be said beside it.
    expect(mappingOf({ batchSize: 7, mapping: { ParallelizationFactor: 3 } })).toMatchObject({
      batchSize: 7,
      parallelization: 3,
    })
  })

  it('takes -1 for no end, a time to begin at, and a folder for reports', () => {
    expect(mappingOf({ maximumRetryAttempts: -1, maximumRecordAgeInSeconds: -1 })).toMatchObject({
      maxRetries: Number.POSITIVE_INFINITY,
      maxRecordAgeMs: Number.POSITIVE_INFINITY,
    })
    const at = { startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: 1_767_225_600.5 } as const
    expect(mappingOf(at)).toMatchObject({ startingPosition: { atMs: 1_767_225_600_500 } })
    const folder = { destinationConfig: { onFailure: { destination: { folder: './reports' } } } }
    expect(mappingOf(folder)).toMatchObject({ onFailure: { kind: 'folder', path: join(dir, 'reports') } })
  })

  it('takes a file for its code', () => {
    const place = (settings: Partial<LambdaSettings>) => {
      const code = stages({ code: './code/orders.mjs', ...settings })[0]?.code
      return code?.form === 'lambda' ? [code.lambda.codeDir, code.lambda.handler] : []
    }
    const folder = join(dir, 'code')
    expect(place({})).toEqual([folder, 'orders.handler'])
    expect(
      stages((streams) => ({ code: './code/orders.mjs', handler: undefined, from: streams.clicks }))[0]?.code,
    ).toMatchObject({
      lambda: { handler: 'orders.handler' },
    })
    expect(place({ handler: 'main' })).toEqual([folder, 'orders.main'])
  })

  it('has a stage for each of several mappings, which share the function', () => {
    const several = stages(({ clicks, failed }) => ({
      reservedConcurrency: 3,
      mappings: [
        { from: clicks, batchSize: 5 },
        { from: failed, name: 'again', mapping: { BatchSize: 6 } },
      ],
    }))
    expect(several.map(({ name, from, mapping }) => [name, from, mapping.batchSize])).toEqual([
      ['f-clicks', 'clicks', 5],
      ['again', 'failed', 6],
    ])
    for (const { code } of several)
      expect(code).toMatchObject({ lambda: { functionName: 'f', reservedConcurrency: 3 } })
  })

  const refused: readonly (readonly [settings: Settings, message: RegExp])[] = [
    [{ memory: 64 }, /APP_VALUE_INVALID .*memory of lambda "f" is 64.*128 to 10240/],
    [{ timeout: 901 }, /timeout of lambda "f" is 901.*1 to 900/],
    [{ reservedConcurrency: 0 }, /reservedConcurrency/],
    [{ environment: { A: 1 } } as object, /A in environment of lambda "f" is 1/],
    [{ code: './nowhere' }, /APP_FILE_MISSING .*nowhere, does not exist/],
    [() => ({ handler: undefined }), /APP_SETTING_MISSING .*has no handler/],
    [{ batchsize: 5 } as object, /APP_SETTING_UNKNOWN .*Did you mean "batchSize"/],
    [{ batchSize: 10_001 }, /batchSize of lambda "f" is 10001/],
    [{ parallelizationFactor: 11 }, /parallelizationFactor/],
    [{ maximumRetryAttempts: -2 }, /maximumRetryAttempts of lambda "f" is -2/],
    [{ maximumRecordAgeInSeconds: 59 }, /maximumRecordAgeInSeconds of lambda "f" is 59/],
    [{ tumblingWindowInSeconds: 901 }, /tumblingWindowInSeconds/],
    [{ startingPosition: 'AT_TIMESTAMP' }, /startingPositionTimestamp of lambda "f" is undefined/],
    [{ startingPositionTimestamp: 5 }, /nothing, unless startingPosition is 'AT_TIMESTAMP'/],
    [{ functionResponseTypes: ['Other'] } as object, /functionResponseTypes/],
    [
      { filterCriteria: { filters: [{ patern: '{}' }] } } as object,
      /filter 1 of lambda "f" has no setting "patern".*"pattern"/,
    ],
    [
      { mapping: { BatchSise: 5 } },
      /mapping of lambda "f" has no setting "BatchSise".*Did you mean "BatchSize"/,
    ],
    [{ mapping: { Enabled: false } }, /Enabled of mapping of lambda "f" is false/],
    [{ batchSize: 5, mapping: { BatchSize: 6 } }, /has both batchSize and BatchSize under mapping/],
    [
      { mapping: { DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:1:other' } } } },
      /Declare app\.stream\("other"\)/,
    ],
    [{ mappings: [] }, /mappings of lambda "f" is an array/],
    [({ clicks }) => ({ mappings: [{ from: clicks }], batchSize: 5 }), /has batchSize beside mappings/],
    [() => ({ from: undefined }), /APP_SETTING_MISSING .*has no from/],
    [
      ({ clicks }) => ({ mappings: [{ from: clicks }, { from: clicks }] }),
      /APP_NAME_TAKEN .*stage "f-clicks"/,
    ],
  ]
  it.each(refused)('refuses %j', (settings, message) => {
    // A sentence begins with a capital, also where that is a setting.
    expect(refusal(settings)).toMatch(new RegExp(message.source, 'i'))
  })
})
