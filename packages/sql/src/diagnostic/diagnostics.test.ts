/**
 * Every code of the table is raised by a program here, at the place that the case names, and nothing else is reported.
 * The golden texts at the end show what a user sees.
 */
import { expect, test } from 'vitest'
import { type BindResult, bindProgram } from '../binder/bind-program.ts'
import { bindFlinkProgram } from '../changelog/binder/bind-flink-program.ts'
import { fingerprints } from '../fingerprint.ts'
import { corpusInputs, corpusReferences, orderProgram } from '../laws/corpus.ts'
import { optimizeProgram } from '../optimizer/optimize.ts'
import { SourceText } from '../syntax/source-text.ts'
import { codes } from './codes.ts'
import type { Diagnostic } from './diagnostic.ts'
import { flinkCases, flinkTables } from './flink-cases.ts'
import { kdaCases } from './kda-cases.ts'
import { renderDiagnostics } from './render.ts'

function bind(text: string): BindResult {
  return bindProgram({
    text,
    fileName: 'program.sql',
    dialect: 'kda',
    inputs: corpusInputs,
    references: corpusReferences,
    outputs: [],
  })
}

test.each(kdaCases)('%s: %s', (code, text, at, says) => {
  const { program, diagnostics } = bind(text)
  const source = new SourceText(text, 'program.sql')
  expect(diagnostics.length, renderDiagnostics(diagnostics, source)).toBeGreaterThan(0)
  const found = diagnostics[0]!
  expect(found.code, renderDiagnostics(diagnostics, source)).toBe(codes[code].code)
  expect(found.message).toContain(says)
  // An empty place stands for one that is too long to repeat.
  if (at !== '') expect(text.slice(found.span.start, found.span.end)).toBe(at)
  expect(program === undefined).toBe(found.severity === 'error')
})

test.each(flinkCases)('%s: %s', (code, statements, at, says) => {
  const [found, ...others] = bindFlink(statements)
  expect(found?.code).toBe(codes[code].code)
  expect(others).toEqual([])
  expect((flinkTables + statements).slice(found!.span.start, found!.span.end)).toBe(at)
  expect(found!.message).toContain(says)
})

function bindFlink(statements: string): readonly Diagnostic[] {
  return bindFlinkProgram({ text: flinkTables + statements, fileName: 'test.sql' }).diagnostics
}

test('every code of the table has a case, and every reported code is in the table', () => {
  const table = new Map(
    Object.values(codes).map(({ code, severity }) => [code as string, severity as string]),
  )
  expect(table.size).toBe(Object.keys(codes).length)
  const seen = new Set<string>()
  const programs = [
    ...kdaCases.map(([, text]) => ({ text, found: bind(text).diagnostics })),
    ...flinkCases.map(([, text]) => ({ text: flinkTables + text, found: bindFlink(text) })),
  ]
  for (const { text, found } of programs) {
    for (const { code, severity, span, message, notes } of found) {
      seen.add(code)
      expect(table.get(code)).toBe(severity)
      for (const each of [span, ...notes.map((note) => note.span)]) {
        expect(each.start).toBeGreaterThanOrEqual(0)
        expect(each.end).toBeLessThanOrEqual(text.length)
      }
      // A message is sentences: what happened, and what to do.
      expect(message).toMatch(/[.?)]$/)
    }
  }
  expect([...table.keys()].filter((code) => !seen.has(code))).toEqual([])
})

test('faults in several statements are all reported at once', () => {
  const text = `CREATE STREAM A (N INTEGR); CREATE STREAM (B INTEGER);
    SELECT STREAM PRISE, SHARS FROM TRADES; SELECT STREAM ( FROM TRADES; SELECT STREAM * FROM TRADES`
  expect(bind(text).diagnostics.map(({ code }) => code)).toEqual([
    'SQL3004',
    'SQL1003',
    'SQL2002',
    'SQL2002',
    'SQL1004',
  ])
})

test('any text is answered with diagnostics, never with a crash', () => {
  // Cuts and scrambles of a valid program reach most of the recovery paths.
  const words = orderProgram.split(/\b/)
  for (let i = 0; i < 300; i++) {
    const at = (i * 7919) % words.length
    const scrambled = [
      ...words.slice(0, at),
      words[(at * 31 + i) % words.length]!,
      ...words.slice(at + (i % 3)),
    ].join('')
    for (const { span } of bind(scrambled).diagnostics) expect(span.end).toBeLessThanOrEqual(scrambled.length)
  }
  for (let end = 0; end < orderProgram.length; end += 13) bind(orderProgram.slice(0, end))
})

