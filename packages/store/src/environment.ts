/**
 * The LMDB environment behind the store: opening it, its trees, write transactions, and what its errors mean.
 *
 * Durability, as found by tracing the system calls of lmdb 3.5.6 on Linux (`strace -e pwrite64,fdatasync`):
 * - A synchronous transaction always syncs before it returns. With the flags used here (NO_SYNC_FLUSH with the
 *   environment flag overlappingSync) the order is: data pages, meta page marked "not flushed" (the commit is visible and
 *   the writer lock is free from here on), fdatasync, then a third meta page that names the flushed commit. Threads whose
 *   commits fall into one sync share it: a commit that finds itself covered by a later sync returns without its own.
 * - Pages of the flushed commit are not reused before the next sync, so after a power cut LMDB (which compares the boot
 *   id in its meta page with the system's) opens at the flushed commit, whole. After a mere end of the process it
 *   opens at the latest commit, since the pages are in the system's cache.
 * So `commit` returning means: visible and on disk.
 *
 * Traps kept inside this file: a read transaction stays on its snapshot until the event loop turns, so reads begin with
 * `refresh`; buffers of getBinaryFast are shared and valid until the next read; trees must be opened outside of write
 * transactions.
 */
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, open, type RootDatabase, type TransactionFlags } from 'lmdb'
import { StoreError } from './errors.ts'
import { DATA_FILE, LOG_TREE, META_TREE, PAGE_BYTES, STATE_TREE, TREES_MAX } from './layout.ts'
import { isBeingOpened, waitForOpening } from './opening.ts'

export type Tree = Database<Uint8Array, Uint8Array>

/** LMDB TransactionFlags: abortable 1, commit synchronously 2, let the next writer begin before the sync 0x10000. */
// lmdb declares the flags as an enum, whose members are meant to be combined.
const WRITE_FLAGS = 0x1_0003 as TransactionFlags

/**
 * Address space for the map, not disk; smaller where the system refuses so much. Data may grow past it: lmdb then maps anew,
 * which costs time at each step.
 */
const MAP_BYTES = [2 ** 38, 2 ** 36, 2 ** 34, 2 ** 32, 2 ** 30]

const NO_ROOM = /no space left|file too large|quota exceeded|ENOSPC|EFBIG|EDQUOT/i
const PROBE_FILE = 'space-probe.tmp'
/** A commit of usual size fits in this; with less room an input/output error is taken to mean a full disk. */
const PROBE_BYTES = 8 << 20

export interface EnvironmentOptions {
  readonly dir: string
  readonly readOnly: boolean
  readonly mapBytes?: number
}

export class Environment {
  readonly dir: string
  readonly readOnly: boolean
  readonly meta: Tree
  readonly log: Tree
  readonly state: Tree
  readonly #root: RootDatabase<Uint8Array, Uint8Array>
  readonly #trees = new Map<string, Tree>()
  #pins = 0

  constructor(options: EnvironmentOptions) {
    this.dir = options.dir
    this.readOnly = options.readOnly
    this.#root = this.#open(options)
    try {
      this.meta = this.tree(META_TREE)
      this.log = this.tree(LOG_TREE)
      this.state = this.tree(STATE_TREE)
    } catch (error) {
      this.#root.close()
      throw error
    }
  }

  /** The tree of this name; made if this environment may write. Not inside a write transaction. */
  tree(name: string): Tree {
    const known = this.#trees.get(name)
    if (known !== undefined) return known
    const options = { encoding: 'binary', keyEncoding: 'binary' } as const
    const tree: Tree | undefined = this.read(() => this.#root.openDB<Uint8Array, Uint8Array>(name, options))
    if (tree === undefined) {
      // lmdb gives undefined where a reader asks for a tree that does not exist, other than its types say.
      throw new StoreError(
        'STORE_DAMAGED',
        `${this.dir}/data.mdb lacks the tree "${name}". Open the directory once with the process that owns it, then read again.`,
      )
    }
    this.#trees.set(name, tree)
    return tree
  }

  /** Later reads of this turn of the event loop see the latest commit, unless a pinned one is being read. */
  refresh(): void {
    if (this.#pins === 0) this.#root.resetReadTxn()
  }

  get isPinned(): boolean {
    return this.#pins > 0
  }

  /** All reads of `work`, which is synchronous, see what the reads just before it saw. */
  pinned<T>(work: () => T): T {
    this.#pins++
    try {
      return work()
    } finally {
      this.#pins--
    }
  }

  /** Runs `work` in a write transaction; an error from it rolls everything back. Returns when the commit is on disk. */
  write(work: () => void): void {
    while (!this.#tryWrite(work)) waitForOpening(this.dir)
  }

  /** False, and nothing is written, while a process opens the data: see opening.ts. */
  #tryWrite(work: () => void): boolean {
    let fromWork: { error: unknown } | undefined
    let begun = true
    try {
      this.#root.transactionSync(() => {
        begun = !isBeingOpened(this.dir)
        if (!begun) return
        try {
          work()
        } catch (error) {
          fromWork = { error }
          throw error
        }
      }, WRITE_FLAGS)
    } catch (error) {
      throw fromWork === undefined ? writeFault(this, error) : readFault(this, fromWork.error)
    }
    return begun
  }

