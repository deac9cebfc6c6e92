/** In how many parts a Flink query runs: what the app says, else `SET 'parallelism.default'` of the program, else one. */
import { partsMax } from '@millrace/runtime'
import type { ChangelogProgram } from '@millrace/sql'
import { MillraceError } from '../error.ts'

const setting = 'parallelism.default'

/** Error SQL_OPTION. */
export function parallelismOf(program: ChangelogProgram, place: string): number {
  const text = program.settings[setting]
  if (text === undefined) return 1
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN
  if (value >= 1 && value <= partsMax) return value
  throw new MillraceError('SQL_OPTION', `'${setting}' is '${text}'.`, {
    place,
    next: `Allowed: a whole number from 1 to ${partsMax}.`,
  })
}
