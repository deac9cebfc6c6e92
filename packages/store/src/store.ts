/**
 * The embedded store: openStore and the Store it gives. Each part's rules are in its own file; this one orders the steps
 * of opening, committing and closing.
 *
 * Who may do what: one process owns the directory (mode 'owner'); its worker threads open the same directory with the
 * owner's `share` and write under its ownership; any other process may open it as 'reader', while an owner runs or not.
 * A commit: probe before-begin, write transaction with the work in it, one sync, news. It returns when the commit is visible to
 * all threads and on disk (environment.ts), so `flushed` has nothing to wait for and `after-flush` follows each commit.
 */
import { randomUUID } from 'node:crypto'
import { endianness } from 'node:os'
import { resolve } from 'node:path'
import type { Clock } from '@millrace/values'
import { BatchBuilder } from './batch-builder.ts'
import { Catalog, type StreamEntry, type TableRecord } from './catalog.ts'
import { beginStart, endStart } from './crash-guard.ts'
import { inspectDirectory, markReady, prepareDirectory } from './directory.ts'
import { Environment, plainBytes } from './environment.ts'
import { StoreError } from './errors.ts'
import { readClock, readHead } from './heads.ts'
import { itemKey, readItem, scanItems } from './items.ts'
import { afterPrefix, OWNER_KEY, quarantineKey, stageKey } from './layout.ts'
import { readLog, removeBefore, removeDeleted, sequenceAtTime } from './log.ts'
import { NEWS_BYTES, News } from './news.ts'
import { openBeside } from './opening.ts'
import {
  announceOwner,
  type OwnerRecord,
  refuseIfKept,
  refuseIfOwned,
  thisOwner,
  withdrawOwner,
} from './owner-lock.ts'
import type {
  CommitPoint,
  CorruptBatch,
  EncodedItem,
  KeyValue,
  ReadOptions,
  ReadResult,
  Reshard,
  ScanOptions,
  ShardInfo,
  Store,
  StoreBatchBuilder,
  StoredItem,
  StoreShare,
  StreamDefinition,
  StreamInfo,
  TableDefinition,
  TableEntry,
  TableInfo,
  Transaction,
} from './port.ts'
import { readState } from './state.ts'
import { checkShard, StoreTransaction, TransactionScratch } from './transaction.ts'

export interface OpenOptions {
  readonly dir: string
  readonly clock: Clock
  /** 'owner' writes and is alone; 'reader' reads beside an owner in another process. Default 'owner'. */
  readonly mode?: 'owner' | 'reader'
  /** From the owner's `share()`: a worker thread of the owner's process, which writes under its ownership. */
  readonly share?: StoreShare
  /** Called at each point of each commit; for tests that stop the process there. */
  readonly probe?: (point: CommitPoint) => void
  /** Take the directory even from an owner that cannot be seen from here (another host or container). */
  readonly takeOver?: boolean
  /** Address space to map at first, bytes; by default as much as the system gives, up to 2^38. More data is mapped anew. */
  readonly mapBytes?: number
}

/** Opens the data directory, making it if it does not exist. Errors: see storeErrorCodes. */
export async function openStore(options: OpenOptions): Promise<Store> {
  if (endianness() !== 'LE') {
    throw new StoreError(
      'STORE_OPEN_FAILED',
      'the stored formats are little-endian; this processor is not. Use another machine.',
    )
  }
  const dir = resolve(options.dir)
  const reader = options.mode === 'reader'
  const owns = !reader && options.share === undefined
  const self = owns ? thisOwner(options.clock.now(), randomUUID()) : undefined
  if (!reader) prepareDirectory(dir)
  else if (inspectDirectory(dir).needsRecovery) await recover(dir)
  if (self !== undefined) refuseIfOwned(dir, self, options.takeOver === true)
  const undoStart = self === undefined ? undefined : beginStart(dir)
  let environment: Environment | undefined
  try {
    const { mapBytes } = options
    const open = () =>
      new Environment({ dir, readOnly: reader, ...(mapBytes === undefined ? {} : { mapBytes }) })
    environment = reader ? await openBeside(dir, () => inspectDirectory(dir).transaction, open) : open()
    if (self !== undefined) {
      takeOwnership(environment, self, options.takeOver === true)
      announceOwner(dir, self)
      markReady(dir)
    }
    return new EmbeddedStore(environment, options, self)
  } catch (error) {
    undoStart?.()
    await environment?.close()
    throw error
  }
}

