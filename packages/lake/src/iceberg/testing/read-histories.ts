/** The law of readers: whatever was done to a table, each snapshot that it still has, and its present, equals the model row for row. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '@millrace/values'
import { expect } from 'vitest'
import { TableWorld } from './table-world.ts'

export type ReadTable = (metadataPath: string, snapshot: number | null) => Promise<string[]>

export interface HistoryOptions {
  readonly dir: string
  readonly seed: number
  readonly steps: number
  readonly isPlain?: boolean
}

export async function readHistories(
  read: ReadTable,
  { dir, seed, steps, isPlain = false }: HistoryOptions,
): Promise<void> {
  const own = join(dir, String(seed))
  const world = await TableWorld.open({ dir: own, random: seededRandom(seed), isPlain })
  try {
    for (let i = 0; i < steps; i++) {
      await world.step()
      if (i % 4 !== 3) continue
      const done = `seed ${seed}, after ${world.steps.join(', ')}`
      expect(await read(world.metadataPath, null), done).toEqual(world.expectedNow())
      for (const { snapshotId, rows } of world.expected()) {
        expect(await read(world.metadataPath, snapshotId), `snapshot ${snapshotId}, ${done}`).toEqual(rows)
      }
    }
  } finally {
    await world.close()
    rmSync(own, { recursive: true })
  }
}

export function seedsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i)
}
