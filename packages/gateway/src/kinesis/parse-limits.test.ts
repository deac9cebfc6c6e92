import { expect, test } from 'vitest'
import { awsLimits, localLimits } from './kinesis-limits.ts'
import { overrideLimits, parseLimitProfile } from './parse-limits.ts'

test('single limits replace those of the profile, later ones win', () => {
  const limits = overrideLimits(parseLimitProfile('aws'), [
    'shardWriteRecordsPerSecond=500',
    'shardWriteRecordsPerSecond=600',
    'shardsMax=off',
    'controlPlaneRates=false',
    'statusMs=1.5',
  ])
  expect(limits).toEqual({
    ...awsLimits,
    shardWriteRecordsPerSecond: 600,
    shardsMax: Number.POSITIVE_INFINITY,
    controlPlaneRates: false,
    statusMs: 1.5,
  })
  expect(overrideLimits(localLimits, [])).toEqual(localLimits)
})

test('what is no limit or no value is refused by name', () => {
  const refused = (text: string): unknown => {
    try {
      overrideLimits(localLimits, [text])
    } catch (error) {
      return (error as Error).message
    }
    return undefined
  }
  expect(refused('shards=1')).toContain('limit "shards" does not exist. There are: shardWriteBytesPerSecond,')
  expect(refused('toString=1')).toContain('does not exist')
  expect(refused('shardsMax')).toContain('has no value')
  for (const value of ['', '-1', 'x', '1e3', 'Infinity', '0x1']) {
    expect(refused(`shardsMax=${value}`), value).toContain(
      `GATEWAY_OPTION_INVALID limit shardsMax is "${value}"`,
    )
  }
  expect(refused('controlPlaneRates=1')).toContain('allowed are true and false')
  expect(refused('statusMs=off')).toContain('numbers from 0 (ms)')
  expect(() => parseLimitProfile('cloud')).toThrow('there are aws and local')
})
