/** A source in a process of its own, and its stream as another process reads it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openStore, type Store } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { readRecords } from '../../testing/read-records.ts'

const script = fileURLToPath(new URL('./capture-child.mjs', import.meta.url))

export interface CaptureSpec {
  readonly kind: 'mariadb' | 'mysql' | 'postgres'
  /** Of `mysql()` or `postgres()`. */
  readonly options: { readonly url: string; readonly [name: string]: unknown }
  readonly dataDir: string
  readonly limits?: object
  /** See kill-probe.mjs. */
  readonly probe?: object
}

export class CaptureProcess {
  readonly #child: ChildProcess
  /** How it ended: a signal, or its exit code. */
  readonly ended: Promise<string>
  readonly #following: Promise<void>
  #errors = ''

  constructor(spec: CaptureSpec) {
    this.#child = spawn(process.execPath, [script, JSON.stringify(spec)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#child.stderr?.on('data', (bytes) => {
      this.#errors += bytes
    })
    this.#child.stdin?.on('error', () => {})
    this.#following = new Promise((resolve) => this.#child.stdout?.once('data', () => resolve()))
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve(signal ?? String(code)))
    })
  }

  /** What it wrote to its standard error: warnings, and why it failed. */
  get errors(): string {
    return this.#errors
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resolves when every table has been loaded; rejects if it ends before. */
  async following(): Promise<void> {
    const ended = this.ended.then((end) => {
      throw new Error(`the source ended (${end}) before all was loaded:\n${this.#errors}`)
    })
    await Promise.race([this.#following, ended])
  }

  kill(): Promise<string> {
    this.#child.kill('SIGKILL')
    return this.ended
  }

  /** Asks it to end. */
  stop(): Promise<string> {
    this.#child.stdin?.end()
    return this.ended
  }
}

const newsTimeoutMs = 250

/** Waits until a record of the stream has this text in it. Throws if the process ends before; the store may not exist yet. */
export function waitForRecord(capture: CaptureProcess, dataDir: string, text: string): Promise<void> {
  let seen = 0
  return waitUntil(capture, dataDir, `"${text}"`, (store, next) => {
    const found = next > seen && hasText(store, seen, next, text)
    seen = next
    return found
  })
}

/** Waits until the stream has so many records; likewise. */
export function waitForCount(capture: CaptureProcess, dataDir: string, count: number): Promise<void> {
  return waitUntil(capture, dataDir, `record ${count}`, (_, next) => next >= count)
}

async function waitUntil(
  capture: CaptureProcess,
  dataDir: string,
  what: string,
  isThere: (store: Store, next: number) => boolean,
): Promise<void> {
  let store: Store | undefined
  try {
    for (;;) {
      const isOver = !capture.isRunning
      store ??= await openReader(dataDir)
      if (store === undefined) await systemClock.sleep(20)
      else {
        const news = store.news()
        if (isThere(store, store.stream('changes')?.shardInfos[0]?.next ?? 0)) return
        if (!isOver) await store.waitForNews(news, newsTimeoutMs)
      }
      if (isOver) {
        throw new Error(`the source ended (${await capture.ended}) before ${what} came:\n${capture.errors}`)
      }
    }
  } finally {
    await store?.close()
  }
}

async function openReader(dataDir: string): Promise<Store | undefined> {
  if (!existsSync(dataDir)) return undefined
  try {
    return await openStore({ dir: dataDir, clock: systemClock, mode: 'reader' })
  } catch {
    // Not whole yet.
    return undefined
  }
}

function hasText(store: Store, from: number, to: number, text: string): boolean {
  for (let position = from; position < to; ) {
    const { batches } = store.read('changes', 0, position, { maxRecords: 10_000, maxBytes: 16 * 2 ** 20 })
    for (const batch of batches) {
      if (!('bytes' in batch)) {
        position = batch.nextSequence
        continue
      }
      // A batch holds whole records, one after the other.
      const bytes = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength)
      if (bytes.includes(text)) return true
      position = batch.firstSequence + batch.count
    }
  }
  return false
}

/** The texts of all records, in their order. */
export async function recordsOf(dataDir: string): Promise<string[]> {
  const store = await openStore({ dir: dataDir, clock: systemClock, mode: 'reader' })
  try {
    return readRecords(store, 'changes').map((record) => record.text())
  } finally {
    await store.close()
  }
}
