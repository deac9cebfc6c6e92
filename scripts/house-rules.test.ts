import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sourceFiles } from './check-layers.mjs'
import { checkHouseRules, readHouseRules } from './house-rules.mjs'
import { tokensOf } from './source-tokens.mjs'

const root = join(import.meta.dirname, '..')
const rules = readHouseRules()

function treeFiles(): string[] {
  const packages = readdirSync(join(root, 'packages')).flatMap((name) => [
    join(root, 'packages', name, 'src'),
    join(root, 'packages', name, 'page', 'src'),
  ])
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

/** Where each package keeps its table of codes; docs/errors.md is written from the same ones. */
const codeTables = {
  millrace: 'error-codes.ts',
  gateway: 'errors.ts',
  connect: 'errors.ts',
  runtime: 'errors.ts',
  sql: 'diagnostic/codes.ts',
  store: 'errors.ts',
  values: 'value-error.ts',
}

describe('error codes', () => {
  it.each(Object.entries(codeTables))(
    'of %s are all used: a code that nothing can give is retired',
    (name, table) => {
      const source = join(root, 'packages', name, 'src')
      const words = new Set<string>()
      for (const file of sourceFiles(source)) {
        if (file === join(source, table) || /\.(test|bench)\.ts$/.test(file)) continue
        for (const { kind, text } of tokensOf(readFileSync(file, 'utf8')))
          if (kind !== 'comment') words.add(text)
      }
      expect(tableKeys(readFileSync(join(source, table), 'utf8')).filter((key) => !words.has(key))).toEqual(
        [],
      )
    },
  )

  it('docs/errors.md says exactly what the tables say', () => {
    const run = spawnSync(process.execPath, [join(root, 'scripts/write-error-docs.mjs'), '--check'], {
      encoding: 'utf8',
    })
    expect(run.stderr).toBe('')
    expect(run.status).toBe(0)
  })
})

/** Names of the members, one level deep, of the first object literal that is an exported constant. */
function tableKeys(text: string): string[] {
  const code = tokensOf(text).filter(({ kind }) => kind !== 'comment')
  const start = code.findIndex((token, i) => token.text === '=' && code[i + 1]?.text === '{')
  const keys: string[] = []
  let depth = 0
  for (let i = start + 1; i < code.length; i++) {
    const text = code[i]?.text ?? ''
    if (text === '{' || text === '(') depth++
    if (text === '}' || text === ')') depth--
    if (depth === 0) break
    if (depth === 1 && code[i + 1]?.text === ':' && ['{', ','].includes(code[i - 1]?.text ?? ''))
      keys.push(text)
  }
  return keys
}
