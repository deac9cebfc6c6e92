/**
 * What the page and the API say to each other about notebooks (/admin/notebook/...). A notebook is a list of cells of text; cells of
 * the Flink dialect share one session, so that a table declared in a cell is known in those below it.
 */

/** `lake` is DuckDB's SQL over the lake, as `millrace query` has it. */
export type CellDialect = 'flink' | 'kda' | 'lake' | 'markdown'

export interface NotebookCell {
  /** Of letters, digits and dashes; unique in its notebook. */
  readonly id: string
  readonly dialect: CellDialect
  readonly title?: string
  readonly text: string
  readonly view?: ResultView
}

export interface Notebook {
  /** Name of its file without the end: letters, digits, dashes, underscores, dots. */
  readonly name: string
  readonly cells: readonly NotebookCell[]
}

/** How a result is shown. Names are columns of the result. */
export interface ResultView {
  readonly kind: 'table' | 'line' | 'area' | 'bar'
  readonly x?: string
  readonly y?: readonly string[]
  /** One line for each value of this column. */
  readonly series?: string
}

export interface ColumnShape {
  readonly name: string
  /** As the dialect writes it: DECIMAL(10, 2). */
  readonly type: string
  readonly isNumber: boolean
  readonly isTime: boolean
}

/** Place in a cell's text, in UTF-16 code units. */
export interface Mark {
  readonly from: number
  readonly to: number
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly message: string
  /** What to write instead, if that is known. */
  readonly suggestion?: string
}

/** POST /admin/notebook/check: what is wrong with a cell, without running it. */
export interface CheckRequest {
  readonly dialect: CellDialect
  readonly text: string
  /** Texts of the cells above it of the same dialect. */
  readonly before: readonly string[]
}
export interface CheckAnswer {
  readonly marks: readonly Mark[]
  /** Of its last query. */
  readonly columns?: readonly ColumnShape[]
  /** Whether its last query only adds rows, or changes earlier ones too. */
  readonly isAppendOnly?: boolean
}

/** POST /admin/notebook/complete */
export interface CompleteRequest extends CheckRequest {
  readonly position: number
}
export interface CompleteAnswer {
  /** Where the word that is completed begins. */
  readonly from: number
  readonly options: readonly Completion[]
}
export interface Completion {
  readonly label: string
  readonly kind: 'keyword' | 'table' | 'column' | 'function' | 'option'
  readonly detail?: string
}

/** GET /admin/notebook/schema: what cells can name. */
export interface SchemaAnswer {
  readonly entries: readonly SchemaEntry[]
}
export interface SchemaEntry {
  readonly kind: 'stream' | 'table' | 'lake'
  /** `orders`; of the lake `database.table`. */
  readonly name: string
  readonly columns: readonly ColumnShape[]
  /** Declared by the app's SQL or the catalog, read from samples, or not known yet (no records). */
  readonly origin: 'declared' | 'discovered' | 'unknown'
  readonly dialect: CellDialect
  /** A statement that reads it, to be put into a cell. */
  readonly select: string
  /** Of streams: a declaration that can be put into a cell and changed. */
  readonly ddl?: string
}

/** POST /admin/notebook/discover { stream }: columns from the stream's newest records. */
export interface DiscoverAnswer {
  readonly records: number
  readonly columns: readonly ColumnShape[]
  readonly ddl: string
}

/** POST /admin/notebook/run: starts a cell, ends its run before. Results come as events. */
export interface RunRequest extends CheckRequest {
  /** Chosen by the page: its events and runs. 16 to 64 letters and digits. */
  readonly session: string
  readonly cell: string
  /** Rows of the result that are kept and shown: 1 to 10,000, default 1,000; the newest ones. */
  readonly rows?: number
  /** Of streams: where reading begins. Default `earliest`. */
  readonly from?: 'earliest' | 'latest'
}
export interface RunAnswer {
  readonly run: string
}

/** POST /admin/notebook/stop */
export interface StopRequest {
  readonly session: string
  readonly cell: string
}

/**
 * GET /admin/notebook/events?session=: server-sent events of all cells of a session, each with its name as `event` and one of these
 * as data. Who connects (again) is first told the state of each run, by `started` and `rows` with `isWhole`. A session whose events
 * nobody reads for a minute is ended.
 */
export interface NotebookEvents {
  readonly started: { readonly cell: string; readonly run: string }
  /** Of one statement; a cell may have several, one after the other. */
  readonly columns: CellEvent & { readonly columns: readonly ColumnShape[]; readonly isAppendOnly: boolean }
  readonly rows: CellEvent & RowsEvent
  /** Of statements that give no rows: `ok`, a plan, `INSERT INTO errors runs`. */
  readonly text: CellEvent & { readonly text: string }
  readonly progress: CellEvent & CellProgress
  readonly done: CellEvent & {
    readonly reason: 'ended' | 'stopped' | 'failed'
    readonly ms: number
    readonly error?: { readonly code: string; readonly message: string }
    readonly marks?: readonly Mark[]
  }
}
export interface CellEvent {
  readonly cell: string
  readonly run: string
}
/** At most 10 a second and cell; between two of them changes of one row are told once. */
export interface RowsEvent {
  /** True: forget what was before. */
  readonly isWhole: boolean
  /**
   * Rows that are new or changed: [id, values]. Ids grow with time of arrival, so rows are shown in the order of their ids; an id
   * below those that are there may come back, when a newer row went away and makes room.
   */
  readonly put: readonly (readonly [id: number, values: readonly CellValue[]])[]
  readonly removed: readonly number[]
  /** Rows of the result, also those that are not kept. */
  readonly total: number
}
/** Numbers beyond 2^53 and decimals are texts, points in time ISO texts. */
export type CellValue = string | number | boolean | null
export interface CellProgress {
  readonly records: number
  readonly changes: number
  /** ISO; of the query, if it has one. */
  readonly watermark?: string
  /** One sentence where nothing comes out and why. */
  readonly waiting?: string
  /** Records that are no rows of their table, rows that failed or came late; and what the first of them was. */
  readonly refused?: { readonly count: number; readonly first: string }
}

/** GET /admin/notebooks */
export interface NotebookList {
  readonly notebooks: readonly { readonly name: string; readonly cells: number; readonly file: string }[]
}

/** GET /admin/notebook?name= */
export interface NotebookAnswer {
  readonly notebook: Notebook
  /** Digest of the file: to be given when it is saved. */
  readonly version: string
  readonly file: string
  /** The file's text, to be shared. */
  readonly text: string
}

/** POST /admin/notebook/save */
export interface SaveRequest {
  readonly notebook: Notebook
  /**
   * What was loaded or saved last; absent: a new file. NOTEBOOK_CHANGED (409): the file is another by now, or exists already; load it
   * and save again.
   */
  readonly version?: string
}
export interface SaveAnswer {
  readonly version: string
  readonly file: string
}

/** POST /admin/notebook/delete { name, version }. The same 409. */
export interface DeleteRequest {
  readonly name: string
  readonly version: string
}

/** POST /admin/notebook/parse: a file's text as a notebook, which is not saved. */
export interface ParseRequest {
  readonly name: string
  readonly text: string
}
export interface ParseAnswer {
  readonly notebook: Notebook
}

/** POST /admin/notebook/promote: makes a cell a query of the app. */
export interface PromoteRequest {
  /** Of the query: like names of stages. */
  readonly name: string
  readonly text: string
  readonly before: readonly string[]
}
export interface PromoteAnswer {
  /** The file that was written. */
  readonly file: string
  readonly text: string
  /** What is to be done so that it runs, if the app does not take it by itself. */
  readonly next: string
}
