import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { BatchBuilder } from './batch-builder.ts'
import { ITEM_KEY_ROOM, writeItemKey } from './item-key.ts'
import { tagOf } from './items.ts'
import * as layout from './layout.ts'
import { BATCH_BYTES_TARGET } from './limits.ts'
import { BATCH_HEADER_BYTES, BATCH_MAGIC, encodeBatch } from './record-batch.ts'

/** Hash of the layout below -> the format version that it belongs to. A new layout gets a new version and a new line. */
const versions: Readonly<Record<string, number>> = {
  '6f0c8b1355c7303a': 3,
}

/** One example of everything that the store writes, byte for byte. */
function layoutText(): string {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
  const builder = new BatchBuilder()
  builder.add(Uint8Array.of(1, 2), 0, 2, Uint8Array.of(3, 4, 5), 0, 3, 0)
  builder.add(Uint8Array.of(6), 0, 1, Uint8Array.of(7), 0, 1, 990)
  const batch = new Uint8Array(256)
  const size = encodeBatch(
    batch,
    layout.logKey(1, 2, 3),
    builder,
    { from: 0, to: 2 },
    { commit: 5, arrivalTime: 1000 },
  )
  const key = new Uint8Array(ITEM_KEY_ROOM)
  const keys = (['string', 'binary', 'number'] as const).map((type) => {
    const definition = {
      name: 't',
      partitionKey: { name: 'p', type },
      sortKey: { name: 's', type: 'number' as const },
    }
    const value = type === 'string' ? 'a\0\u00e9' : type === 'binary' ? Uint8Array.of(0, 255) : -12.5
    return hex(key.subarray(0, writeItemKey(key, 0, definition, value, 9_007_199_254_740_993n)))
  })
  return JSON.stringify([
    layout.PAGE_BYTES,
    layout.META_TREE,
    layout.LOG_TREE,
    layout.STATE_TREE,
    layout.itemsTree(1),
    [layout.CLOCK_KEY, layout.OWNER_KEY, layout.CATALOG_VERSION_KEY].map(hex),
    [layout.streamKey('x'), layout.tableKey('x'), layout.stageKey('x')].map(hex),
    [layout.headKey(1, 2), layout.quarantineKey(1, 2, 3), layout.logKey(1, 2, 0x1_0000_0003)].map(hex),
    hex(layout.deletedKey(7)),
    [layout.HEAD_BYTES, layout.CLOCK_BYTES, BATCH_HEADER_BYTES, BATCH_MAGIC],
    hex(batch.subarray(0, size)),
    keys,
    [tagOf('json'), tagOf('typed-json')],
  ])
}

test('the layout has the version that it is pinned to', () => {
  const hash = createHash('sha256').update(layoutText()).digest('hex').slice(0, 16)
  expect(versions[hash], `layout ${hash}`).toBe(layout.FORMAT_VERSION)
})

test('a full batch fills whole pages', () => {
  expect((BATCH_BYTES_TARGET + 24) % layout.PAGE_BYTES).toBe(0)
})
