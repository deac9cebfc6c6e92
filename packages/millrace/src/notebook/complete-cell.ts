/**
 * What may stand at a place of a cell: tables behind FROM, columns of the tables that the statement names, functions with the forms of
 * their calls, keywords; in WITH (...) options and their values. The text is not parsed, since it is not yet what it is to be.
 */

import { tableConnectors } from '@millrace/connect'
import type { CompleteAnswer, Completion } from '@millrace/console'
import { dialectOf, formats, functionForms } from '@millrace/sql'
import { quoted } from './quoted-name.ts'

/** A table, view, stream or dataset that can be named. */
export interface CompletionTable {
  readonly name: string
  readonly detail: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
}

export interface CompletionScope {
  readonly dialect: 'flink' | 'kda' | 'lake'
  readonly text: string
  readonly position: number
  readonly tables: readonly CompletionTable[]
}

const optionsMax = 300
const statements = {
  flink:
    'CREATE TABLE|CREATE TEMPORARY VIEW|INSERT INTO|SELECT|EXECUTE STATEMENT SET BEGIN|EXPLAIN|DESCRIBE|SHOW TABLES|SHOW CREATE TABLE|SHOW FUNCTIONS|SET|PRIMARY KEY|NOT ENFORCED|WATERMARK FOR|GROUP BY|ORDER BY|PARTITION BY|LEFT JOIN|TUMBLE|HOP|CUMULATE|SESSION|DESCRIPTOR|HAVING|UNION ALL',
  kda: 'CREATE OR REPLACE STREAM|CREATE OR REPLACE PUMP|AS INSERT INTO|SELECT STREAM|GROUP BY|WINDOWED BY|STAGGER|PARTITION BY|RANGE INTERVAL|ROWTIME|FLOOR|STEP|OVER|UNION ALL',
  lake: 'SELECT|FROM|WHERE|GROUP BY|ORDER BY|HAVING|LIMIT|LEFT JOIN|UNION ALL|WITH|QUALIFY|DISTINCT',
}
const lakeFunctions =
  'count|sum|avg|min|max|date_trunc|strftime|epoch_ms|coalesce|round|list|unnest|quantile_cont|row_number|lag|lead'

