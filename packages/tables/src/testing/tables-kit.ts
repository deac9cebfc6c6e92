/** What the tests of the engine share: a store in a directory of its own, a clock, and the changes of a stream. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import { afterEach } from 'vitest'
import type { TypedItem } from '../attribute-value.ts'
import type { ChangeRecord } from '../change-record.ts'
import type { TableSettings, TableSpec } from '../port.ts'
import { changeStreamName } from '../port.ts'

export class TestClock implements Clock {
  time = 1_700_000_000_000
  now(): number {
    return this.time
  }
  sleep(): Promise<void> {
    return Promise.resolve()
  }
}

const closings: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closings.splice(0)) await close()
})

export function testDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-tables-'))
  closings.push(() => Promise.resolve(rmSync(dir, { recursive: true, force: true })))
  return dir
}

/** Closed after the test, before its directory goes. */
export async function testStore(dir: string, clock: Clock): Promise<Store> {
  const store = await openStore({ dir, clock })
  closings.unshift(() => store.close())
  return store
}

export function spec(name: string, keys: string, settings: Partial<TableSettings> = {}): TableSpec {
  const [partition = 'p', sort] = keys.split(' ')
  return {
    name,
    partitionKey: key(partition),
    ...(sort === undefined ? {} : { sortKey: key(sort) }),
    settings: { indexes: [], tags: {}, exports: [], isProtected: false, ...settings },
  }
}

const types = { S: 'string', N: 'number', B: 'binary' } as const

/** `name:S`, `name:N` or `name:B`. */
export function key(text: string): {
  readonly name: string
  readonly type: 'string' | 'number' | 'binary'
} {
  const [name = '', type = 'S'] = text.split(':')
  // Texts of this kind are written in tests alone.
  return { name, type: types[type as keyof typeof types] }
}

export const allChanges = (table: string): Pick<TableSettings, 'changes'> => ({
  changes: { view: 'NEW_AND_OLD_IMAGES', stream: changeStreamName(table), label: '2026-01-01T00:00:00.000' },
})

/** All records of a stream, as JSON, in order. */
export function recordsOf<T = ChangeRecord>(store: Store, stream: string): T[] {
  const records: T[] = []
  for (const { shard } of store.stream(stream)?.shardInfos ?? []) {
    const { batches } = store.read(stream, shard, 0, { maxRecords: 1e9, maxBytes: 1e9 })
    for (const batch of batches) {
      if ('reason' in batch) throw new Error(batch.reason)
      for (let i = 0; i < batch.count; i++) {
        const data = batch.bytes.subarray(batch.dataStart[i], batch.dataStart[i + 1])
        records.push(JSON.parse(Buffer.from(data).toString('utf8')) as T)
      }
    }
  }
  return records
}

/** One text for each item, whatever the order of its attributes. */
export function printed(item: TypedItem | undefined): string {
  if (item === undefined) return 'none'
  return Object.keys(item)
    .sort()
    .map((name) => `${name}=${JSON.stringify(item[name])}`)
    .join(' ')
}
