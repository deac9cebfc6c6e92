/**
 * A path of MATCH_RECOGNIZE: the rows of a match so far with the variable of each, as a chain from the last row back. Paths
 * that differ in their last rows share the others. Made for each candidate row before its condition is asked, because a
 * condition sees the candidate as the last row of its variable.
 */
import type { Accumulator } from '../aggregates/aggregate-program.ts'
import type { Row } from '../row.ts'

export class MatchStep {
  readonly row: Row
  /** Number of the variable (match-search.ts). */
  readonly variable: number
  readonly previous: MatchStep | undefined
  readonly length: number
  readonly first: MatchStep
  /** The step before with the same variable. */
  readonly sameBefore: MatchStep | undefined
  /** By variable: its first and its last step so far. */
  readonly firsts: readonly (MatchStep | undefined)[]
  readonly lasts: readonly (MatchStep | undefined)[]
  /** By reference: accumulators over the rows up to here, as far as they were needed (match-references.ts). */
  accumulators: (Accumulator | undefined)[] | undefined = undefined

  constructor(row: Row, variable: number, previous: MatchStep | undefined) {
    this.row = row
    this.variable = variable
    this.previous = previous
    this.length = previous === undefined ? 1 : previous.length + 1
    this.first = previous === undefined ? this : previous.first
    this.sameBefore = previous?.lasts[variable]
    const lasts = previous === undefined ? [] : previous.lasts.slice()
    lasts[variable] = this
    this.lasts = lasts
    if (previous !== undefined && this.sameBefore !== undefined) this.firsts = previous.firsts
    else {
      const firsts = previous === undefined ? [] : previous.firsts.slice()
      firsts[variable] = this
      this.firsts = firsts
    }
  }
}
