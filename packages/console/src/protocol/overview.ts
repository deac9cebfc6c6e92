/** What the shell of the page asks: GET /admin/console and /admin/console/names. */

export interface OverviewAnswer {
  readonly version: string
  /** Absolute path. */
  readonly dataDir: string
  /** Null: no app runs here. */
  readonly app: OverviewApp | null
  readonly counts: {
    readonly streams: number
    readonly tables: number
    /** Dead letters that wait. */
    readonly deadLetters: number
    /** Alarms that are in state ALARM. */
    readonly alarms: number
  }
  /** What somebody should look at now, the worst first. */
  readonly troubles: readonly Trouble[]
  /** What somebody who has never seen the app should look at: its first query and its first notebook, if it has them. */
  readonly story: { readonly query?: string; readonly notebook?: string }
}

export interface OverviewApp {
  readonly name: string
  /** Absolute path. */
  readonly file: string
  readonly isStarted: boolean
}

export interface Trouble {
  readonly tone: 'warn' | 'bad'
  readonly text: string
  /** The stage that it is about. */
  readonly stage?: string
}

export type NamedKind = 'stream' | 'table' | 'stage' | 'dataset' | 'notebook'

export interface NamesAnswer {
  /** At most 5,000; the app's own things first. */
  readonly names: readonly Named[]
}

export interface Named {
  readonly kind: NamedKind
  /** Of datasets `database.table`. */
  readonly name: string
  /** Of stages: `query`, `source` and so on. */
  readonly about?: string
}
