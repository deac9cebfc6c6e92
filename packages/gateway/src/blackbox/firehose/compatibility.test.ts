/** The page of what was tried with clients of Firehose is written from a run of these cases. */
import * as firehose from '@aws-sdk/client-firehose'
import { expect, test } from 'vitest'
import {
  commandsOf,
  expectBothOutcomes,
  expectPage,
  operationsOf,
  serviceColumns,
} from '../compatibility-page.ts'
import { serviceCaseTitle } from '../service-case.ts'
import { allDeliveryCases } from './cases/index.ts'
import { deliveryLimitCases } from './cases/limits.ts'

const cases = [...allDeliveryCases, ...deliveryLimitCases]

test('every operation of the API has cases, of success and of errors, each with a name of its own', () => {
  expect(operationsOf(cases)).toEqual(commandsOf(firehose))
  expectBothOutcomes(cases)
  for (const operation of operationsOf(cases)) {
    const own = cases.filter((each) => each.operation === operation)
    expect(new Set(own.map(serviceCaseTitle)).size, operation).toBe(own.length)
  }
})

test('docs/firehose-compatibility.md has these cases: npm run docs:compatibility', () => {
  expectPage('firehose-compatibility.md', cases, serviceColumns)
})
