/**
 * The laws of the translation over every case of the KDA dialect: what comes out binds as Flink SQL, and where no note says
 * otherwise both engines give the same rows. Cases that are about how records are read (raw payloads) say nothing here, and
 * neither do inputs whose row times go back, which no service delivers.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseCase, type SqlCase } from '../cases/case-file.ts'
import { bindFlinkProgram } from '../changelog/binder/bind-flink-program.ts'
import { parseProgram } from '../syntax/parser.ts'
import { printQuoted } from '../syntax/printer.ts'
import { runBoth, translateCase } from './testing/both-engines.ts'

const folder = join(import.meta.dirname, '../../../../cases/kda')
const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length))
  .sort()
  .map((name) => {
    const [sql, json] = ['sql', 'json'].map((ending) =>
      readFileSync(join(folder, `${name}.${ending}`), 'utf8'),
    )
    return parseCase(name, sql!, json!)
  })
  .filter((file) => !file.expected.some(({ mode }) => mode === 'rejected') && !isAboutRecords(file))

function isAboutRecords({ inputs }: SqlCase): boolean {
  return [...inputs.values()].some((rows) =>
    rows.some(
      ({ record, rowtime }, i) => record !== undefined || (rowtime ?? 0) < (rows[i - 1]?.rowtime ?? 0),
    ),
  )
}

const named = cases.map((file) => [file.name, file] as const)

describe('the output parses, prints as itself and binds', () => {
  test.each(named)('%s', (_, file) => {
    const { sql } = translateCase(file)
    const { tree, diagnostics } = parseProgram(sql, 'flink')
    expect(diagnostics).toEqual([])
    expect(parseProgram(printQuoted(tree, 'flink'), 'flink').diagnostics).toEqual([])
    const bound = bindFlinkProgram({ text: sql, fileName: 'translation.sql' })
    expect(bound.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  })
})

test('both engines give the same rows where no note says otherwise', () => {
  let compared = 0
  for (const file of cases) {
    const { translation, kda, flink, failed } = runBoth(file)
    // Where no row fails, the note on failing rows says nothing.
    const remarks = translation.notes.filter(({ construct }) => construct !== 'error_stream' || failed > 0)
    if (remarks.length > 0 || kda === undefined || flink === undefined) continue
    compared++
    for (const [stream, lines] of kda) expect([file.name, flink.get(stream)]).toEqual([file.name, lines])
  }
  expect(compared).toBeGreaterThan(100)
})
