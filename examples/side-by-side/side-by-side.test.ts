/** Each question of this folder has one answer, whichever dialect asks it, however the rows come and wherever a run is cut. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CaseVariant, parseCase, runCase } from '@millrace/sql'
import { describe, expect, test } from 'vitest'

const questions = ['failed-logins', 'shipped-orders']
const dialects = ['kda', 'flink']
const variants: readonly CaseVariant[] = [
  { batch: 'row', restarts: false },
  { batch: 'all', restarts: false },
  { batch: 'row', restarts: true },
]

function text(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8')
}

describe.each(questions)('%s', (question) => {
  test.each(dialects)('%s', (dialect) => {
    const name = `${dialect}-${question}`
    for (const variant of variants) {
      const { outcome, problem } = runCase(
        parseCase(name, text(`${name}.sql`), text(`${name}.json`)),
        variant,
      )
      expect(problem).toBeUndefined()
      expect(outcome).toBe('passed')
    }
  })

  test('both dialects are asked the same and answer the same', () => {
    const [kda, flink] = dialects.map((dialect) => JSON.parse(text(`${dialect}-${question}.json`)))
    const times = (rows: readonly Record<string, unknown>[]) =>
      rows.map(({ $rowtime, logged_at, happened_at, ...row }) => ({
        ...row,
        at: $rowtime ?? logged_at ?? happened_at,
      }))
    expect(times(Object.values(kda.inputs)[0] as Record<string, unknown>[])).toEqual(
      times(Object.values(flink.inputs)[0] as Record<string, unknown>[]),
    )
    expect(kda.expected.rows).toEqual(flink.expected.rows)
  })
})

test('every case of the folder is among the questions', () => {
  const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.json'))
  const expected = dialects.flatMap((dialect) => questions.map((question) => `${dialect}-${question}.json`))
  expect(names.sort()).toEqual(expected.sort())
})
