/** The lake of a data directory, as whoever opens the console gives it. */
import type { Catalog, LakeQuery, QueryBook } from '@millrace/lake'
import type { Store } from '@millrace/store'

export interface LakeHandle {
  readonly dir: string
  readonly store: Store
  readonly catalog: Catalog
  /** What is asked of it stands in the history. */
  readonly query: LakeQuery
  /** The same, without the history: for previews, and charts that ask again and again. */
  readonly quietQuery: LakeQuery
  readonly book: QueryBook
}
