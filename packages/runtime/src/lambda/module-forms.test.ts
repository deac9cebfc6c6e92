import { describe, expect, it } from 'vitest'
import { type CodeFiles, makeRunner, returned } from './testing/lambda-kit.ts'

/** The handler, the files and what it returns. */
const forms: readonly (readonly [form: string, handler: string, files: CodeFiles, answer: unknown])[] = [
  ['CommonJS', 'app.handler', { 'app.js': 'exports.handler = async (event) => event.n' }, 7],
  [
    'CommonJS by its extension',
    'app.handler',
    { 'app.cjs': 'module.exports = { handler: async () => 1 }' },
    1,
  ],
  [
    'CommonJS by its extension in a folder of modules',
    'app.handler',
    { 'package.json': '{ "type": "module" }', 'app.cjs': 'exports.handler = async () => 2' },
    2,
  ],
  [
    'an ES module with a top-level await',
    'app.handler',
    { 'app.mjs': 'const n = await Promise.resolve(3)\nexport const handler = async () => n' },
    3,
  ],
  [
    'an ES module by its package',
    'app.handler',
    {
      'package.json': '{ "type": "module" }',
      'app.js': "import { n } from './lib/n.js'\nexport const handler = async () => n",
      'lib/n.js': 'export const n = 4',
    },
    4,
  ],
  ['an ES module by its syntax', 'app.handler', { 'app.js': 'export const handler = async () => 5' }, 5],
  [
    'an ES module by its syntax, with a top-level await',
    'app.handler',
    { 'app.js': 'const n = await Promise.resolve(6)\nexport const handler = async () => n' },
    6,
  ],
  [
    'TypeScript as bundlers take it',
    'app.handler',
    {
      'app.ts': [
        "import { Shape, sides } from './shape'",
        "enum Size { Small = 'small' }",
        "export const handler = async (event: Shape): Promise<string> => Size.Small + ' ' + sides(event)",
      ].join('\n'),
      'shape.ts': 'export interface Shape { n: number }\nexport const sides = (shape: Shape) => shape.n',
    },
    'small 7',
  ],
  ['TypeScript that is CommonJS', 'app.handler', { 'app.ts': 'export = { handler: async () => 8 }' }, 8],
  [
    'TypeScript by its extension',
    'app.handler',
    { 'app.mts': 'export const handler = async (): Promise<number> => 9' },
    9,
  ],
  [
    'a file below folders',
    'src/orders/app.lambdaHandler',
    { 'src/orders/app.js': 'exports.lambdaHandler = async () => 10' },
    10,
  ],
  ['a folder with an index', 'orders.handler', { 'orders/index.js': 'exports.handler = async () => 11' }, 11],
  [
    'a folder with an index in TypeScript',
    'orders.handler',
    { 'orders/index.ts': 'export const handler = async () => 12' },
    12,
  ],
  [
    'a folder with a main file',
    'orders.handler',
    {
      'orders/package.json': '{ "main": "lib/start.js" }',
      'orders/lib/start.js': 'exports.handler = async () => 13',
    },
    13,
  ],
  [
    'a property of an export',
    'app.routes.orders',
    { 'app.js': 'exports.routes = { orders: async () => 14 }' },
    14,
  ],
  ['the default export', 'app.default', { 'app.mjs': 'export default async () => 15' }, 15],
  [
    'a bundle with its own node_modules',
    'app.handler',
    {
      'app.js': "const dep = require('dep')\nexports.handler = async () => [dep.n, (await import('esm')).n]",
      'node_modules/dep/index.js': 'exports.n = 16',
      'node_modules/esm/package.json': '{ "name": "esm", "type": "module", "exports": "./main.js" }',
      'node_modules/esm/main.js': 'export const n = 17',
    },
    [16, 17],
  ],
  [
    'a package of its node_modules',
    'dep.handler',
    { 'node_modules/dep/index.js': 'exports.handler = async () => 18' },
    18,
  ],
  [
    'JavaScript before TypeScript, where both are there',
    'app.handler',
    { 'app.js': 'exports.handler = async () => 19', 'app.ts': 'export const handler = async () => 20' },
    19,
  ],
]

