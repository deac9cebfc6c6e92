import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { checkLayers, readLayers } from './check-layers.mjs'
import { importsOf, tokensOf } from './source-tokens.mjs'

const root = join(import.meta.dirname, '..')
const made: string[] = []
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true })
})

/** A workspace of the given files, `package/file` -> text. */
function workspace(files: { readonly [path: string]: string }): string {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-layers-'))
  made.push(dir)
  for (const [path, text] of Object.entries(files)) {
    const [name = '', ...rest] = path.split('/')
    const file = join(dir, 'packages', name, 'src', ...rest)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  return dir
}

function rules(files: { readonly [path: string]: string }): string[] {
  return checkLayers(workspace(files), readLayers()).map(
    (found) => `${found.rule} ${found.file}:${found.line}`,
  )
}

describe('the layers', () => {
  it('hold in this tree', () => {
    expect(checkLayers(root, readLayers())).toEqual([])
  })

  it('let every package import those below it, and only those', () => {
    const { order, only, never } = readLayers()
    for (const [upper, from] of order.entries()) {
      for (const [lower, to] of order.entries()) {
        const name = to === 'millrace' ? 'millrace' : `@millrace/${to}`
        const found = rules({ [`${from}/a.ts`]: `import { x } from '${name}'\n` })
        const isAllowed =
          upper < lower && (only[from]?.includes(to) ?? true) && !(never[from]?.includes(to) ?? false)
        expect(found.length === 0, `${from} -> ${to}: ${found.join()}`).toBe(isAllowed)
      }
    }
  })

  it('refuse an upward import in every form, also in a test and also of types', () => {
    const forms = [
      "import '@millrace/runtime'",
      "import { a,\n  b } from '@millrace/runtime'",
      "import type { a } from '@millrace/runtime'",
      "export * from '@millrace/runtime'",
      "const a = await import('@millrace/runtime')",
      "type A = import('@millrace/runtime').A",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the source text under test holds a template
      "const a = `${await import('@millrace/runtime')}`",
    ]
    for (const form of forms) {
      expect(rules({ 'store/a.test.ts': form }), form).toHaveLength(1)
    }
  })

  it('refuse a deep import, a relative way out and a package without a place', () => {
    expect(rules({ 'runtime/a.ts': "\nimport { x } from '@millrace/store/dist/port.js'" })).toEqual([
      'deep packages/runtime/src/a.ts:2',
    ])
    expect(rules({ 'runtime/a.ts': "import { x } from '../../store/src/port.ts'" })).toEqual([
      'outside packages/runtime/src/a.ts:1',
    ])
    expect(rules({ 'runtime/a.ts': "import { x } from '../dist/index.js'" })).toHaveLength(1)
    expect(rules({ 'runtime/a.bench.ts': "import { x } from '../dist/index.js'" })).toEqual([])
    expect(rules({ 'runtime/a.bench.ts': "import { x } from '../../store/dist/index.js'" })).toHaveLength(1)
    expect(rules({ 'surprise/a.ts': '' })).toEqual(['layer packages/surprise:1'])
    expect(rules({ 'runtime/a.ts': "import { x } from '@millrace/runtime'" })).toEqual([
      'deep packages/runtime/src/a.ts:1',
    ])
  })

  it('refuse a ring of files, once, with its way round', () => {
    const dir = workspace({
      'sql/a.ts': "import { b } from './deep/b.ts'",
      'sql/deep/b.ts': "import type { C } from '../c.ts'",
      'sql/c.ts': "\nimport { a } from './a.ts'",
      'sql/d.ts': "import { a } from './a.ts'",
    })
    const found = checkLayers(dir, readLayers())
    expect(found.map((finding) => finding.rule)).toEqual(['cycle'])
    expect(found[0]?.message).toMatch(/a\.ts -> .*b\.ts -> .*c\.ts -> .*a\.ts$/)
  })

  it('are not disturbed by words in comments, strings, templates and regular expressions', () => {
    const text = [
      "// import '@millrace/runtime'",
      "/* import '@millrace/runtime' */",
      'const a = "import \'@millrace/runtime\'"',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the source text under test holds a template
      "const b = `import '@millrace/runtime' ${a} import '@millrace/runtime'`",
      "const c = /import '@millrace\\/runtime'/.test(a)",
    ].join('\n')
    expect(importsOf(tokensOf(text))).toEqual([])
  })

  it('fail the lint with file and line', () => {
    const dir = workspace({ 'values/a.ts': "import { x } from '@millrace/store'\n" })
    const run = spawnSync(process.execPath, [join(root, 'scripts/check-layers.mjs'), dir], {
      encoding: 'utf8',
    })
    expect(run.status).toBe(1)
    expect(run.stderr).toMatch(/packages\/values\/src\/a\.ts:1: layer: "values" stands below "store"/)
  })
})
