/**
 * The function tables: every scalar function, operator and aggregate of the two dialects, by the name that CallExpr.fn
 * and AggregateCall.fn carry. The binder turns syntax into these names and argument orders; the engine compiles the hot
 * ones and calls `evaluate` for the rest.
 *
 *   Syntax                                     fn and arguments
 *   a + b, a - b, a * b, a / b                 '+' '-' '*' '/'(a, b): numbers; datetime +- interval; interval +- interval; interval * or / number
 *   -a; a % b, MOD(a, b)                       'NEGATE'(a); 'MOD'(a, b)
 *   (t1 - t2) SECOND, MINUTE TO SECOND ...     'TEMPORAL_DIFF'(t1, t2, 'last unit'): YEAR, MONTH -> INTERVAL_MONTH, else INTERVAL_DAY
 *   a = b, <>, <, <=, >, >=                    '=' '<>' '<' '<=' '>' '>='(a, b)
 *   a IS [NOT] DISTINCT FROM b                 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM'(a, b)
 *   a AND b, a OR b, NOT a                     'AND', 'OR'(a, b, ...: two or more); 'NOT'(a)
 *   a IS [NOT] NULL, TRUE, FALSE, UNKNOWN      'IS NULL', 'IS NOT NULL', 'IS TRUE', 'IS NOT TRUE', ...(a)
 *   a BETWEEN x AND y; a IN (x, y)             'BETWEEN'(a, x, y); 'IN'(a, x, y, ...); NOT forms by 'NOT'
 *   CASE                                       'CASE'(when1, then1, ..., else); the simple form compares with '='
 *   COALESCE, NULLIF                           same name
 *   CAST(a AS type); conversion of INSERT      'CAST'(a), 'ASSIGN'(a) with the target in CallExpr.type; check with `castProblem`
 *   a || b                                     '||'(a, b)
 *   CHAR_LENGTH, UPPER, LOWER, INITCAP         same name
 *   a [NOT] LIKE p [ESCAPE e], SIMILAR TO      'LIKE', 'SIMILAR TO'(a, p[, e]); NOT form by 'NOT'
 *   SUBSTRING(s, from[, len])                  'SUBSTRING'(s, from[, len])
 *   SUBSTRING(s FROM x [FOR len])              'SUBSTRING_FROM'(s, x[, len]); x is a number, or text: a regular expression
 *   SUBSTRING(s SIMILAR p ESCAPE e)            'SUBSTRING_SIMILAR'(s, p, e)
 *   TRIM([BOTH] [c] FROM s)                    'TRIM'('BOTH' | 'LEADING' | 'TRAILING', c, s); c is ' ' by default
 *   OVERLAY(s PLACING r FROM n [FOR m])        'OVERLAY'(s, r, n[, m])
 *   POSITION(a IN s)                           'POSITION'(a, s)
 *   REGEX_REPLACE(s, regex, repl, start, n)    same name and order
 *   ABS, EXP, LN, LOG10, POWER                 same name
 *   FLOOR(x), CEIL(x), STEP(n BY m)            'FLOOR'(x), 'CEIL'(x), 'STEP'(n, m)
 *   FLOOR(t TO unit), CEIL(t TO unit)          'FLOOR_TIME'(t, 'UNIT'), 'CEIL_TIME'(t, 'UNIT'): SECOND MINUTE HOUR DAY MONTH QUARTER YEAR
 *   STEP(t BY interval)                        'STEP_TIME'(t, interval)
 *   EXTRACT(unit FROM t)                       'EXTRACT'('UNIT', t)
 *   CURRENT_DATE, LOCALTIMESTAMP, ...          same name, no arguments: read from the row time
 *   UNIX_TIMESTAMP(t), TO_TIMESTAMP(n), TSDIFF(a, b)             same name
 *   CHAR_TO_TIMESTAMP(fmt, s), TIMESTAMP_TO_CHAR(fmt, t), ...    same name and order
 *   MONOTONIC(x)                               'MONOTONIC'(x): x itself
 *   [PERIOD] (a, b) PRECEDES (c, d), ...        'PERIOD PRECEDES'(a, b, c, d), ...: a point t is t, t
 *
 * Units and keywords ('SECOND', 'BOTH') are VARCHAR literals in upper case. String literals are VARCHAR(length), at least
 * VARCHAR(1); integer literals INTEGER, or BIGINT beyond it; decimal literals DECIMAL(digits, scale). Lengths and
 * positions of text count code points, and text is ordered by code point, which is the byte order of UTF-8. Words that
 * are another function's alias (CEILING, CHARACTER_LENGTH) look up that function: use the `name` of what comes back.
 *
 * Aggregates: COUNT, SUM, MIN, MAX, AVG, FIRST_VALUE, LAST_VALUE, NTH_VALUE(x, n), LAG(x[, n[, default]]), STDDEV_POP,
 * STDDEV_SAMP, VAR_POP, VAR_SAMP, ANY, EVERY, EXP_AVG(x, half-life, row time). COUNT(*) is COUNT without arguments.
 */
