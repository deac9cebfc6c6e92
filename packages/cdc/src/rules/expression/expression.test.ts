// biome-ignore-all lint/suspicious/noTemplateCurlyInString: rules name columns so
/**
 * Expressions: 400 random ones with the answers of SQLite 3.40, and cases of what SQLite does not have (exact decimals, DMS' own). Known
 * differences from SQLite, kept out of the random ones: integers and decimals never become binary floats, so abs of a text and sums
 * beyond 64 bits stay exact; replace of an empty text gives a text.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { ColumnValue, Row } from '../../model/column-value.ts'
import { decimalText } from '../../model/decimal-text.ts'
import { column, table, types } from '../../testing/change-samples.ts'
import { compileExpression, type ExpressionContext } from './compile-expression.ts'
import type { ExpressionValue } from './expression-value.ts'

const context: ExpressionContext = {
  schema: 'shop',
  table: 'orders',
  operation: 'update',
  commitTime: '2024-05-06T07:08:09.000000Z',
  streamPosition: 'mysql-bin.000024:373',
}

const schema = table(
  [
    column('i', types.int),
    column('j', types.int),
    column('t', types.text),
    column('u', types.text),
    column('n', types.text),
    column('amount', types.decimal),
    column('rate', { kind: 'float', native: 'double', bits: 64 }),
    column('ok', { kind: 'boolean', native: 'boolean' }),
    column('raw', types.bytes),
    column('first name', types.text),
    column('flags', { kind: 'bits', native: 'bit(4)', bits: 4 }),
  ],
  [],
)
const row: Row = [7, -3, 'Ann b', '5x', null, '12.50', 0.5, true, Buffer.from('hi'), 'Ann', '0101']

function evaluate(text: string, of: Row = row, at: ExpressionContext = context): unknown {
  const expression = compileExpression(text, schema)
  if ('problem' in expression) throw new Error(expression.problem)
  return expression.evaluate(of, at)
}

/** As SQLite's quote() writes it. */
function quoted(value: unknown): string {
  // Values of expressions are of few kinds.
  const known = value as ExpressionValue
  if (known === null) return 'NULL'
  if (typeof known === 'string') return `'${known.replaceAll("'", "''")}'`
  if (typeof known === 'number') return String(known)
  return known instanceof Uint8Array ? `X'${Buffer.from(known).toString('hex')}'` : decimalText(known)
}

test('random expressions answer like SQLite', () => {
  const path = new URL('./sqlite-answers.golden.json', import.meta.url)
  // Pairs of texts, as this repository holds them.
  const answers = JSON.parse(readFileSync(path, 'utf8')) as readonly (readonly [string, string])[]
  expect(answers).toHaveLength(400)
  for (const [text, answer] of answers) expect([text, quoted(evaluate(text))]).toEqual([text, answer])
})

test.each([
  ["$t || ' / ' || $i", "'Ann b / 7'"],
  ['$amount * 1.10', '13.7500'],
  ['$amount + $i', '19.50'],
  ['$amount / 3', '4.1666666666666667'],
  ['$i / 2', '3'],
  ['$i / 0', 'NULL'],
  ['9223372036854775807 + 1', '9223372036854775808'],
  ['$rate * 3', '1.5'],
  ['$amount > 12.4 AND $ok', '1'],
  ['$amount = 12.5', '1'],
  ['-$amount', '-12.50'],
  ['1 - -1', '2'],
  ['$n || $t', 'NULL'],
  ["coalesce($n, 'none')", "'none'"],
  ["CASE $i WHEN 7 THEN 'seven' ELSE 'other' END", "'seven'"],
  ["CASE WHEN $n IS NULL THEN 'empty' END", "'empty'"],
  ['round($amount * 1.005, 2)', '12.56'],
  ['round(2.5)', '3'],
  ["substr('héllo', 2, 3)", "'éll'"],
  ['substr($raw, 2)', "X'69'"],
  ["upper('straße')", "'STRASSE'"],
  ["'it''s'", "'it''s'"],
  ['$"first name"', "'Ann'"],
  ['${first name}', "'Ann'"],
  ['"$first name"', "'Ann'"],
  ['$flags + 1', '6'],
  ['1e3 + .5', '1000.5'],
  ['length($raw)', '2'],
  ["hash_sha256('abc')", "'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'"],
  ["operation_indicator('D', 'U', 'I')", "'U'"],
  ["$AR_M_SOURCE_SCHEMA || '.' || $AR_M_SOURCE_TABLE_NAME", "'shop.orders'"],
  ['$AR_H_OPERATION', "'UPDATE'"],
  ['$AR_H_COMMIT_TIMESTAMP', "'2024-05-06T07:08:09.000000Z'"],
  ['$AR_H_STREAM_POSITION', "'mysql-bin.000024:373'"],
])('%s is %s', (text, answer) => {
  expect(quoted(evaluate(text))).toBe(answer)
})

test('loads are inserts', () => {
  const load = { ...context, operation: 'load' as const }
  expect(evaluate("operation_indicator('D', 'U', 'I')", row, load)).toBe('I')
  expect(evaluate('$AR_H_OPERATION', row, load)).toBe('INSERT')
})

test('a row of which a named column is not known has no value, whatever the others say', () => {
  const known: ColumnValue[] = [...row]
  known[2] = undefined
  expect(evaluate('coalesce($i, $t)', known)).toBeUndefined()
  expect(quoted(evaluate('$i + 1', known))).toBe('8')
})

test.each([
  ['$i +', 'where it ends there should be a value'],
  ['$amout', 'Did you mean "$amount"?'],
  ['$I', 'at character 1, $I, should be a column ($i, $j'],
  ["strftime('%Y', $t)", 'at character 1, strftime, should be a value, CASE, or a function (abs, coalesce'],
  ['lowr($t)', 'Did you mean "lower"?'],
  ['upper($t, $u)', 'upper has 2 arguments; 1 are allowed'],
  ['($i', 'where it ends there should be )'],
  ['$i $j', 'at character 4, $j, should be an operator or the end'],
  ['$i ~ $j', 'character 4, "~", begins no word'],
  ['CASE $i END', 'at character 9, END, should be WHEN'],
  ['$i NOT $j', 'should be IN, LIKE or BETWEEN'],
  ['operation_indicator(1)', 'three arguments'],
  ["'open", 'begins no word'],
])('%s is refused', (text, message) => {
  expect(() => evaluate(text)).toThrow(message)
})
