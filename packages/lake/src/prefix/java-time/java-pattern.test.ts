import { execFileSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findZone } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import { compileJavaPattern } from './java-pattern.ts'

/** Rows of PatternOracle.java: pattern, instant, zone, and what java.time prints. */
function readRows(text: string): string[][] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
}

/** Lines on which the two differ. */
function differences(rows: string[][]): string[] {
  const found: string[] = []
  for (const [text = '', instant = '', zoneName = '', expected = ''] of rows) {
    const pattern = compileJavaPattern(text)
    if ('problem' in pattern) {
      if (instant !== '-')
        found.push(`${text}: refused (${pattern.problem}), but java.time prints ${expected}`)
      continue
    }
    if (instant === '-') {
      found.push(`${text}: java.time refuses it: ${expected}`)
      continue
    }
    const zone = findZone(zoneName)
    const actual = zone === undefined ? 'unknown zone' : pattern.format(Number(instant), zone)
    if (actual !== expected)
      found.push(`${text} at ${instant} in ${zoneName}: ${actual}, java.time: ${expected}`)
  }
  return found
}

describe('date patterns', () => {
  test('print what java.time prints, and are refused where it refuses', () => {
    const rows = readRows(readFileSync(new URL('./java-patterns.tsv', import.meta.url), 'utf8'))
    expect(rows.length).toBeGreaterThan(5000)
    expect(differences(rows)).toEqual([])
  })

  test.skipIf(process.env.MILLRACE_NIGHTLY === undefined)(
    'print what java.time prints, of new patterns (nightly)',
    { timeout: 120_000 },
    () => {
      const seed = process.env.MILLRACE_SEED ?? String(randomInt(1_000_000))
      const program = fileURLToPath(new URL('./PatternOracle.java', import.meta.url))
      const output = execFileSync('java', [program, seed, '40000'], { maxBuffer: 1 << 28, encoding: 'utf8' })
      expect(differences(readRows(output)), `seed ${seed}`).toEqual([])
    },
  )

  test.each([
    ['yyyy/MM/DDx/{', 12, '{ is reserved'],
    ["yyyy'T", 4, 'does not end'],
    ['yyyy-bb', 5, 'b is not a letter of a date pattern'],
    ['yyyy-VVV', 5, 'V stands twice, but stands 3 times'],
    ['HHH', 0, 'H stands 1 to 2 times'],
    ['yyyy]', 4, '] closes nothing'],
  ])('%s is refused at %d', (text, at, problem) => {
    expect(compileJavaPattern(text)).toEqual({ at, problem: expect.stringContaining(problem) })
  })

  test('a day that the clocks repeat or skip has the offset of its instant', () => {
    const zone = findZone('Europe/Berlin')
    const pattern = compileJavaPattern('yyyy-MM-dd HH:mm z xxx')
    if (zone === undefined || 'problem' in pattern) throw new Error('known to exist')
    const at = (text: string) => pattern.format(Date.parse(text), zone)
    expect(at('2024-10-27T00:30:00Z')).toBe('2024-10-27 02:30 CEST +02:00')
    expect(at('2024-10-27T01:30:00Z')).toBe('2024-10-27 02:30 CET +01:00')
    expect(at('2024-03-31T00:59:59Z')).toBe('2024-03-31 01:59 CET +01:00')
    expect(at('2024-03-31T01:00:00Z')).toBe('2024-03-31 03:00 CEST +02:00')
  })
})
