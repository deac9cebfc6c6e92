/**
 * The pipeline of clicks.sql in this process, under virtual time. What must come out is counted from the clicks as the log
 * holds them, with JSON.parse and Date, by nothing that the pipeline uses.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqlApp } from 'millrace'
import { testApp } from 'millrace/testing'
import { afterAll, expect, test } from 'vitest'

const dir = mkdtempSync(join(tmpdir(), 'millrace-clicks-test-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

interface Click {
  readonly id: number
  readonly page_number: number
  readonly delay: number
  readonly amount: number
}

async function run(out: string, options: { readonly [name: string]: string } = {}) {
  const printed: string[] = []
  const clicks = sqlApp(new URL('./clicks.sql', import.meta.url), { print: (line) => printed.push(line) })
  const app = await testApp(clicks, { options: { out, ...options } })
  try {
    await app.runUntilIdle()
    const report = app.report()
    expect(report.ledgerBalanced).toBe(true)
    return { printed, report, clicks: app.records('clicks').map((record) => record.json<Click>()) }
  } finally {
    await app.close()
  }
}

/** Lines `page,minute,clicks,amount`, sorted. */
function counted(clicks: readonly Click[]): string[] {
  const groups = new Map<string, { clicks: number; cents: number }>()
  for (const { id, page_number, delay, amount } of clicks) {
    const at = Date.UTC(2026, 5, 1, 12) + (id - delay) * 1000
    const minute = new Date(at - (at % 60_000)).toISOString().slice(0, 19).replace('T', ' ')
    const key = `page-${page_number},${minute}`
    const group = groups.get(key) ?? { clicks: 0, cents: 0 }
    groups.set(key, { clicks: group.clicks + 1, cents: group.cents + Math.round(amount * 100) })
  }
  return [...groups].map(([key, group]) => `${key},${group.clicks},${(group.cents / 100).toFixed(2)}`).sort()
}

function written(out: string): string[] {
  return readdirSync(out)
    .flatMap((folder) => readdirSync(join(out, folder)).map((name) => join(out, folder, name)))
    .flatMap((path) => readFileSync(path, 'utf8').trimEnd().split('\n'))
    .sort()
}

test('every click is counted in its minute, in files by page; busy minutes are printed', async () => {
  const out = join(dir, 'all')
  const { printed, report, clicks } = await run(out)
  expect(clicks).toHaveLength(600)
  expect(readdirSync(out).sort()).toEqual(['page=page-1', 'page=page-2', 'page=page-3'])
  expect(written(out)).toEqual(counted(clicks))
  const busy = counted(clicks).filter((line) => Number(line.split(',')[2]) >= 25)
  expect(busy.length).toBeGreaterThan(0)
  expect([...printed].sort()).toEqual(
    busy.map((line) => {
      const [page, minute, count] = line.split(',')
      return `busy> +I[${page}, ${minute}.000, ${count}]`
    }),
  )
  const query = report.stages.find(({ kind }) => kind === 'query')
  expect(query).toMatchObject({ in: 600, out: 600, late: 0, dead: 0 })
})

test('the placeholders are options', async () => {
  const out = join(dir, 'few')
  const { printed, clicks } = await run(out, { 'last-id': '59', busy: '1', rate: '1000' })
  expect(clicks).toHaveLength(60)
  expect(printed).toHaveLength(counted(clicks).length)
  await expect(run(out, { bussy: '1' })).rejects.toThrow('Did you mean "busy"?')
})
