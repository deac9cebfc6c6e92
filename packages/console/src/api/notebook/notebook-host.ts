/**
 * Who runs cells: given by whoever opens the console, since tables of cells have connectors, which the console knows nothing of.
 * What a caller does wrong is thrown as an AdminProblem.
 */
import type { LakeAccess } from '@millrace/lake'
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

/** What somebody who has signed in may look at, beside streams and tables; left out: nobody has to sign in. */
export interface CellAccess {
  readonly lake: LakeAccess
  /** Files of the machine, by tables with the connector `filesystem`: those with the access keys are among them. */
  readonly files: boolean
}

/** A cell to run, with every choice made. */
export interface CellJob extends CheckRequest {
  readonly rows: number
  readonly from: 'earliest' | 'latest'
  readonly access?: CellAccess
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
  /** Aborts as the host closes: nothing of a notebook is to keep the process from then on. */
  readonly closing: AbortSignal
  check(request: CheckRequest, access?: CellAccess): Promise<CheckAnswer>
  complete(request: CompleteRequest, access?: CellAccess): Promise<CompleteAnswer>
  schema(access?: CellAccess): Promise<SchemaAnswer>
  discover(stream: string): Promise<DiscoverAnswer>
  run(job: CellJob, tell: (outcome: CellOutcome) => void): RunningCell
  promote(request: PromoteRequest): Promise<PromoteAnswer>
  close(): Promise<void>
}