describe('a handler is found and runs as', () => {
  it.each(forms)('%s', async (_form, handler, files, answer) => {
    const runner = makeRunner(files, { handler })
    await runner.open()
    expect(returned(await runner.invoke('{"n":7}'))).toEqual(answer)
  })
})

describe('a handler that does not exist is refused at start', () => {
  const code = { 'app.js': 'exports.main = async () => 1\nexports.other = () => 2\nexports.text = "x"' }

  it('with the names that do exist in its file', async () => {
    await expect(makeRunner(code).open()).rejects.toMatchObject({
      code: 'HANDLER_MISSING',
      place: 'function "probe"',
      value: '"app.handler"',
      allowed: 'app.main, app.other',
    })
    await expect(makeRunner(code, { handler: 'app.text' }).open()).rejects.toThrow(
      /app\.text is not a function/,
    )
  })

  it('with the files that are beside the one it names', async () => {
    const files = { 'src/orders.ts': '', 'src/items.mjs': '', 'src/types.d.ts': '', 'src/notes.md': '' }
    await expect(makeRunner(files, { handler: 'src/order.handler' }).open()).rejects.toMatchObject({
      code: 'HANDLER_MISSING',
      allowed: 'src/items, src/orders',
    })
  })

  it('where its name is none', async () => {
    for (const handler of ['', 'app', 'app.', '.handler', '../app.handler', '/app.handler', 'a..b']) {
      const refused = makeRunner(code, { handler }).open()
      await expect(refused, handler).rejects.toMatchObject({ code: 'HANDLER_MISSING' })
    }
  })

  it('and one whose file fails is, with the reason', async () => {
    const reasons: readonly (readonly [text: string, reason: RegExp])[] = [
      ["require('nowhere')", /Runtime\.ImportModuleError: .*Cannot find module 'nowhere'/],
      ['exports.handler = async ( => 1', /Runtime\.UserCodeSyntaxError: /],
      ["throw new RangeError('out of it')", /RangeError: out of it/],
      ['process.exit(3)', /Runtime\.ExitError: .*exit status 3/],
      ['throw undefined', /undefined: undefined/],
      ["Promise.reject(new Error('later'))", /Runtime\.UnhandledPromiseRejection: Error: later/],
    ]
    for (const [text, reason] of reasons) {
      const refused = makeRunner({ 'app.js': text }).open()
      await expect(refused, text).rejects.toMatchObject({ code: 'HANDLER_FAILED' })
      await expect(makeRunner({ 'app.js': text }).open(), text).rejects.toThrow(reason)
    }
  })

  it('with the line, where Node knows it, and without the list of who required whom', async () => {
    const lines: readonly (readonly [text: string, line: number])[] = [
      ['exports.handler = async () => 1\nconst x = {{', 2],
      ["\n\nrequire('nowhere')", 3],
      ["import './lib/n.js'\nthrow new Error('out of it')", 2],
    ]
    for (const [text, line] of lines) {
      const message = await refusalOf({ 'app.js': text, 'lib/n.js': '' })
      expect(message).toMatch(new RegExp(`\\(/.*/app\\.js:${line}\\)\\. Correct the error`))
      expect(message).not.toMatch(/\n|Require stack/)
    }
    expect(await refusalOf({ 'app.ts': 'const n: number = 1\nconst x = {{' })).toMatch(
      /app\.ts:2:\d+\. Correct/,
    )
  })

  async function refusalOf(files: CodeFiles): Promise<string> {
    const error: unknown = await makeRunner(files)
      .open()
      .catch((refused: unknown) => refused)
    return error instanceof Error ? error.message : 'not refused'
  }
})
