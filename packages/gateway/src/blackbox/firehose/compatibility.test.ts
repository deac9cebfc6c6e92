/** The page of what was tried is written from a run of these cases; a case more or less makes it stale. */
import { readFileSync } from 'node:fs'
import * as firehose from '@aws-sdk/client-firehose'
import { expect, test } from 'vitest'
import { serviceCaseTitle } from '../service-case.ts'
import { allDeliveryCases } from './cases/index.ts'
import { deliveryLimitCases } from './cases/limits.ts'

const page = readFileSync(new URL('../../../../../docs/firehose-compatibility.md', import.meta.url), 'utf8')
const cases = [...allDeliveryCases, ...deliveryLimitCases]
const operations = [...new Set(cases.map(({ operation }) => operation))].sort()

test('every operation of the API has cases, of success and of errors, each with a name of its own', () => {
  const known = Object.keys(firehose)
    .filter((name) => /[a-z]Command$/.test(name))
    .map((name) => name.slice(0, -'Command'.length))
  expect(operations).toEqual(known.sort())
  for (const operation of operations) {
    const own = cases.filter((each) => each.operation === operation)
    expect(new Set(own.map(serviceCaseTitle)).size, operation).toBe(own.length)
    expect(
      own.some(({ error }) => error === undefined),
      operation,
    ).toBe(true)
    expect(
      own.some(({ error }) => error !== undefined),
      operation,
    ).toBe(true)
  }
})

test('docs/firehose-compatibility.md has these cases: npm run docs:compatibility', () => {
  const [numbers, errors] = [tableUnder('Operation | Java'), tableUnder('Operation | Errors')]
  expect(numbers[0]).toEqual(['Operation', 'JavaScript SDK 3', 'boto3', 'AWS CLI', 'Plain JSON'])
  expect(numbers.slice(1)).toEqual(
    operations.map((operation) => {
      const own = cases.filter((each) => each.operation === operation)
      const library = String(own.filter(({ isPlain }) => isPlain !== true).length)
      return [operation, library, library, library, String(own.length)]
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
