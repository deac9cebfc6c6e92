/**
 * What the page and the API say to each other about the pipeline (/admin/pipeline...): the graph of what is there, samples of what
 * flows through it, and the detail of one stage. Ids of nodes are their kind and name: `stream:orders`, `stage:enrich`.
 */

/** GET /admin/pipeline */
export interface PipelineGraph {
  /** Undefined: no app runs here; what lies in the data directory is shown. */
  readonly app?: { readonly name: string; readonly file: string }
  readonly nodes: readonly PipelineNode[]
  readonly edges: readonly PipelineEdge[]
  /** Changes with the nodes and edges; samples carry it, so that a page knows when to ask again. */
  readonly revision: string
}

export type PipelineNodeKind =
  | 'source'
  | 'query'
  | 'function'
  | 'delivery'
  | 'stream'
  | 'table'
  /** A file that a query looks rows up in. */
  | 'reference'
  /** A table of the lake. */
  | 'dataset'
  | 'bucket'
  /** Records that a stage gave up. */
  | 'dead-letters'

export interface PipelineNode {
  readonly id: string
  readonly kind: PipelineNodeKind
  /** As the API has it. */
  readonly name: string
  /** A few words: `2 shards, kept 24 h`, `SQL (KDA), parallel part 1 of 4`. */
  readonly about: string
  /** Takes what went wrong or came late. */
  readonly aside: boolean
}

export interface PipelineEdge {
  readonly id: string
  readonly from: string
  readonly to: string
  /** `lookup`: rows are looked up, nothing flows. `aside`: errors, late records, dead letters. */
  readonly kind: 'data' | 'lookup' | 'aside'
}

/** Events of GET /admin/pipeline/live: `sample`, one each second. Rates are those of the second before. */
export interface PipelineSample {
  /** ms since the epoch. */
  readonly at: number
  readonly revision: string
  /** Of the app's run, if one runs here. */
  readonly elapsedMs?: number
  readonly edges: Readonly<Record<string, EdgeSample>>
  readonly streams: readonly StreamSample[]
  readonly stages: readonly StageSample[]
  readonly tables: readonly { readonly name: string; readonly items: number }[]
  /** Records that came into the pipeline from outside, of a second. */
  readonly arrivalsPerSecond: number
  /** From a record's arrival in the first stream to the durable commit of what became of it: of the whole run. */
  readonly latencyMs?: LatencyFigures
  /** The same of about the last ten seconds. */
  readonly recentLatencyMs?: LatencyFigures
  /** Undefined: there is no app whose ledger could be balanced. */
  readonly ledgerBalanced?: boolean
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
  readonly deadLetters: number
  /** Set where nothing comes out at the end of the pipeline. */
  readonly why?: Why
  readonly process: ProcessSample
}

export interface EdgeSample {
  /** Since the beginning. */
  readonly records: number
  readonly recordsPerSecond: number
  /** By the mean size of the stream's retained records; undefined where none is known. */
  readonly bytesPerSecond?: number
  /** Of edges from a stream to a stage: records not processed yet, and how long ago the oldest of them arrived. */
  readonly lagRecords?: number
  readonly lagMs?: number
}

export interface StreamSample {
  readonly name: string
  readonly records: number
  readonly recordsPerSecond: number
  readonly bytesPerSecond: number
  /** Now retained. */
  readonly bytes: number
  readonly openShards: number
}

export interface StageSample {
  readonly name: string
  readonly kind: 'source' | 'query' | 'function' | 'delivery'
  /** `stored`: not of an app that runs here; what it has committed so far. */
  readonly state: 'starting' | 'running' | 'done' | 'failed' | 'stored'
  readonly failure?: string
  readonly inPerSecond: number
  readonly outPerSecond: number
  readonly ledger: LedgerSample
  readonly lagRecords: number
  readonly lagMs?: number
  readonly latencyMs?: LatencyFigures
  /** Back-pressure: it waits until the slowest reader of this stream has come closer. */
  readonly waitsFor?: { readonly stream: string; readonly unreadBytes: number; readonly bytesMax: number }
  /** Rows in its error stream, and dead letters that wait. */
  readonly errors: number
  readonly deadLetters: number
  /** What a source says of itself. */
  readonly status?: string
  readonly holds: readonly StateSample[]
}

