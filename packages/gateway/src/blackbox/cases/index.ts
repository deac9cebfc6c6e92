/** All cases that need no particular time. */
import type { BlackboxCase } from './case.ts'
import { consumerCases } from './consumers.ts'
import { recordCases } from './records.ts'
import { refusalCases } from './refusals.ts'
import { settingCases } from './settings.ts'
import { shardCases } from './shards.ts'
import { streamCases } from './streams.ts'

export const blackboxCases: readonly BlackboxCase[] = [
  ...streamCases,
  ...shardCases,
  ...recordCases,
  ...consumerCases,
  ...settingCases,
  ...refusalCases,
]
