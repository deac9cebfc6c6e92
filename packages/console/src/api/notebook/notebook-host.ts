/**
 * Who runs cells: given by whoever opens the console, since tables of cells have connectors, which the console knows nothing of.
 * What a caller does wrong is thrown as an AdminProblem.
 */
import type {
  CellProgress,
  CheckAnswer,
  CheckRequest,
  ColumnShape,
  CompleteAnswer,
  CompleteRequest,
  DiscoverAnswer,
  Mark,
  NotebookEvents,
  PromoteAnswer,
  PromoteRequest,
  RowsEvent,
  SchemaAnswer,
} from '../../protocol/notebook.ts'

/** A cell to run, with every choice made. */
export interface CellJob extends CheckRequest {
  readonly rows: number
  readonly from: 'earliest' | 'latest'
}

/** What comes of a run, in order; `done` is the last one. */
export type CellOutcome =
  | { readonly kind: 'columns'; readonly columns: readonly ColumnShape[]; readonly isAppendOnly: boolean }
  | ({ readonly kind: 'rows' } & RowsEvent)
  | { readonly kind: 'text'; readonly text: string }
  | ({ readonly kind: 'progress' } & CellProgress)
  | ({ readonly kind: 'done' } & Omit<NotebookEvents['done'], 'cell' | 'run'> & {
        readonly marks?: readonly Mark[]
      })

export interface RunningCell {
  /** Ends it at once, also in the middle of its work; resolves when nothing of it is left. `done` is told before. */
  stop(): Promise<void>
}

export interface NotebookHost {
  /** Folders where notebooks may lie, the one to be preferred first. */
  readonly folders: readonly string[]
  check(request: CheckRequest): Promise<CheckAnswer>
  complete(request: CompleteRequest): Promise<CompleteAnswer>
  schema(): Promise<SchemaAnswer>
  discover(stream: string): Promise<DiscoverAnswer>
  run(job: CellJob, tell: (outcome: CellOutcome) => void): RunningCell
  promote(request: PromoteRequest): Promise<PromoteAnswer>
  close(): Promise<void>
}
