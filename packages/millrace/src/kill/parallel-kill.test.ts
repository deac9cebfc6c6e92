/**
 * A query on several threads, killed with SIGKILL at random instants and started again: its answer equals that of one thread that
 * nobody disturbed, and no change has come out twice. MILLRACE_KILL=full kills more often; MILLRACE_SEED sets the seed.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Report } from '@millrace/runtime'
import { openStore } from '@millrace/store'
import { seededRandom, systemClock } from '@millrace/values'
import { afterAll, expect, test } from 'vitest'
import { readRecords } from '../testing/read-records.ts'

const full = process.env.MILLRACE_KILL === 'full'
const seed = Number(process.env.MILLRACE_SEED ?? 20_261_121)
const bin = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'millrace-parallel-kill-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const program = `SET 'parallelism.default' = '\${THREADS}';
CREATE TABLE orders (user_id INT, price INT) WITH ('connector' = 'datagen', 'number-of-rows' = '\${ROWS}',
  'rows-per-second' = '\${RATE}', 'partition-key' = 'user_id', 'shards' = '4', 'fields.user_id.min' = '1',
  'fields.user_id.max' = '300', 'fields.price.min' = '1', 'fields.price.max' = '9');
CREATE TABLE sums (user_id INT, n BIGINT, total BIGINT)
  WITH ('connector' = 'stream', 'format' = 'debezium-json', 'shards' = '2');
INSERT INTO sums SELECT user_id, COUNT(*), SUM(CAST(price AS BIGINT)) FROM orders GROUP BY user_id;`
const file = join(work, 'sums.sql')
writeFileSync(file, program)

interface Run {
  readonly dir: string
  readonly threads: number
  readonly rows: number
  readonly rate: number
  readonly killAfterMs?: number
}

/** Undefined if it was killed. */
function run({ dir, threads, rows, rate, killAfterMs }: Run): Promise<Report | undefined> {
  const options = ['--threads', String(threads), '--rows', String(rows), '--rate', String(rate)]
  const args = [bin, 'run', file, '--data-dir', dir, '--until-idle', '--json', '--', ...options]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args)
    const ended = new AbortController()
    if (killAfterMs !== undefined)
      void systemClock.sleep(killAfterMs, ended.signal).then(() => {
        if (!ended.signal.aborted) child.kill('SIGKILL')
      })
    let output = ''
    let errors = ''
    child.stdout.on('data', (bytes) => {
      output += bytes
    })
    child.stderr.on('data', (bytes) => {
      errors += bytes
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      ended.abort()
      if (signal === 'SIGKILL') resolve(undefined)
      else if (code === 0) resolve(JSON.parse(output))
      else reject(new Error(`the run ended with ${signal ?? `exit code ${code}`}:\n${errors}`))
    })
  })
}

/** Rows that stay; a change that came twice would leave a row twice or negative. */
async function answer(dir: string): Promise<[string, number][]> {
  const store = await openStore({ dir, clock: systemClock, mode: 'reader' })
  try {
    const rows = new Map<string, number>()
    for (const record of readRecords(store, 'sums')) {
      const { before, after, op } = record.json<{ before: object; after: object; op: string }>()
      const row = JSON.stringify(op === 'd' ? before : after)
      rows.set(row, (rows.get(row) ?? 0) + (op === 'd' ? -1 : 1))
    }
    return [...rows].filter(([, count]) => count !== 0).sort()
  } finally {
    await store.close()
  }
}

test('killed at random, three threads answer as one thread', { timeout: 3_600_000 }, async () => {
  const kills = full ? 60 : 3
  const rate = 15_000
  const rows = Math.ceil(rate * kills * 0.9)
  const random = seededRandom(seed)
  const calm = join(work, 'calm')
  await run({ dir: calm, threads: 1, rows, rate: 10_000_000 })
  const expected = await answer(calm)
  expect(expected).toHaveLength(300)
  expect(expected.every(([, count]) => count === 1)).toBe(true)

  const dir = join(work, 'killed')
  let done = 0
  while (done < kills) {
    const killAfterMs = 500 + random.below(1_500)
    if ((await run({ dir, threads: 3, rows, rate, killAfterMs })) !== undefined) break
    done++
  }
  const report = await run({ dir, threads: 3, rows, rate })
  expect(report?.ledgerBalanced, `seed ${seed}`).toBe(true)
  expect(await answer(dir), `seed ${seed}, ${done} kills`).toEqual(expected)
  expect(done).toBeGreaterThan(0)
})
