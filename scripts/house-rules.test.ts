import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sourceFiles } from './check-layers.mjs'
import { checkHouseRules, readHouseRules } from './house-rules.mjs'

const root = join(import.meta.dirname, '..')
const rules = readHouseRules()

function treeFiles(): string[] {
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name, 'src'))
  return [...packages, join(root, 'examples')].filter(existsSync).flatMap(sourceFiles)
}

describe('the rules of the house', () => {
  it('hold in this tree', () => {
    const found = checkHouseRules(root, treeFiles(), rules)
    expect(found.map(({ rule, file, line, message }) => `${file}:${line}: ${rule}: ${message}`)).toEqual([])
  })

  it('every exemption is for a file that exists and needs it', () => {
    for (const file of Object.keys(rules.clockAllowed)) {
      const strict = { ...rules, clockAllowed: {} }
      const found = checkHouseRules(root, [join(root, file)], strict)
      expect(
        found.some(({ rule }) => rule === 'clock'),
        file,
      ).toBe(true)
    }
  })
})

describe('a breach is found', () => {
  let dir = ''
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'millrace-rules-'))
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  function found(text: string, name = 'a.ts'): string[] {
    writeFileSync(join(dir, name), text)
    return checkHouseRules(dir, [join(dir, name)], rules).map(({ rule, line }) => `${rule}:${line}`)
  }

  it.each([
    ['const a = Date.now()', 'clock:1'],
    ['\nconst a = new Date()', 'clock:2'],
    ['const a = performance.now()', 'clock:1'],
    ['const a = process.hrtime.bigint()', 'clock:1'],
    ['const a = Math.random()', 'clock:1'],
    ['setTimeout(done, 5)', 'clock:1'],
    ['const a: any = 1', 'any:1'],
    ['const a = b as any', 'any:1'],
    ['const a: Map<string, any> = b', 'any:1'],
    ['// TODO later', 'todo:1'],
  ])('%s', (text, finding) => expect(found(text)).toEqual([finding]))

  it('a file of 601 lines', () => expect(found('a\n'.repeat(601))).toEqual(['length:600']))

  it('and nothing else is', () => {
    const fine = [
      'const a = new Date(0)',
      'const b = "Date.now() TODO"',
      '// Date.now() is for the clock',
      'clock.setTimeout(a)',
      'const c = { any: 1, some: 2 }',
      'const d = list.any',
      'a\n'.repeat(590),
    ].join('\n')
    expect(found(fine)).toEqual([])
    expect(found('const a = performance.now()', 'a.bench.ts')).toEqual([])
  })
})

describe('error codes', () => {
  it('docs/errors.md says exactly what the tables say', () => {
    const run = spawnSync(process.execPath, [join(root, 'scripts/write-error-docs.mjs'), '--check'], {
      encoding: 'utf8',
    })
    expect(run.stderr).toBe('')
    expect(run.status).toBe(0)
  })
})
