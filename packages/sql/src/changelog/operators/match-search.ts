/**
 * The search for the match that begins at one row. Of all ways to read the rows as the pattern the preferred one is the
 * match: at each variable a greedy quantifier prefers a row more, a reluctant one a row less. A greedy + * {n,} {n,m} never gives
 * back: a row that its variable can take is no row of a later variable. That is what Flink does, and it bounds how long a match
 * stays open; only ? tries both. Rows come one by one; the search keeps the ways that are still open in order of preference,
 * so it ends as soon as no better way is open:
 *
 *   entry    a way whose last row was read as variable `position`, its `count`th time, or one that is complete
 *   row      each entry in turn becomes those ways that read the row, in order; a complete one shuts out all behind it
 *   end      the first entry is complete: the match; no entry is left: no match begins here
 *
 * Two ways at the same position and count have the same future where conditions look at the candidate row alone; the
 * less preferred one is then dropped, so there are never more entries than positions and counts.
 */
import type { MatchNode } from '../plan.ts'
import type { Row } from '../row.ts'
import type { MatchReferences } from './match-references.ts'
import { MatchStep } from './match-step.ts'

type Condition = (step: MatchStep) => boolean

interface Position {
  readonly variable: number
  readonly min: number
  readonly max: number
  readonly greedy: boolean
  /** Greedy, and a row that it can take it keeps. */
  readonly keeps: boolean
  readonly condition: Condition | undefined
}

/** What all searches of a node share. */
export class MatchPattern {
  readonly positions: readonly Position[]
  /** Variables by number. */
  readonly variables: readonly string[]
  /** The future of a way depends on its position alone. */
  readonly memoryless: boolean
  readonly within: number
  readonly timeOf: (row: Row) => number
  /** A condition has no value for a row. */
  readonly failed: (row: Row, error: unknown) => void

  constructor(
    node: MatchNode,
    variables: readonly string[],
    references: MatchReferences,
    ports: { timeOf(row: Row): number; failed(row: Row, error: unknown): void },
  ) {
    this.variables = variables
    this.within = node.within ?? Number.POSITIVE_INFINITY
    this.timeOf = ports.timeOf
    this.failed = ports.failed
    const conditions = new Map<string, Condition>()
    for (const { variable, condition } of node.define)
      conditions.set(variable, references.condition(condition))
    this.memoryless = node.define.every(({ variable, condition }) =>
      references.looksAtCandidateOnly(condition, variable),
    )
    this.positions = node.pattern.map(({ variable, min, max, greedy }) => ({
      variable: variables.indexOf(variable),
      min,
      max,
      greedy,
      keeps: greedy && max > 1 && max > min,
      condition: conditions.get(variable),
    }))
  }

  /** Whether everything behind a position may be left out. */
  endsAfter(position: number): boolean {
    for (let at = position + 1; at < this.positions.length; at++)
      if (this.positions[at]!.min > 0) return false
    return true
  }
}

interface Entry {
  readonly step: MatchStep | undefined
  readonly position: number
  readonly count: number
  readonly complete: boolean
}

export class MatchSearch {
  readonly #pattern: MatchPattern
  #entries: Entry[] = [{ step: undefined, position: 0, count: 0, complete: false }]
  #next: Entry[] = []
  readonly #seen = new Set<number>()

  constructor(pattern: MatchPattern) {
    this.#pattern = pattern
  }

  /** Reads the next row; true while the answer is open. */
  advance(row: Row): boolean {
    const entries = this.#entries
    this.#next = []
    this.#seen.clear()
    for (const entry of entries) {
      if (entry.complete) this.#next.push(entry)
      else this.#read(entry, row)
      if (this.#shut) break
    }
    this.#entries = this.#next
    return this.#entries.length > 0 && !this.#entries[0]!.complete
  }

  /** The match as far as rows have come: when the answer is no more open, or no row can come. */
  get match(): MatchStep | undefined {
    return this.#entries.find(({ complete }) => complete)?.step
  }

  /** A complete way is in the list: nothing behind it counts. */
  get #shut(): boolean {
    return this.#next.length > 0 && this.#next[this.#next.length - 1]!.complete
  }

  #read(entry: Entry, row: Row): void {
    const { step } = entry
    if (step !== undefined) {
      const { within, timeOf } = this.#pattern
      if (timeOf(row) - timeOf(step.first.row) > within) return
    }
    this.#visit(step, row, entry.position, entry.count)
  }

  /** Tries the row at a position and those behind it, in order of preference. False: the end of the pattern came first. */
  #visit(step: MatchStep | undefined, row: Row, position: number, count: number): boolean {
    const each = this.#pattern.positions[position]
    // The end: the complete way was put in behind this entry when its last row was read.
    if (each === undefined) return step === undefined
    const mayTake = count < each.max
    const mayLeave = count >= each.min
    const taken = mayTake && each.greedy && this.#take(step, row, position, count + 1)
    if (this.#shut) return false
    if (taken && each.keeps) return true
    if (mayLeave && !this.#visit(step, row, position + 1, 0)) return false
    if (mayTake && !each.greedy && !this.#shut) this.#take(step, row, position, count + 1)
    return !this.#shut
  }

  /** False: the row cannot be one of the position's variable. */
  #take(step: MatchStep | undefined, row: Row, position: number, count: number): boolean {
    const { positions, memoryless } = this.#pattern
    const each = positions[position]!
    // Beyond the least number an endless quantifier forgets how often.
    const kept = each.max === Number.POSITIVE_INFINITY ? Math.min(count, each.min) : count
    const place = kept * positions.length + position
    if (memoryless && this.#seen.has(place)) return true
    const made = new MatchStep(row, each.variable, step)
    if (each.condition !== undefined && !this.#holds(each.condition, made)) return false
    if (memoryless) this.#seen.add(place)
    const complete = count >= each.min && this.#pattern.endsAfter(position)
    if (!complete || this.#opensBeforeEnd(position, count))
      this.#next.push({ step: made, position, count: kept, complete: false })
    if (complete) this.#next.push({ step: made, position, count: kept, complete: true })
    return true
  }

  /** Whether a way that may end here prefers to read on. */
  #opensBeforeEnd(position: number, count: number): boolean {
    const { positions } = this.#pattern
    if (positions[position]!.greedy && count < positions[position]!.max) return true
    for (let at = position + 1; at < positions.length; at++) if (positions[at]!.greedy) return true
    return false
  }

  #holds(condition: Condition, step: MatchStep): boolean {
    try {
      return condition(step)
    } catch (error) {
      this.#pattern.failed(step.row, error)
      return false
    }
  }
}
