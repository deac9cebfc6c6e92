/**
 * A program's plan in plain words: one step for each stream, table and operator, as a graph. Whoever has never seen the dialect should
 * understand from the sentences what becomes of a row. EXPLAIN (explain.ts, changelog/explain.ts) says the same for engineers.
 */
import type { Span } from '../span.ts'

export interface PlanStep {
  /** Unique in its plan, and the same as long as the program's text is. */
  readonly id: string
  /** `input`, `stream`, `output`, `table`, or the kind of the plan's node: `filter`, `window-join`, ... */
  readonly kind: string
  /** Two or three words. */
  readonly title: string
  /** One sentence or two. */
  readonly text: string
  /** Further facts, a line each. */
  readonly details: readonly string[]
  /** What it keeps between rows, and what bounds that. */
  readonly keeps: string | undefined
  /** Address of its state, as the engine stores it, if it has any. */
  readonly operator: string | undefined
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Ids of the steps whose rows it takes; the left one of a join first. */
  readonly inputs: readonly string[]
  readonly span: Span | undefined
}

/** What a step says of itself. */
export type StepWords = Pick<PlanStep, 'title' | 'text'> & Partial<Pick<PlanStep, 'details'>>
