/**
 * Names of tables and indexes. Where the API takes a table's name it takes its ARN as well; the texts of faults are those
 * of names.
 */
import { parseTableArn } from '@millrace/values'
import type { Shape } from '../../wire/shape.ts'
import { validation } from '../faults.ts'
import { string } from './value-shapes.ts'

const namePattern = '[a-zA-Z0-9_.-]+'
const name = string({ min: 3, max: 255, pattern: namePattern })
const nameOfAnyLength = string({ pattern: namePattern })

export const indexName = name

/** Of operations on items. */
export const tableName: Shape<string> = orArn(name)

/**
 * Of operations on tables: that it is there and how long it is is checked before everything else, in other words. To be
 * used by tableNameFirst.
 */
export const controlTableName: Shape<string> = orArn(nameOfAnyLength)

/** Errors: ValidationException. */
export function checkTableNameFirst(body: Readonly<Record<string, unknown>>): void {
  const given = body.TableName ?? undefined
  if (given === undefined) {
    throw validation("The parameter 'TableName' is required but was not present in the request")
  }
  if (typeof given !== 'string' || isTableArn(given)) return
  if (given.length < 3 || given.length > 255) {
    throw validation('TableName must be at least 3 characters long and at most 255 characters long')
  }
}

function orArn(shape: Shape<string>): Shape<string> {
  return {
    ...shape,
    check(value, path, faults) {
      if (!isTableArn(value)) shape.check(value, path, faults)
    },
  }
}

function isTableArn(text: string): boolean {
  return text.startsWith('arn:') && parseTableArn(text) !== undefined
}
