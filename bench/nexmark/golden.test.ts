/**
 * Nexmark's queries give what they gave when they were compared with Flink (bench/peers/compare-flink.ts): golden.json holds,
 * for 20,000 events, the number of rows of each result and a checksum over the sorted rows. `MILLRACE_GOLDEN=write` writes
 * the file anew; do that only after a comparison.
 *
 * The same answers must come when the instance is stopped and restored on the way.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { plainValue, type Row } from '@millrace/sql'
import type { Field } from '@millrace/values'
import { afterAll, expect, test } from 'vitest'
import { queryNames } from './programs.ts'
import { bindQuery, eventRows, runEvents, startQuery } from './run-query.ts'

interface Golden {
  readonly rows: number
  readonly sha256: string
}
const events = 20_000
const file = join(import.meta.dirname, 'golden.json')
const writes = process.env.MILLRACE_GOLDEN === 'write'
// The file is of our own making.
const golden = writes ? {} : (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Golden>)
const found: Record<string, Golden> = {}
const rows = eventRows(events)

// Windows of query 12 are cut by the clock, which stands still here: one window holds all.
test.each(queryNames)('%s', (name) => {
  const program = bindQuery(name)
  const fields = program.sinks[0]!.plan.schema.fields
  const straight = new Result(fields)
  runEvents(startQuery(program), rows, straight.add)
  found[name] = straight.golden()
  if (!writes) expect(found[name]).toEqual(golden[name])

  const restarted = new Result(fields)
  let instance = startQuery(program)
  const third = Math.floor(events / 3)
  for (const [from, to] of [
    [0, third],
    [third, 2 * third],
  ] as const) {
    runEvents(instance, rows.slice(from, to), restarted.add, { ends: false })
    const next = startQuery(program, { resumes: true })
    for (const operator of instance.operators)
      for (const blob of instance.snapshot(operator)) next.restore(operator, blob)
    instance = next
  }
  runEvents(instance, rows.slice(2 * third), restarted.add)
  expect(restarted.golden()).toEqual(found[name])
})

afterAll(() => {
  if (writes) writeFileSync(file, `${JSON.stringify(found, undefined, 2)}\n`)
})

class Result {
  readonly #fields: readonly Field[]
  readonly #counts = new Map<string, number>()

  constructor(fields: readonly Field[]) {
    this.#fields = fields
  }

  readonly add = (row: Row, kind: number): void => {
    const text = JSON.stringify(this.#fields.map(({ type }, i) => plainValue(row[i] ?? null, type)))
    const count = (this.#counts.get(text) ?? 0) + (kind === 1 || kind === 3 ? -1 : 1)
    if (count === 0) this.#counts.delete(text)
    else this.#counts.set(text, count)
  }

  golden(): Golden {
    const lines = [...this.#counts].flatMap(([text, count]) => {
      expect(count, text).toBeGreaterThan(0)
      return new Array<string>(count).fill(text)
    })
    const sha256 = createHash('sha256').update(lines.sort().join('\n')).digest('hex')
    return { rows: lines.length, sha256 }
  }
}
