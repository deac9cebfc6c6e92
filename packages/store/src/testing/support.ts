/** What the tests of this package share: directories, a clock to set, child processes, short forms of reading. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Clock } from '@millrace/values'
import { afterEach } from 'vitest'
import type { CorruptBatch, RecordBatch, Store } from '../port.ts'

export const childFile = fileURLToPath(new URL('./child.mjs', import.meta.url))
const encoder = new TextEncoder()
const directories: string[] = []

/** A directory of its own, removed after the test. */
export function testDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-store-'))
  directories.push(dir)
  return dir
}

afterEach(() => {
  for (const dir of directories.splice(0)) rmSync(dir, { recursive: true, force: true })
})

export class TestClock implements Clock {
  time = 1_700_000_000_000
  now(): number {
    return this.time
  }
  sleep(): Promise<void> {
    return Promise.resolve()
  }
}

export const bytes = (text: string): Uint8Array => encoder.encode(text)
export const text = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString('utf8')

export const isCorrupt = (batch: RecordBatch | CorruptBatch): batch is CorruptBatch => 'reason' in batch

export interface ReadRecord {
  readonly sequence: number
  readonly commit: number
  readonly key: string
  readonly data: string
}

/** Every record of a shard, read in steps of the given sizes; fails on anything corrupt. */
export function readAll(store: Store, stream: string, shard: number, maxRecords = 1_000_000): ReadRecord[] {
  const records: ReadRecord[] = []
  let position = 0
  for (;;) {
    const { batches, atHead } = store.read(stream, shard, position, { maxRecords, maxBytes: 100_000_000 })
    for (const batch of batches) {
      if (isCorrupt(batch)) throw new Error(`corrupt at ${batch.firstSequence}: ${batch.reason}`)
      for (let i = 0; i < batch.count; i++) {
        const slice = (starts: Uint32Array): string =>
          Buffer.from(batch.bytes.subarray(starts[i], starts[i + 1])).toString('utf8')
        records.push({
          sequence: batch.firstSequence + i,
          commit: batch.commit,
          key: slice(batch.keyStart),
          data: slice(batch.dataStart),
        })
      }
      position = batch.firstSequence + batch.count
    }
    if (atHead) return records
  }
}

export interface Child {
  readonly process: ChildProcess
  readonly lines: string[]
  /** Resolves with the next line that the test says it waits for, or when the child ends. */
  line(test: (line: string) => boolean): Promise<string | undefined>
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; errors: string }>
}

/** Starts testing/child.mjs in a role, optionally under another command such as prlimit. */
export function startChild(
  role: string,
  dir: string,
  argument?: string,
  under: readonly string[] = [],
): Child {
  const command = [
    ...under,
    process.execPath,
    childFile,
    role,
    dir,
    ...(argument === undefined ? [] : [argument]),
  ]
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  const waiting = new Set<() => void>()
  let over = false
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    for (const wake of waiting) wake()
  })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null; errors: string }>(
    (resolve) => {
      child.on('close', (code, signal) => {
        over = true
        for (const wake of waiting) wake()
        resolve({ code, signal, errors })
      })
    },
  )
  const line = (test: (line: string) => boolean): Promise<string | undefined> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = lines.find(test)
        if (found === undefined && !over) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  return { process: child, lines, line, ended }
}
