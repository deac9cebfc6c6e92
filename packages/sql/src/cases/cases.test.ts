/**
 * Every case below cases/ passes as it stands, with all rows at once, and when the program is stopped and restored after every
 * row; and the cases cover every construct, as docs/sql-constructs.md says.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseCase } from './case-file.ts'
import type { CaseVariant } from './case-result.ts'
import {
  type Constructs,
  constructPage,
  constructRows,
  type NamedCase,
  unknownFeatures,
} from './constructs.ts'
import { runCase } from './run-case.ts'

const root = join(import.meta.dirname, '../../../..')
const folder = join(root, 'cases')
const cases: NamedCase[] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json') && name !== 'constructs.json')
  .map((name) => name.slice(0, -'.json'.length))
  .sort()
  .map((path) => {
    const [sql, json] = ['sql', 'json'].map((ending) =>
      readFileSync(join(folder, `${path}.${ending}`), 'utf8'),
    )
    return { path, file: parseCase(path, sql!, json!) }
  })
// The file is of our own making.
const constructs = JSON.parse(readFileSync(join(folder, 'constructs.json'), 'utf8')) as Constructs

const variants: readonly [string, CaseVariant][] = [
  ['row by row', { batch: 'row', restarts: false }],
  ['all at once', { batch: 'all', restarts: false }],
  ['restarted after every row', { batch: 'row', restarts: true }],
]

describe.each(variants)('%s', (_, variant) => {
  test.each(cases.map(({ path, file }) => [path, file] as const))('%s', (_path, file) => {
    const { outcome, problem } = runCase(file, variant)
    if (outcome !== 'contested') expect(problem).toBeUndefined()
  })
})

test('features of cases are names of constructs', () => {
  expect(unknownFeatures(constructs, cases)).toEqual([])
})

test('every construct has a case, and the page of constructs says so', () => {
  const rows = constructRows(constructs, cases)
  const bare = rows.filter(({ works, refused }) => works.length + refused.length === 0)
  expect(bare.map(({ dialect, construct }) => `${dialect}: ${construct}`)).toEqual([])
  expect(readFileSync(join(root, 'docs/sql-constructs.md'), 'utf8')).toBe(constructPage(rows))
})
