/**
 * The pages of docs/ say what is so: SQL blocks bind (or are refused with the code they name), blocks taken from a file are in
 * that file, commands print what stands under them, and links lead somewhere.
 *
 * What a block is follows from the words behind its language:
 *
 *   sql flink            statements that bind behind the page's `sql flink tables` block, if it has one
 *   sql kda              a program that binds over the page's `ts columns` block, or over the columns of docs/kda-sql.md
 *   ... refused SQL4001  the block is refused with this code
 *   ... file=PATH        the block stands in this file, line for line
 *   console              lines `$ command` with what the command prints; `...` alone is any number of lines, else any text
 *
 * The commands of a page run one after the other; paths below /tmp are in a folder of their own.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { type BindResult, bindFlinkProgram, bindProgram, type HostFunction } from '@millrace/sql'
import { type Field, parseSqlType } from '@millrace/values'
import { sqlFunction } from 'millrace'
import { afterAll, describe, expect, test } from 'vitest'
import { cli } from '../packages/millrace/src/cli/cli-process.test-kit.ts'

const root = join(import.meta.dirname, '..')
const pages = [
  ...readdirSync(join(root, 'docs')).map((name) => join('docs', name)),
  ...readdirSync(join(root, 'examples')).map((name) => join('examples', name, 'README.md')),
  'README.md',
  'ARCHITECTURE.md',
  'bench/README.md',
].filter((path) => path.endsWith('.md') && existsSync(join(root, path)))

interface Block {
  readonly language: string
  readonly words: readonly string[]
  readonly text: string
  readonly line: number
}

function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  const lines = readFileSync(join(root, page), 'utf8').split('\n')
  for (let i = 0; i < lines.length; i++) {
    const start = /^```(\S+)(.*)$/.exec(lines[i]!)
    if (start === null) continue
    const end = lines.indexOf('```', i + 1)
    blocks.push({
      language: start[1]!,
      words: start[2]!.trim().split(/\s+/).filter(Boolean),
      text: `${lines.slice(i + 1, end).join('\n')}\n`,
      line: i + 1,
    })
    i = end
  }
  return blocks
}

const valueAfter = (words: readonly string[], word: string) => words[words.indexOf(word) + 1]

function expectBound(
  block: Block,
  diagnostics: readonly { code: string; severity: string; message: string }[],
) {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (!block.words.includes('refused'))
    expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual([])
  else expect(errors.map(({ code }) => code)).toContain(valueAfter(block.words, 'refused'))
}

/** Functions that pages call in SQL, beside those of the project. */
const hosts = new Map<string, HostFunction>(
  [
    sqlFunction.scalar('domain_of', { parameters: ['STRING'], returns: 'STRING' }, () => null),
    sqlFunction.async('country_of', { parameters: ['STRING'], returns: 'STRING' }, async () => null),
    sqlFunction.table(
      'items_of',
      { parameters: ['STRING'], columns: { item: 'STRING', quantity: 'INT' } },
      () => [],
    ),
  ].map((fn) => [fn.name.toUpperCase(), fn]),
)

function bindFlink(text: string) {
  const filled = text.replace(/\$\{[A-Z_]+:([^}]*)\}/g, '$1')
  return bindFlinkProgram({ text: filled, fileName: 'page.sql', hosts }).diagnostics
}

/** `NAME: 'TYPE $.path'`, one a line. */
function columnsOf(block: Block | undefined): Field[] {
  const text =
    block?.text ?? "TICKER: 'VARCHAR(4) $'\nPRICE: 'DECIMAL(9,2) $'\nCHANGE: 'INTEGER $'\nAT: 'TIMESTAMP $'"
  return [...text.matchAll(/^\s*(\w+): '([^$']+) \$/gm)].map(([, name, type]) => ({
    name: name!,
    type: parseSqlType(type!),
    nullable: true,
  }))
}

function bindKda(text: string, columns: readonly Field[]): BindResult {
  const companies = ['ticker', 'company'].map((name) => ({
    name,
    type: { kind: 'VARCHAR', length: 64 } as const,
    nullable: true,
  }))
  return bindProgram({
    text,
    fileName: 'page.sql',
    dialect: 'kda',
    inputs: [{ name: 'SOURCE_SQL_STREAM_001', schema: { fields: columns }, metadata: true }],
    references: [{ name: 'companies', schema: { fields: companies } }],
    outputs: [],
    hosts,
  })
}

