/** The page of what was tried is written from a run of these cases; a case more or less makes it stale. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { BlackboxCase } from './cases/case.ts'
import { blackboxCases } from './cases/index.ts'
import { limitCases } from './cases/limits.ts'
import { youngerOperations } from './operation-names.ts'

const page = readFileSync(new URL('../../../../docs/kinesis-compatibility.md', import.meta.url), 'utf8')
const cases = [...blackboxCases, ...limitCases]

const columns: Readonly<Record<string, (each: BlackboxCase) => boolean>> = {
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
  const operations = [...new Set(cases.map(({ operation }) => operation))].sort()
  const [numbers, errors] = [tableUnder('Operation | Java'), tableUnder('Operation | Errors')]
  expect(numbers[0]).toEqual(['Operation', ...Object.keys(columns)])
  expect(numbers.slice(1)).toEqual(
    operations.map((operation) => {
      const own = cases.filter((each) => each.operation === operation)
      const counts = Object.values(columns).map((has) => own.filter(has).length)
      return [operation, ...counts.map((count) => (count === 0 ? '–' : `${count}`))]
    }),
  )
  expect(errors.slice(1)).toEqual(
    operations.map((operation) => {
      const own = cases.filter((each) => each.operation === operation)
      const types = new Set(own.flatMap(({ error }) => (error === undefined ? [] : [error])))
      return [operation, [...types].sort().join(', ')]
    }),
  )
})

/** Rows of the table whose heading begins so, without the line under the heading. */
function tableUnder(heading: string): string[][] {
  const lines = page.slice(page.indexOf(`| ${heading}`)).split('\n')
  const end = lines.findIndex((line) => !line.startsWith('|'))
  return lines
    .slice(0, end)
    .filter((_, i) => i !== 1)
    .map((line) => line.slice(2, -2).split(' | '))
}