test('texts that nest, repeat or chain to the limits compile or are refused, without exhausting the stack', () => {
  const nested = (levels: number, terms: number): string =>
    `${`SELECT STREAM SHARES${' + 1'.repeat(terms)} AS SHARES FROM (`.repeat(levels)}TRADES${')'.repeat(levels)}`.replace(
      '(TRADES)',
      '(SELECT STREAM * FROM TRADES)',
    )
  const texts = [
    nested(90, 100),
    nested(300, 1),
    `SELECT STREAM ${'SHARES + '.repeat(499)}1 FROM TRADES WHERE ${'NOT '.repeat(190)}BUY`,
    `SELECT STREAM SHARES FROM TRADES WHERE ${'BUY AND '.repeat(9000)}BUY`,
    `SELECT STREAM SHARES FROM TRADES${' UNION ALL SELECT STREAM SHARES FROM TRADES'.repeat(2000)}`,
    `SELECT STREAM ${'- '.repeat(5000)}1 FROM TRADES`,
    `${'('.repeat(50_000)}`,
    `CREATE FUNCTION F (X INTEGER) RETURNS INTEGER RETURN X + X; SELECT STREAM ${'F('.repeat(100)}SHARES${')'.repeat(100)} FROM TRADES`,
  ]
  for (const text of texts) {
    const { program, diagnostics } = bind(text)
    if (program === undefined) expect(diagnostics.length).toBeGreaterThan(0)
    else expect(fingerprints(optimizeProgram(program)).of(program.pumps[0]!.plan)).toMatch(/^[0-9a-f]{16}$/)
  }
})

test('golden: what a user sees', () => {
  const text = `CREATE STREAM "Out" ("id" INTEGER, "name" VARCHAR(4));
CREATE PUMP P AS INSERT INTO "Out"
\tSELECT STREAM SHARES, PRICE FROM trades;
SELECT STREAM shres FROM TRADES`
  expect(
    `\n${renderDiagnostics(bind(text).diagnostics, new SourceText(text, 'orders.sql'))}\n`,
  ).toMatchInlineSnapshot(`
    "
    SQL5002 error orders.sql:3:24: this value goes to the column "name": DOUBLE is not assigned to VARCHAR(4) without a conversion: write CAST(... AS VARCHAR(4)).
         SELECT STREAM SHARES, PRICE FROM trades;
                               ^^^^^
      note orders.sql:1:36: "name" is declared VARCHAR(4) here
        CREATE STREAM "Out" ("id" INTEGER, "name" VARCHAR(4));
                                           ^^^^^^^^^^^^^^^^^
    SQL2002 error orders.sql:4:15: "TRADES" has no column "SHRES". Did you mean "SHARES"? Columns: "TICKER", "PRICE", "SHARES", "TRADED", "BUY".
        SELECT STREAM shres FROM TRADES
                      ^^^^^
    "
  `)
})

test('golden: the narrowing lint shows value, column and both types', () => {
  const text = `CREATE STREAM O (A DECIMAL(5, 2), B VARCHAR(4), C DECIMAL(9, 1));
CREATE PUMP P AS INSERT INTO O SELECT STREAM "amount", "status", "amount" FROM SOURCE_SQL_STREAM_001;
SELECT STREAM * FROM O;`
  expect(
    `\n${renderDiagnostics(bind(text).diagnostics, new SourceText(text, 'orders.sql'))}\n`,
  ).toMatchInlineSnapshot(`
    "
    SQL9001 warning orders.sql:2:46: this value is DECIMAL(9,2), the column "A" of "O" DECIMAL(5,2); rows that do not fit go to the error stream. Widen the column.
        CREATE PUMP P AS INSERT INTO O SELECT STREAM "amount", "status", "amount" FROM SOURCE_SQL_STREAM_001;
                                                     ^^^^^^^^
    SQL9001 warning orders.sql:2:56: this value is VARCHAR(8), the column "B" of "O" VARCHAR(4); rows that do not fit go to the error stream. Widen the column, or cut the value with CAST(... AS VARCHAR(4)).
        CREATE PUMP P AS INSERT INTO O SELECT STREAM "amount", "status", "amount" FROM SOURCE_SQL_STREAM_001;
                                                               ^^^^^^^^
    "
  `)
})
