/** The page of what was tried with clients of Kinesis is written from a run of these cases. */
import { test } from 'vitest'
import type { BlackboxCase } from './cases/case.ts'
import { blackboxCases } from './cases/index.ts'
import { limitCases } from './cases/limits.ts'
import { expectPage, type PageColumns } from './compatibility-page.ts'
import { youngerOperations } from './operation-names.ts'

const columns: PageColumns<BlackboxCase> = {
  'JavaScript SDK 3, HTTP/2': (each) => each.isPlain !== true,
  'JavaScript SDK 3, HTTP/1.1': (each) => each.isPlain !== true,
  boto3: (each) => each.isPlain !== true && !youngerOperations.includes(each.operation),
  'AWS CLI': (each) =>
    each.isPlain !== true &&
    !youngerOperations.includes(each.operation) &&
    each.operation !== 'SubscribeToShard',
  'Plain JSON': () => true,
  'Plain CBOR': () => true,
  'CBOR of AWS (@smithy/core)': () => true,
}

test('docs/kinesis-compatibility.md has these cases: npm run docs:compatibility', () => {
  expectPage('kinesis-compatibility.md', [...blackboxCases, ...limitCases], columns)
})