export function completeCell(scope: CompletionScope): CompleteAnswer {
  const { text, dialect, tables } = scope
  const position = Math.min(scope.position, text.length)
  const before = text.slice(0, position)
  const inQuotes = openQuote(before, dialect)
  if (inQuotes === 'comment') return { from: position, options: [] }
  if (inQuotes === "'") return completeOption(before, position)
  const word = /(?:[`"][^`"]*|[\p{L}\p{N}_$]*)$/u.exec(before)?.[0] ?? ''
  const from = position - word.length
  const head = before.slice(0, from)
  const start = statementStart(head)
  const end = text.indexOf(';', position)
  const named = tablesIn(text.slice(start, end < 0 ? text.length : end), tables)
  const [, qualifier] = /(?:([\p{L}_][\p{L}\p{N}_$]*|`[^`]*`|"[^"]*"))\s*\.\s*$/u.exec(head) ?? []
  const options: Completion[] = []
  if (qualifier !== undefined) {
    const name = unquoted(qualifier)
    const table =
      named.find(({ alias }) => alias === name)?.table ?? tables.find((each) => each.name === name)
    options.push(...columnsOf(table === undefined ? [] : [table], dialect))
    const within = tables.filter((each) => each.name.startsWith(`${name}.`))
    options.push(
      ...within.map((each) => ({
        label: quoted(each.name.slice(name.length + 1), dialect),
        kind: 'table' as const,
        detail: each.detail,
      })),
    )
  } else if (/\b(?:FROM|JOIN|INTO|DESCRIBE|CREATE\s+TABLE\s+\S+\s+LIKE)\s*$/i.test(head)) {
    options.push(...tables.map((each) => tableOption(each, dialect)))
  } else {
    options.push(
      ...columnsOf(
        named.map(({ table }) => table),
        dialect,
      ),
    )
    options.push(...named.flatMap(({ alias }) => (alias === undefined ? [] : [aliasOption(alias, dialect)])))
    options.push(...tables.map((each) => tableOption(each, dialect)))
    options.push(...functionOptions(dialect), ...keywordOptions(dialect))
  }
  return { from, options: matching(options, unquoted(word)) }
}

/** The quote that is open at the end; 'comment' inside of one. */
function openQuote(before: string, dialect: CompletionScope['dialect']): string | undefined {
  let open: string | undefined
  for (let i = 0; i < before.length; i++) {
    const character = before[i]
    if (open === undefined) {
      if (character === "'" || character === '`' || character === '"') open = character
      else if (before.startsWith('--', i) || (dialect === 'kda' && before.startsWith('//', i))) {
        const end = before.indexOf('\n', i)
        if (end < 0) return 'comment'
        i = end
      } else if (before.startsWith('/*', i)) {
        const end = before.indexOf('*/', i + 2)
        if (end < 0) return 'comment'
        i = end + 1
      }
    } else if (character === open) open = undefined
  }
  return open
}

function statementStart(head: string): number {
  return head.lastIndexOf(';') + 1
}

/** Tables that the statement names, with their aliases. */
function tablesIn(
  statement: string,
  tables: readonly CompletionTable[],
): { readonly table: CompletionTable; readonly alias: string | undefined }[] {
  const found: { table: CompletionTable; alias: string | undefined }[] = []
  const place =
    /\b(?:FROM|JOIN|INTO|TABLE)\s+((?:`[^`]+`|"[^"]+"|[\p{L}_][\p{L}\p{N}_$]*)(?:\.(?:`[^`]+`|"[^"]+"|[\p{L}_][\p{L}\p{N}_$]*))*)(?:\s+(?:AS\s+)?([\p{L}_][\p{L}\p{N}_$]*))?/giu
  for (const [, written = '', alias] of statement.matchAll(place)) {
    const name = written.split('.').map(unquoted).join('.')
    const table = tables.find((each) => each.name === name || each.name.toUpperCase() === name.toUpperCase())
    const isAlias =
      alias !== undefined &&
      !/^(?:ON|WHERE|GROUP|ORDER|LEFT|RIGHT|FULL|INNER|JOIN|CROSS|UNION|LIMIT|HAVING|WINDOW|FOR|SELECT|VALUES|OVER|WINDOWED)$/i.test(
        alias,
      )
    if (table !== undefined) found.push({ table, alias: isAlias ? alias : undefined })
  }
  return found
}

/** Inside of a text: in WITH (...) an option or its value, elsewhere nothing. */
function completeOption(before: string, position: number): CompleteAnswer {
  const open = before.lastIndexOf("'")
  const written = before.slice(open + 1)
  const from = position - written.length
  const head = before.slice(0, open)
  const clause = /\bWITH\s*\(([^;]*)$/i.exec(head)?.[1]
  if (clause === undefined) return { from, options: [] }
  const value = (name: string) => new RegExp(`'${name}'\\s*=\\s*'([^']*)'`).exec(clause)?.[1]
  const [, key] = /'([^']+)'\s*=\s*$/.exec(clause) ?? []
  if (key !== undefined) return { from, options: matching(optionValues(key), written) }
  const connector = tableConnectors.get(value('connector') ?? '')
  const format = formats.get(value('format') ?? 'json')
  const names = [
    ['connector', 'what the table stands for'],
    ['format', [...formats.keys()].join(', ')],
    ['stream', "of 'connector' = 'stream': its name in the data directory"],
    ['table', "of 'connector' = 'table': its name in the data directory"],
    ['partition-key', 'columns that key the records'],
    ['changelog-mode', 'append, upsert, all'],
    ['scan.watermark.idle-timeout', 'shards without records hold windows back no longer than this'],
    ...(connector?.options ?? []).map((name) => [name.replace(/\*$/, ''), `option of ${connector?.name}`]),
    ...(format?.options ?? []).map((name) => [
      `${format?.name}.${name}`,
      `option of the format ${format?.name}`,
    ]),
  ] as const
  const options = names.map(([label = '', detail = '']) => ({ label, kind: 'option' as const, detail }))
  return { from, options: matching(options, written) }
}

function optionValues(key: string): Completion[] {
  const values: Readonly<Record<string, readonly string[]>> = {
    connector: ['stream', 'table', 'print', ...tableConnectors.keys()],
    format: [...formats.keys()],
    'changelog-mode': ['append', 'upsert', 'all'],
    'json.timestamp-format.standard': ['SQL', 'ISO-8601'],
    'json.ignore-parse-errors': ['true', 'false'],
    'scan.watermark.idle-timeout': ['10 s', '1 min'],
  }
  return [...new Set(values[key] ?? [])].map((label) => ({ label, kind: 'option' as const, detail: key }))
}

function columnsOf(tables: readonly CompletionTable[], dialect: CompletionScope['dialect']): Completion[] {
  return tables.flatMap(({ name, columns }) =>
    columns.map((column) => ({
      label: quoted(column.name, dialect),
      kind: 'column' as const,
      detail: `${column.type}, ${name}`,
    })),
  )
}

function tableOption({ name, detail }: CompletionTable, dialect: CompletionScope['dialect']): Completion {
  const label =
    dialect === 'lake'
      ? name
          .split('.')
          .map((part) => quoted(part, dialect))
          .join('.')
      : quoted(name, dialect)
  return { label, kind: 'table', detail }
}

function aliasOption(alias: string, dialect: CompletionScope['dialect']): Completion {
  return { label: quoted(alias, dialect), kind: 'table', detail: 'in this statement' }
}

function functionOptions(dialect: CompletionScope['dialect']): Completion[] {
  if (dialect === 'lake')
    return lakeFunctions.split('|').map((label) => ({ label, kind: 'function', detail: 'DuckDB' }))
  return functionForms(dialect).map(({ name, forms }) => ({
    label: name,
    kind: 'function',
    detail: forms[0] ?? `${name}(...)`,
  }))
}

function keywordOptions(dialect: CompletionScope['dialect']): Completion[] {
  const phrases = statements[dialect].split('|')
  const words =
    dialect === 'lake' ? [] : [...dialectOf(dialect).reserved].filter((word) => !phrases.includes(word))
  return [...phrases, ...words.sort()].map((label) => ({ label, kind: 'keyword' }))
}

/** Names that begin with the word go first, then those that hold it; what is there twice is offered once. */
function matching(options: readonly Completion[], word: string): Completion[] {
  const sought = word.toUpperCase()
  const seen = new Set<string>()
  const rank = ({ label }: Completion): number => {
    const at = unquoted(label).toUpperCase().indexOf(sought)
    return at < 0 ? 2 : at === 0 ? 0 : 1
  }
  return options
    .filter((option) => {
      const key = `${option.kind} ${option.label}`
      if (seen.has(key) || rank(option) === 2) return false
      seen.add(key)
      return true
    })
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, optionsMax)
}

function unquoted(name: string): string {
  return name.replace(/^[`"]/, '').replace(/[`"]$/, '')
}