  /** Runs a read; damage that LMDB meets in it becomes a StoreError. */
  read<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw readFault(this, error)
    }
  }

  /** Frees the snapshots that ended readers left behind; while they count, their pages are not used again. */
  forgetEndedReaders(): void {
    this.#root.readerCheck()
  }

  close(): Promise<void> {
    return this.#root.close()
  }

  #open(options: EnvironmentOptions): RootDatabase<Uint8Array, Uint8Array> {
    const sizes = options.mapBytes === undefined ? MAP_BYTES : [options.mapBytes]
    let refusal: unknown
    for (const mapSize of sizes) {
      try {
        const root = open<Uint8Array, Uint8Array>({
          path: options.dir,
          noSubdir: false,
          encoding: 'binary',
          keyEncoding: 'binary',
          pageSize: PAGE_BYTES,
          mapSize,
          maxDbs: TREES_MAX,
          maxReaders: 1_024,
          readOnly: options.readOnly,
        })
        return root
      } catch (error) {
        refusal = error
        if (!/cannot allocate memory|ENOMEM|invalid argument/i.test(String(error))) break
      }
    }
    throw openFault(options.dir, refusal)
  }
}

/**
 * A plain view on a value that was read. lmdb gives Buffers; code that meets both them and plain arrays at one place runs
 * at half speed, and a Buffer's `slice` is no copy.
 */
export function plainBytes(value: Uint8Array): Uint8Array {
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

/** An error of the storage engine while reading means that pages are not what they should be; others pass unchanged. */
function readFault(environment: { dir: string }, error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.startsWith('MDB_')) return error
  return new StoreError(
    'STORE_DAMAGED',
    `${environment.dir}/${DATA_FILE} is damaged: ${error.message}. It was left as it is. ` +
      'Restore the directory from a copy, or move it away and start with an empty one.',
    { cause: error },
  )
}

/** What an error of the storage engine during a write means to the user. */
export function writeFault(environment: { dir: string }, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const damage = readFault(environment, error)
  if (damage instanceof StoreError) return damage
  const text = error instanceof Error ? error.message : String(error)
  const noRoom = NO_ROOM.test(text)
    ? text
    : /input\/output error/i.test(text)
      ? whyNoRoom(environment.dir)
      : undefined
  if (noRoom !== undefined) {
    return new StoreError(
      'STORE_DISK_FULL',
      `writes refused in ${environment.dir}: ${noRoom}. Nothing of this commit was kept, reads go on. ` +
        'Free space on that disk (or raise the quota) and the next commit works.',
      { cause: error },
    )
  }
  return new StoreError(
    'STORE_WRITE_FAILED',
    `commit refused in ${environment.dir}: ${text}. Nothing of this commit was kept. Check the disk and the system log.`,
    { cause: error },
  )
}

/**
 * LMDB reports a write that was cut short, which is how a full disk shows first, as an input/output error. Writing a file
 * of our own as far out as the data file tells the two apart. Returns what the system says, undefined if there is room.
 */
function whyNoRoom(dir: string): string | undefined {
  const path = join(dir, PROBE_FILE)
  try {
    const end = statSync(join(dir, DATA_FILE)).size
    const file = openSync(path, 'w')
    try {
      const zeros = new Uint8Array(1 << 20)
      for (let at = 0; at < PROBE_BYTES; ) at += writeSync(file, zeros, 0, zeros.length, end + at)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return NO_ROOM.test(text) ? text : undefined
  } finally {
    rmSync(path, { force: true })
  }
  return undefined
}

function openFault(dir: string, error: unknown): StoreError {
  const text = error instanceof Error ? error.message : String(error)
  if (/permission denied|EACCES|EROFS|read-only/i.test(text)) {
    return new StoreError(
      'STORE_OPEN_FAILED',
      `cannot open ${dir}: ${text}. Give this user read and write access to the directory.`,
      { cause: error },
    )
  }
  return new StoreError(
    'STORE_DAMAGED',
    `cannot read ${dir}/data.mdb: ${text}. The file was left as it is. Restore the directory from a copy, or move it away and start with an empty one.`,
    { cause: error },
  )
}
