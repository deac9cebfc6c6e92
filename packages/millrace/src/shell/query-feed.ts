/** What feeds a running query: the port between query-run.ts and streams, tables and sources. */
import type { ChangelogInstance, Decoder } from '@millrace/sql'

export interface QueryFeed {
  /** Tables of the program that it feeds. */
  readonly tables: readonly string[]
  /** Pushes what is there, up to a bound; `done`: nothing follows. */
  read(): Promise<{ readonly taken: number; readonly done: boolean }>
  close(): Promise<void>
}

/** Where feeds push to: records that are no rows of their table are counted and passed over, since it is for looking. */
export class RowSink {
  readonly instance: ChangelogInstance
  readonly unread: { count: number; first: string | undefined } = { count: 0, first: undefined }

  constructor(instance: ChangelogInstance) {
    this.instance = instance
  }

  push(table: string, decoder: Decoder, data: Uint8Array, shard: string): void {
    const origin = { record: -1, shard }
    const problem = decoder.decode(data, (row, kind) => this.instance.push(table, row, kind, origin))
    if (problem === undefined) return
    this.unread.count++
    this.unread.first ??= `table ${table}: ${problem.message}`
  }
}
