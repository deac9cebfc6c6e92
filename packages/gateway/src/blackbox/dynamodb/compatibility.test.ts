/** The page of what was tried with clients of DynamoDB is written from a run of these cases. */
import * as tables from '@aws-sdk/client-dynamodb'
import * as streams from '@aws-sdk/client-dynamodb-streams'
import { expect, test } from 'vitest'
import { unsupportedOperations } from '../../dynamodb/operations/unsupported.ts'
import {
  commandsOf,
  expectBothOutcomes,
  expectPage,
  operationsOf,
  serviceColumns,
} from '../compatibility-page.ts'
import { allTableCases } from './cases/index.ts'

test('every operation of the API has cases, of success and of errors, or a reason why it is not there', () => {
  const answered = [...operationsOf(allTableCases), ...unsupportedOperations.keys()]
  expect(new Set(answered)).toEqual(new Set(commandsOf(tables, streams)))
  expectBothOutcomes(allTableCases)
})

test('docs/dynamodb-compatibility.md has these cases: npm run docs:compatibility', () => {
  expectPage('dynamodb-compatibility.md', allTableCases, serviceColumns)
})
