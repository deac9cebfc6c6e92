/**
 * Lints of a query's schema mapping: two columns on one path, a path that never matched, values that did not fit. The
 * first is known before the start, the others from what the records showed.
 */
import type { ColumnMapping } from './app-model.ts'
import { shown } from './errors.ts'
import type { Warnings } from './warnings.ts'

/** Records after which a path that matched none of them is worth a word, also while the app runs. */
const recordsForVerdict = 100

export class MappingWarnings {
  private readonly stage: string
  private readonly columns: readonly ColumnMapping[]
  private readonly warnings: Warnings
  private readonly matched: Set<string>
  private readonly refused = new Map<string, { count: number; example: string }>()
  private verdictSaid = false

  /** `matched`: columns whose path matched in earlier runs. */
  constructor(
    stage: string,
    columns: readonly ColumnMapping[],
    matched: readonly string[],
    warnings: Warnings,
  ) {
    this.stage = stage
    this.columns = columns
    this.warnings = warnings
    this.matched = new Set(matched)
    this.checkSharedPaths()
  }

  /** Columns whose path has matched, for the stage's record. */
  matchedColumns(matches: (column: number) => number): string[] {
    if (this.matched.size < this.columns.length) {
      for (let i = 0; i < this.columns.length; i++) {
        const { name } = this.columns[i]!
        if (matches(i) === 0 || this.matched.has(name)) continue
        this.matched.add(name)
        this.warnings.retract('PATH_NEVER_MATCHED', `${this.stage} ${name}`)
      }
    }
    return [...this.matched]
  }

  /** Looks at the paths after `records` records of the stage's life; `ended`: it will see no more in this run. */
  checkMatches(records: number, matches: (column: number) => number, ended: boolean): void {
    if (this.verdictSaid || records === 0 || (!ended && records < recordsForVerdict)) return
    this.verdictSaid = !ended
    this.matchedColumns(matches)
    for (const { name, path } of this.columns) {
      if (this.matched.has(name)) continue
      this.warnings.say(
        'PATH_NEVER_MATCHED',
        `${this.stage} ${name}`,
        `query "${this.stage}": the path ${path} of column "${name}" matched none of the records, so the column is always NULL. Compare its spelling with a record: millrace stream read`,
      )
    }
  }

  /** Counts a value that did not fit `what` (a column or a pump), with the message as the example. */
  refuse(code: 'VALUES_OUT_OF_RANGE' | 'VALUES_REFUSED', what: string, message: string): void {
    const key = `${code} ${what}`
    const known = this.refused.get(key)
    if (known) known.count++
    else this.refused.set(key, { count: 1, example: message })
  }

  /** Says the counts so far; once for each micro-batch that added to them. */
  sayRefused(): void {
    for (const [key, { count, example }] of this.refused) {
      const at = key.indexOf(' ')
      const what = key.slice(at + 1)
      this.warnings.say(
        key.slice(0, at),
        `${this.stage} ${what}`,
        `query "${this.stage}": ${count} ${count === 1 ? 'value' : 'values'} did not fit ${what}; the rows are on the stream "${this.stage}.error_stream". First: ${example}`,
      )
    }
  }

  private checkSharedPaths(): void {
    const byPath = new Map<string, string>()
    for (const { name, path } of this.columns) {
      const other = byPath.get(path)
      if (other === undefined) {
        byPath.set(path, name)
        continue
      }
      this.warnings.say(
        'COLUMNS_SHARE_PATH',
        `${this.stage} ${name}`,
        `query "${this.stage}": columns "${other}" and "${name}" both read the path ${shown(path)}, so they always hold the same value. Give one of them its own path`,
      )
    }
  }
}
