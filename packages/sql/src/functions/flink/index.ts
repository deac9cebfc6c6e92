/** The scalar functions and operators of the Flink dialect. ../index.ts lists the names and argument orders. */
import { logic } from '../logic.ts'
import { patterns } from '../pattern.ts'
import type { ScalarFunction } from '../scalar-function.ts'
import { flinkArithmetic } from './arithmetic.ts'
import { flinkCasts } from './cast.ts'
import { flinkCollection, flinkTypeOf } from './collection.ts'
import { flinkComparison } from './comparison.ts'
import { flinkConditional } from './conditional.ts'
import { flinkHash } from './hash.ts'
import { flinkJson } from './json.ts'
import { flinkNumeric } from './numeric.ts'
import { flinkPrintf } from './printf.ts'
import { flinkRegexp } from './regexp.ts'
import { flinkString } from './string.ts'
import { flinkTemporal } from './temporal.ts'
import { flinkTemporalText } from './temporal-text.ts'
import { flinkUrl } from './url.ts'

/** Patterns of SQL itself mean the same in both dialects. */
const sharedPatterns = patterns.filter(({ name }) => name === 'LIKE' || name === 'SIMILAR TO')

export const flinkFunctions: readonly ScalarFunction[] = [
  ...flinkArithmetic,
  ...flinkComparison,
  ...logic,
  ...flinkConditional,
  ...flinkNumeric,
  ...flinkString,
  ...flinkRegexp,
  ...sharedPatterns,
  ...flinkTemporal,
  ...flinkTemporalText,
  ...flinkCollection,
  ...flinkJson,
  ...flinkHash,
  ...flinkUrl,
  flinkPrintf,
  flinkTypeOf,
  ...flinkCasts,
]

/** Other names of functions. */
export const flinkAliases: Readonly<Record<string, string>> = {
  CEILING: 'CEIL',
  CEILING_TIME: 'CEIL_TIME',
  CHARACTER_LENGTH: 'CHAR_LENGTH',
  LCASE: 'LOWER',
  UCASE: 'UPPER',
  'IS JSON': 'IS JSON VALUE',
  'IS NOT JSON': 'IS NOT JSON VALUE',
  '%': 'MOD',
  '!=': '<>',
}
