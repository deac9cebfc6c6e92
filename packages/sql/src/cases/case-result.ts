/** What running a case gave: outputs by name, rows of the error stream, or why the program did not run. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { CaseOutput } from './expectation.ts'

export interface CaseErrorRow {
  /** Columns of the error stream. */
  readonly fields: Readonly<Record<string, string | number | null>>
}

export interface CaseRun {
  readonly outputs: ReadonlyMap<string, CaseOutput>
  readonly errors: readonly CaseErrorRow[]
  /** Diagnostics, if the program was refused; then nothing ran. */
  readonly refused: readonly Diagnostic[] | undefined
}

/** How the input is fed. A right program answers alike in all ways. */
export interface CaseVariant {
  /** Rows for each micro-batch: one, or as many as come between two bounds. */
  readonly batch: 'row' | 'all'
  /** Stops after every micro-batch and goes on in a new instance from the saved state. */
  readonly restarts: boolean
}

export const plainVariant: CaseVariant = { batch: 'row', restarts: false }
