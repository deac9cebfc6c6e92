/** All cases of tables. What is refused alike for every operation is made here from the others. */
import { refusals } from '../../service-case.ts'
import { itemCases } from './items.ts'
import { streamCases } from './streams.ts'
import type { TableCase } from './table-case.ts'
import { tableCases } from './tables.ts'

const own = [...tableCases, ...itemCases, ...streamCases]

/** DescribeEndpoints asks for no right. */
export const allTableCases: readonly TableCase[] = [...own, ...refusals(own, ['DescribeEndpoints'])]
