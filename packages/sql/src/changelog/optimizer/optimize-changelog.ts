/**
 * Rules over a whole Flink program. Every rule keeps the answer of each sink: the rows that are there after all changes, and
 * which rows fail.
 */
import type { ChangelogProgram } from '../plan.ts'

export function optimizeChangelog(program: ChangelogProgram): ChangelogProgram {
  return program
}