/** After a stop of the system LMDB has to go back to the commit on disk, which it does for a writer only. */
async function recover(dir: string): Promise<void> {
  await new Environment({ dir, readOnly: false }).close()
}

function takeOwnership(environment: Environment, self: OwnerRecord, takeOver: boolean): void {
  environment.write(() => {
    const stored = environment.meta.getBinary(OWNER_KEY)
    if (stored !== undefined && stored.length > 0) {
      // Only takeOwnership writes this value.
      const owner = JSON.parse(Buffer.from(stored).toString('utf8')) as OwnerRecord
      refuseIfKept(environment.dir, owner, self, takeOver)
    }
    environment.meta.putSync(OWNER_KEY, Buffer.from(JSON.stringify(self)))
  })
}

class EmbeddedStore implements Store {
  readonly dir: string
  readonly #environment: Environment
  readonly #catalog: Catalog
  readonly #clock: Clock
  readonly #owner: OwnerRecord | undefined
  readonly #shared: SharedArrayBuffer
  readonly #news: News
  readonly #probe: (point: CommitPoint) => void
  readonly #scratch = new TransactionScratch()
  /** Found by reads, not yet in the stored quarantine list; by the stream's number, since a name may be given anew. */
  readonly #found = new Map<string, { readonly streamId: number; readonly batch: CorruptBatch }>()
  #catalogSeen = -1
  #committing = false
  /** Set when the disk failed after a commit became visible: what is on disk is not known, so no more is written. */
  #broken: StoreError | undefined
  #closing: Promise<void> | undefined

  constructor(environment: Environment, options: OpenOptions, owner: OwnerRecord | undefined) {
    this.dir = environment.dir
    this.#environment = environment
    this.#catalog = new Catalog(environment)
    this.#clock = options.clock
    this.#owner = owner
    this.#shared = options.share?.shared ?? new SharedArrayBuffer(NEWS_BYTES)
    this.#probe = options.probe ?? (() => {})
    const poll = environment.readOnly ? () => this.#storedCommit() : undefined
    this.#news = new News(this.#shared, poll)
  }