import type { SqlType } from '@millrace/values'
import { arithmetic } from './arithmetic.ts'
import { castFunctions } from './cast.ts'
import { comparison } from './comparison.ts'
import { conditional } from './conditional.ts'
import { datetimeText } from './datetime-text.ts'
import { flinkAliases, flinkFunctions } from './flink/index.ts'
import { intervalCasts } from './interval-cast.ts'
import { logFunctions } from './log/log-field.ts'
import { logic } from './logic.ts'
import { numeric } from './numeric.ts'
import { patterns } from './pattern.ts'
import { periods } from './period.ts'
import type { ScalarFunction } from './scalar-function.ts'
import { string } from './string.ts'
import { kdaTemporal, temporal } from './temporal.ts'
import { familyOf } from './types.ts'

export type { AggregateContext, AggregateFunction } from './aggregates.ts'
export { aggregateNames, lookupAggregate } from './aggregates.ts'
export type { Conversion } from './cast.ts'
export { castProblem, isIdentityCast, plainText } from './cast.ts'
export { compareValues } from './comparison.ts'
export { lazyFunctions } from './conditional.ts'
export { jsonReturningProblem } from './flink/json.ts'
export { flinkCommonType, flinkCommonTypeOf, implicitCast } from './flink/types.ts'
export { flinkAggregateNames, lookupFlinkAggregate } from './flink-aggregates.ts'
export * from './scalar-function.ts'
export { commonType, isNumeric, isText, sameType, typeText } from './types.ts'

export type Dialect = 'kda' | 'flink'

const kdaFunctions = [
  ...arithmetic,
  ...comparison,
  ...logic,
  ...conditional,
  ...numeric,
  ...string,
  ...patterns,
  ...temporal,
  ...kdaTemporal,
  ...periods,
  ...logFunctions,
  ...intervalCasts,
]

const tables: Record<Dialect, ReadonlyMap<string, ScalarFunction>> = {
  kda: tableOf([...kdaFunctions, ...datetimeText, ...castFunctions]),
  flink: tableOf(flinkFunctions),
}

const aliases: Record<Dialect, Readonly<Record<string, string>>> = {
  kda: {
    CEILING: 'CEIL',
    CEILING_TIME: 'CEIL_TIME',
    CHARACTER_LENGTH: 'CHAR_LENGTH',
    '%': 'MOD',
    '!=': '<>',
  },
  flink: flinkAliases,
}

/** The function of a name in upper case, or undefined if the dialect has none. The result's `name` is the canonical one. */
export function lookupScalar(name: string, dialect: Dialect): ScalarFunction | undefined {
  const known = aliases[dialect]
  return tables[dialect].get(Object.hasOwn(known, name) ? known[name]! : name)
}

/** All names of a dialect with their aliases, for suggestions. */
export function scalarNames(dialect: Dialect): readonly string[] {
  return [...tables[dialect].keys(), ...Object.keys(aliases[dialect])]
}

/** Functions that read the time of the row, the session's zone, the watermark or the random source. */
const contextReaders: ReadonlySet<string> = new Set([
  'CURRENT_DATE',
  'CURRENT_TIME',
  'CURRENT_TIMESTAMP',
  'LOCALTIME',
  'LOCALTIMESTAMP',
  'CURRENT_ROW_TIMESTAMP',
  'NOW',
  'PROCTIME',
  'CURRENT_WATERMARK',
  'FROM_UNIXTIME',
  'RAND',
  'RAND_INTEGER',
  'UUID',
  // A year of two digits is that of the century around the present.
  'CHAR_TO_DATE',
  'CHAR_TO_TIMESTAMP',
  'TO_DATE',
])

/**
 * Whether the arguments alone settle the value of a call, so that a call of literals may be computed once. Instants meet
 * the session's zone wherever they become something else.
 */
export function isSettled(call: {
  readonly fn: string
  readonly args: readonly { readonly type: SqlType }[]
  readonly type: SqlType
}): boolean {
  if (contextReaders.has(call.fn)) return false
  // KDA's takes a time; Flink's takes text in the session's zone, or reads the clock.
  if (call.fn === 'UNIX_TIMESTAMP') return call.args.length > 0 && familyOf(call.args[0]!.type) !== 'text'
  // A bare time becomes a timestamp of the row's own day.
  if (call.type.kind === 'TIMESTAMP' && call.args.some(({ type }) => type.kind === 'TIME')) return false
  return call.type.kind !== 'TIMESTAMP_LTZ' && !call.args.some(({ type }) => type.kind === 'TIMESTAMP_LTZ')
}

function tableOf(functions: readonly ScalarFunction[]): ReadonlyMap<string, ScalarFunction> {
  return new Map(functions.map((fn) => [fn.name, fn]))
}
