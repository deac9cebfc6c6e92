/** All cases of tables. What is refused alike for every operation is made here from the others. */

import { itemCases } from './items.ts'
import { streamCases } from './streams.ts'
import type { TableCase } from './table-case.ts'
import { tableCases } from './tables.ts'

const own = [...tableCases, ...itemCases, ...streamCases]

/** DescribeEndpoints asks for no right. */
const withoutRight = ['DescribeEndpoints']

const refusals = [...new Set(own.map(({ operation }) => operation))].flatMap((operation): TableCase[] => {
  const call = own.find((each) => each.operation === operation && each.error === undefined)
  if (call === undefined) throw new Error(`${operation} has no case of success`)
  const { input } = call
  const unknown: TableCase = {
    operation,
    name: 'with a key that is not known',
    error: 'UnrecognizedClientException',
    signer: 'unknown',
    input,
  }
  if (withoutRight.includes(operation)) return [unknown]
  const denied: TableCase = {
    operation,
    name: 'with a key that allows nothing',
    error: 'AccessDeniedException',
    signer: 'denied',
    input,
  }
  return [denied, unknown]
})

export const allTableCases: readonly TableCase[] = [...own, ...refusals]