const folder = mkdtempSync(join(tmpdir(), 'millrace-docs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Command {
  readonly words: readonly string[]
  readonly expected: readonly string[]
  readonly line: number
}

function commandsOf({ text, line }: Block): Command[] {
  const commands: { words: readonly string[]; expected: string[]; line: number }[] = []
  for (const [i, row] of text.trimEnd().split('\n').entries()) {
    if (row.startsWith('$ '))
      commands.push({ words: wordsOf(row.slice(2)), expected: [], line: line + 1 + i })
    else commands.at(-1)?.expected.push(row)
  }
  return commands
}

/** Words of a command line; quotes keep blanks. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')
}

/** Whether the lines are the expected ones, where `...` stands for any lines. */
function fits(expected: readonly string[], lines: readonly string[]): boolean {
  const [first, ...rest] = expected
  if (first === undefined) return lines.length === 0
  if (first.trim() === '...') return [...lines.keys(), lines.length].some((i) => fits(rest, lines.slice(i)))
  return lines.length > 0 && fitsLine(first.trimEnd(), lines[0]!.trimEnd()) && fits(rest, lines.slice(1))
}

function fitsLine(expected: string, line: string): boolean {
  const parts = expected.split('...').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(line)
}

describe.each(pages)('%s', (page) => {
  const blocks = blocksOf(page)
  const title = ({ language, words, line }: Block) => `line ${line}: ${[language, ...words].join(' ')}`

  const tables = blocks.find(({ words }) => words[0] === 'flink' && words.includes('tables'))
  for (const block of blocks.filter(({ language, words }) => language === 'sql' && words[0] === 'flink'))
    test(title(block), () => {
      const before =
        block === tables || tables === undefined || block.words.includes('alone') ? '' : tables.text
      expectBound(block, bindFlink(`${before}${block.text}`))
    })

  const columns = columnsOf(blocks.find(({ language, words }) => language === 'ts' && words[0] === 'columns'))
  for (const block of blocks.filter(({ language, words }) => language === 'sql' && words[0] === 'kda'))
    test(title(block), () => expectBound(block, bindKda(block.text, columns).diagnostics))

  for (const block of blocks.filter(({ words }) => words.some((word) => word.startsWith('file='))))
    test(title(block), () => {
      const path = block.words.find((word) => word.startsWith('file='))?.slice('file='.length) ?? ''
      expect(readFileSync(join(root, path), 'utf8')).toContain(block.text)
    })

  const commands = blocks.filter(({ language }) => language === 'console').flatMap(commandsOf)
  if (commands.length > 0)
    test('commands print what stands under them', async () => {
      for (const { words, expected, line } of commands) {
        const [npx, millrace, ...args] = words
        expect([npx, millrace], `line ${line}`).toEqual(['npx', 'millrace'])
        const own = args.map((word) => word.replace(/^\/tmp\//, `${folder}/${page.replaceAll('/', '-')}-`))
        const { stdout, stderr } = await cli(own, { cwd: root })
        const lines = stdout
          .trimEnd()
          .split('\n')
          .filter((text, _i, all) => all.length > 1 || text !== '')
        const shown = `${page}:${line} ${words.join(' ')}\n${stdout}${stderr}`
        if (!fits(expected, lines)) expect(shown).toBe(expected.join('\n'))
      }
    }, 120_000)

  test('links lead somewhere', () => {
    const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '')
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue
      const [path, anchor] = target!.split('#')
      const file = path === '' ? join(root, page) : join(root, dirname(page), path!)
      expect(existsSync(file), `${page}: ${target} (${relative(root, file)})`).toBe(true)
      if (anchor !== undefined) expect(anchorsOf(file), `${page}: ${target}`).toContain(anchor)
    }
  })
})

/** Headings as GitHub makes anchors of them. */
function anchorsOf(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    )
}

test('every page of docs/ can be found from README.md', () => {
  const linked = new Set<string>()
  const walk = (page: string) => {
    if (linked.has(page) || !existsSync(join(root, page))) return
    linked.add(page)
    for (const [, target] of readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)#\s]+\.md)/g))
      walk(join(dirname(page), target!))
  }
  walk('README.md')
  expect(pages.filter((page) => page.startsWith('docs') && !linked.has(page))).toEqual([])
})
