/**
 * JSON whose whole numbers are all exact. The protocol carries 64-bit numbers (ids of snapshots made by other engines), which JSON.parse
 * rounds without a word; what was rounded is beyond 2^53 also afterwards, and refused here.
 */
import { LakeError } from '../../errors.ts'
import { refuseLargeNumbers } from '../format/read-metadata.ts'

/** `what` names the text in messages. Errors: TABLE_CATALOG_FAILED for what is no JSON, ICEBERG_NUMBER_TOO_LARGE. */
export function parseExactJson(text: string, what: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new LakeError('TABLE_CATALOG_FAILED', `${what} is not JSON: ${reason}`, { cause: error })
  }
  refuseLargeNumbers(value, what, '')
  return value
}