/** in = out + late + filtered + dead + inFlight, in records of its input. */
export interface LedgerSample {
  readonly in: number
  readonly out: number
  readonly late: number
  readonly filtered: number
  readonly dead: number
  readonly inFlight: number
  readonly balanced: boolean
}

/** What an operator of a query holds. */
export interface StateSample {
  readonly id: string
  readonly kind: string
  readonly rows: number
  readonly bytes: number
}

export interface LatencyFigures {
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

export interface ProcessSample {
  readonly rssBytes: number
  /** Share of one core: 1.5 is one and a half. */
  readonly cpu: number
}

/** One sentence where nothing comes out, and what to do. */
export interface Why {
  readonly message: string
  readonly next: string
  readonly tone: 'plain' | 'warn' | 'bad'
  /** The stage that it is about. */
  readonly stage?: string
}

/** GET /admin/pipeline/why: what `millrace doctor` finds in the data directory. */
export interface WhyAnswer {
  readonly findings: readonly {
    readonly stage: string
    readonly kind: string
    readonly message: string
    readonly next: string
  }[]
}

/** A step of a query's plan: a stream, a table, or what an operator does, in words. */
export interface PlanStep {
  readonly id: string
  /** `input`, `stream`, `output`, `table`, or the operator's kind: `filter`, `window-join`, ... */
  readonly kind: string
  /** Two or three words. */
  readonly title: string
  /** A sentence. */
  readonly text: string
  /** Further facts, a line each. */
  readonly details: readonly string[]
  /** What it keeps between records, in words; its size is under `operator` in the stage's state. */
  readonly keeps?: string
  readonly operator?: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Ids of the steps whose rows it takes. */
  readonly inputs: readonly string[]
  /** Place of what says it in the program's text, in UTF-16 code units. */
  readonly span?: { readonly from: number; readonly to: number }
}

/** GET /admin/pipeline/stage?name= */
export interface StageDetail {
  readonly name: string
  readonly kind: 'source' | 'query' | 'function' | 'delivery'
  /** What it is, in a sentence. */
  readonly about: string
  /** Files where its code is, as the app names them. */
  readonly files: readonly string[]
  readonly inputs: readonly StageEnd[]
  readonly outputs: readonly StageEnd[]
  readonly asides: readonly StageEnd[]
  /** Of a query. */
  readonly query?: QueryDetail
  /** Names and values: of a function its event source mapping, of a delivery its buffers and format. */
  readonly settings: readonly (readonly [name: string, value: string])[]
  readonly state: readonly StateSample[]
}

export interface StageEnd {
  /** Of the node in the graph. */
  readonly id: string
  readonly kind: PipelineNodeKind
  readonly name: string
  /** Under which name the program knows it, or what goes there. */
  readonly as?: string
  readonly records?: number
}

export interface QueryDetail {
  readonly dialect: 'kda' | 'flink'
  readonly fileName: string
  readonly text: string
  readonly steps: readonly PlanStep[]
  /** Steps cannot be told where the program is refused: why. */
  readonly problem?: string
  /** Of the KDA dialect: the columns of the input and where in the record they are found. */
  readonly mapping: readonly { readonly name: string; readonly type: string; readonly path: string }[]
  /** Of the Flink dialect: how far event time has come, table by table. */
  readonly times: readonly TableTime[]
}

export interface TableTime {
  readonly table: string
  readonly stream: string
  /** ISO; absent: no row with an event time yet. */
  readonly watermark?: string
  readonly ended: boolean
  readonly shards: readonly { readonly shard: string; readonly watermark?: string; readonly idle: boolean }[]
  /** What holds it back, and what to do. */
  readonly waiting?: { readonly message: string; readonly next: string }
}