  defineStream(definition: StreamDefinition): void {
    this.#mustWrite('defineStream')
    if (this.#catalog.defineStream(definition, this.#clock.now())) this.#news.announceCatalog()
  }

  defineTable(definition: TableDefinition, settings?: unknown): boolean {
    this.#mustWrite('defineTable')
    const isMade = this.#catalog.defineTable(definition, settings, this.#clock.now())
    if (isMade) this.#news.announceCatalog()
    return isMade
  }

  reshard(stream: string, change: Reshard): number[] {
    this.#mustWrite('reshard')
    const numbers = this.#catalog.reshard(stream, change, this.#clock.now())
    this.#news.announceCatalog()
    return numbers
  }

  deleteStream(name: string): void {
    this.#mustWrite('deleteStream')
    this.#catalog.deleteStream(name)
    this.#news.announceCatalog()
  }

  deleteTables(names: readonly string[], streams: readonly string[] = []): void {
    this.#mustWrite('deleteTables')
    this.#catalog.deleteTables(names, streams)
    this.#news.announceCatalog()
  }

  streams(): StreamInfo[] {
    this.#refreshCatalog()
    return [...this.#catalog.streams.values()].map((entry) => this.#streamInfo(entry))
  }

  tables(): TableInfo[] {
    this.#refreshCatalog()
    return [...this.#catalog.tables.values()].map((entry) => tableInfo(this.#environment, entry))
  }

  stream(name: string): StreamInfo | undefined {
    this.#refreshCatalog()
    const entry = this.#catalog.streams.get(name)
    return entry === undefined ? undefined : this.#streamInfo(entry)
  }

  table(name: string): TableInfo | undefined {
    this.#refreshCatalog()
    const entry = this.#catalog.tables.get(name)
    return entry === undefined ? undefined : tableInfo(this.#environment, entry)
  }

  route(stream: string, key: Uint8Array, start: number, end: number): number {
    return this.#stream(stream).layout.route(key, start, end)
  }

  routeHash(stream: string, hash: Uint32Array): number {
    return this.#stream(stream).layout.routeHash(hash)
  }

  read(stream: string, shard: number, fromSequence: number, options: ReadOptions): ReadResult {
    const entry = this.#stream(stream)
    checkShard(entry, shard)
    const result = this.#environment.read(() =>
      readLog(this.#environment, entry, shard, fromSequence, options),
    )
    for (const batch of result.batches) {
      if ('reason' in batch)
        this.#found.set(`${entry.id}\0${corruptId(batch)}`, { streamId: entry.id, batch })
    }
    return result
  }

  shard(stream: string, shard: number): ShardInfo {
    const entry = this.#stream(stream)
    checkShard(entry, shard)
    this.#environment.refresh()
    return this.#shardInfo(entry, shard)
  }

  shardCount(stream: string): number {
    return this.#stream(stream).layout.shards.length
  }

  retentionMs(stream: string): number {
    return this.#stream(stream).retentionMs
  }

  sequenceAtTime(stream: string, shard: number, timeMs: number): number {
    const entry = this.#stream(stream)
    checkShard(entry, shard)
    return this.#environment.read(() => sequenceAtTime(this.#environment, entry, shard, timeMs))
  }

  tableEntries(): TableEntry[] {
    this.#refreshCatalog()
    return Array.from(this.#catalog.tables.values(), ({ entry }) => entry)
  }

  tableEntry(name: string): TableEntry | undefined {
    this.#refreshCatalog()
    return this.#catalog.tables.get(name)?.entry
  }

  getItem(table: string, partitionKey: KeyValue, sortKey?: KeyValue): Uint8Array | undefined {
    return this.readItem(table, partitionKey, sortKey)?.json
  }

  readItem(table: string, partitionKey: KeyValue, sortKey?: KeyValue): EncodedItem | undefined {
    const record = this.#table(table)
    return this.#environment.read(() => readItem(record, itemKey(record, partitionKey, sortKey)))
  }

  scan(table: string, options: ScanOptions = {}): Iterable<StoredItem> {
    return scanItems({ environment: this.#environment, current: () => this.#table(table) }, options)
  }

  snapshot<T>(work: (moment: { readonly commit: number; readonly time: number }) => T): T {
    this.#refreshCatalog()
    this.#environment.read(() => this.#beginSnapshot())
    return this.#environment.pinned(() => {
      const result = work(this.#environment.read(() => readClock(this.#environment.meta)))
      if (isThenable(result)) throw workAsync('the work of a snapshot returned a promise')
      return result
    })
  }

  getStage(stage: string): Uint8Array | undefined {
    this.#mustBeOpen()
    this.#environment.refresh()
    const value = this.#environment.read(() => this.#environment.meta.getBinary(stageKey(stage)))
    return value === undefined ? undefined : plainBytes(value)
  }

  readState(stage: string): Iterable<{ readonly operator: string; readonly blob: Uint8Array }> {
    this.#mustBeOpen()
    return readState(this.#environment, stage)
  }

  builder(): StoreBatchBuilder {
    return new BatchBuilder()
  }

  commit<T>(work: (transaction: Transaction) => T): T {
    this.#mustWrite('commit')
    if (this.#broken !== undefined) throw this.#broken
    if (this.#committing || this.#environment.isPinned) {
      throw new StoreError(
        'STORE_COMMIT_NESTED',
        'commit was called inside the work of another commit or of a snapshot. Use the transaction given to the work, or ' +
          'commit after the snapshot.',
      )
    }
    this.#refreshCatalog()
    this.#probe('before-begin')
    this.#committing = true
    let result: T | undefined
    let number = 0
    let wrote = false
    let changedCatalog = false
    try {
      this.#writeCurrent(() => {
        const transaction = new StoreTransaction(
          this.#environment,
          this.#catalog,
          this.#scratch,
          this.#clock.now(),
        )
        number = transaction.commit
        try {
          this.#probe('in-transaction')
          result = work(transaction)
          if (isThenable(result)) throw workAsync('the work of a commit returned a promise')
          transaction.finish()
          wrote = transaction.wrote
          changedCatalog = transaction.changedCatalog
          if (wrote) this.#storeQuarantine()
        } finally {
          transaction.end()
        }
        this.#probe('before-commit')
      })
    } catch (error) {
      throw this.#afterFailure(error, number, wrote)
    } finally {
      this.#committing = false
    }
    this.#found.clear()
    this.#probe('after-commit')
    if (changedCatalog) this.#news.announceCatalog()
    else if (wrote) this.#news.announce()
    this.#probe('after-flush')
    // Assigned by the work above, which ran to its end.
    return result as T
  }

  /** Runs `work` in a write transaction that begins with the catalog as it is cached; trees cannot be opened inside one. */
  #writeCurrent(work: () => void): void {
    for (let isCurrent = false; !isCurrent; ) {
      this.#environment.write(() => {
        isCurrent = this.#catalog.isCurrent()
        if (isCurrent) work()
      })
      if (!isCurrent) this.#environment.read(() => this.#catalog.refresh())
    }
  }

  flushed(): Promise<void> {
    return this.#broken === undefined ? Promise.resolve() : Promise.reject(this.#broken)
  }

  waitForNews(seen: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#closing !== undefined) return Promise.resolve()
    return this.#news.wait(seen, timeoutMs, signal)
  }

  news(): number {
    this.#mustBeOpen()
    return this.#news.count
  }

  enforceRetention(nowMs: number): number {
    this.#mustWrite('enforceRetention')
    this.#refreshCatalog()
    this.#environment.forgetEndedReaders()
    let removed = 0
    for (const stream of this.#catalog.streams.values()) {
      if (stream.retentionMs === Number.POSITIVE_INFINITY) continue
      for (const shard of stream.layout.shards.keys()) {
        removed += removeBefore(this.#environment, stream, shard, nowMs - stream.retentionMs)
      }
    }
    for (const stream of this.#environment.read(() => this.#catalog.deleted()))
      removeDeleted(this.#environment, stream)
    return removed
  }

  quarantine(): readonly CorruptBatch[] {
    this.#mustBeOpen()
    this.#environment.refresh()
    const all = new Map([...this.#found.values()].map(({ batch }) => [corruptId(batch), batch]))
    const bounds = { start: Buffer.from('q'), end: afterPrefix('q') }
    for (const { value } of this.#environment.read(() => [...this.#environment.meta.getRange(bounds)])) {
      // Only storeQuarantine writes these values.
      const batch = JSON.parse(Buffer.from(value).toString('utf8')) as CorruptBatch
      all.set(corruptId(batch), batch)
    }
    return [...all.values()]
  }

  share(): StoreShare {
    this.#mustWrite('share')
    return { dir: this.dir, shared: this.#shared }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#news.close()
    try {
      if (this.#owner !== undefined && this.#broken === undefined) this.#release(this.#owner)
    } catch (error) {
      // On a full disk the record stays; the end of this process frees the directory as well.
      if (!(error instanceof StoreError)) throw error
    } finally {
      await this.#environment.close()
    }
    if (this.#owner !== undefined) endStart(this.dir)
  }

  /** Gives the directory back, unless another owner took it over meanwhile. */
  #release(owner: OwnerRecord): void {
    withdrawOwner(this.dir, owner)
    this.#environment.write(() => {
      const stored = this.#environment.meta.getBinary(OWNER_KEY)
      if (stored !== undefined && Buffer.from(stored).toString('utf8') === JSON.stringify(owner)) {
        this.#environment.meta.removeSync(OWNER_KEY)
      }
    })
  }

  /** A failed sync comes after the commit became visible; then nothing is known about the disk any more. */
  #afterFailure(error: unknown, number: number, wrote: boolean): unknown {
    if (!wrote || !(error instanceof StoreError)) return error
    if (this.#storedCommit() < number) return error
    this.#broken = new StoreError(
      'STORE_FLUSH_FAILED',
      `commit ${number} in ${this.dir} is visible but the disk failed to keep it: ${error.message} ` +
        'No more is written. Check the disk, then restart: the store opens at the last commit that is on disk.',
      { cause: error },
    )
    return this.#broken
  }

  #storeQuarantine(): void {
    for (const { streamId, batch } of this.#found.values()) {
      // The stream may have been deleted since, which is no fault of this commit.
      if (this.#catalog.streams.get(batch.stream)?.id !== streamId) continue
      const key = quarantineKey(streamId, batch.shard, batch.firstSequence)
      this.#environment.meta.putSync(key, Buffer.from(JSON.stringify(batch)))
    }
  }

  #storedCommit(): number {
    this.#environment.refresh()
    return readClock(this.#environment.meta).commit
  }

  #streamInfo(entry: StreamEntry): StreamInfo {
    this.#environment.refresh()
    const shardInfos = entry.layout.shards.map((_, shard) => this.#shardInfo(entry, shard))
    const { uid, name, shards, retentionMs, createdAt } = entry
    return { uid, name, shards, retentionMs, createdAt, shardInfos }
  }

  #shardInfo(entry: StreamEntry, shard: number): ShardInfo {
    const { oldest, next, bytes } = this.#environment.read(() =>
      readHead(this.#environment.meta, entry.id, shard),
    )
    // checkShard, or the layout itself, has shown that the shard exists.
    const { range, parents, createdAt, closedAt } = entry.layout.shards[shard]!
    return { shard, oldest, next, bytes, range, parents, createdAt, closedAt }
  }

  #stream(name: string): StreamEntry {
    this.#refreshCatalog()
    return this.#catalog.stream(name)
  }

  /**
   * The table as of the snapshot that is read from here on. The stored version is looked at in that same snapshot: the number
   * of a table that another thread has just deleted may belong to a new one.
   */
  #table(name: string): TableRecord {
    this.#refreshCatalog()
    return this.#environment.read(() => {
      this.#beginSnapshot()
      return this.#catalog.table(name)
    })
  }

  #beginSnapshot(): void {
    this.#environment.refresh()
    while (!this.#catalog.isCurrent()) {
      this.#catalog.refresh()
      // A tree that was opened just now is not in a snapshot from before.
      this.#environment.refresh()
    }
  }

  /** The owner's threads see a change of the catalog in shared memory; a reader has to look. */
  #refreshCatalog(): void {
    this.#mustBeOpen()
    // A snapshot keeps the catalog with which it began.
    if (this.#environment.isPinned) return
    if (this.#environment.readOnly) {
      this.#environment.read(() => this.#catalog.refresh())
      return
    }
    const version = this.#news.catalogVersion
    if (version === this.#catalogSeen) return
    this.#environment.read(() => this.#catalog.refresh())
    this.#catalogSeen = version
  }

  #mustBeOpen(): void {
    if (this.#closing !== undefined) {
      throw new StoreError('STORE_CLOSED', `the store of ${this.dir} was closed. Open it again.`)
    }
  }

  #mustWrite(what: string): void {
    this.#mustBeOpen()
    if (this.#environment.readOnly) {
      throw new StoreError(
        'STORE_READ_ONLY',
        `${what} is a write, but ${this.dir} was opened as reader. Open it as owner.`,
      )
    }
  }
}

function tableInfo(environment: Environment, record: TableRecord): TableInfo {
  environment.refresh()
  // lmdb types its statistics as {}; these are the fields of mdb_stat.
  const stat = environment.read(() => record.items.getStats() as TreeStat)
  const pages = stat.treeBranchPageCount + stat.treeLeafPageCount + stat.overflowPages
  return { ...record.entry, items: stat.entryCount, bytes: pages * stat.pageSize }
}

interface TreeStat {
  readonly entryCount: number
  readonly pageSize: number
  readonly treeBranchPageCount: number
  readonly treeLeafPageCount: number
  readonly overflowPages: number
}

function corruptId(batch: CorruptBatch): string {
  return `${batch.stream}\0${batch.shard}\0${batch.firstSequence}`
}

function isThenable(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

function workAsync(what: string): StoreError {
  return new StoreError(
    'STORE_WORK_ASYNC',
    `${what}; it must be synchronous. Await what it needs before. Nothing was kept.`,
  )
}
