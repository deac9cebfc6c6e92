import { expect, test } from 'vitest'
import { blackboxCases } from './cases/index.ts'
import { operationNames } from './operation-names.ts'

test('every operation of the API has cases, of success and of errors', () => {
  expect(operationNames).toHaveLength(39)
  for (const operation of operationNames) {
    const own = blackboxCases.filter((each) => each.operation === operation)
    expect(own.filter(({ error }) => error === undefined).length, operation).toBeGreaterThan(0)
    expect(own.filter(({ error }) => error !== undefined).length, operation).toBeGreaterThan(0)
  }
})
