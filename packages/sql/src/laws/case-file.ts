/**
 * Cases as files: a SQL program, records in order, and what must come out. Sections start with '==':
 *
 *   A sentence on what the case shows.
 *   == inputs            one stream a line: NAME: column TYPE, column TYPE
 *   == references        one table a line, likewise, each of its rows on an indented line: [value, ...]
 *   == program           SQL of the KDA dialect
 *   == records           one record a line: STREAM time [value, ...] [value, ...]; 'bound time' ends a micro-batch
 *   == expected          one row a line: STREAM time [value, ...]; then 'error NAME PUMP record'; then 'outcomes 1 0 ...'
 *
 * Times are HH:mm:ss[.SSS] of 2024-01-01, which `time` also accepts as whole timestamps. Values are JSON, read by CAST.
 */
import { parseSqlType, type Schema, type SqlType } from '@millrace/values'
import { plainText } from '../functions/index.ts'
import { interpretExpr } from '../interpreter/expression.ts'
import type { SqlValue } from '../plan.ts'
import { convertTo, field, text } from './plan-builder.ts'
import type { SourceRecord } from './random-rows.ts'
import type { Trace } from './trace.ts'

export interface CaseFile {
  readonly title: string
  readonly inputs: readonly { readonly name: string; readonly schema: Schema }[]
  readonly references: readonly {
    readonly name: string
    readonly schema: Schema
    readonly rows: readonly (readonly SqlValue[])[]
  }[]
  readonly text: string
  readonly batches: readonly { readonly records: readonly SourceRecord[]; readonly bound: number }[]
  readonly expected: string
}

export function parseCase(content: string): CaseFile {
  const sections = new Map<string, string>()
  const parts = content.split(/^== /m)
  for (const part of parts.slice(1)) {
    const end = part.indexOf('\n')
    sections.set(part.slice(0, end).trim(), part.slice(end + 1))
  }
  const section = (name: string) =>
    (sections.get(name) ?? '').split('\n').filter((line) => line.trim() !== '')
  const inputs = section('inputs').map(parseTable)
  const references: { name: string; schema: Schema; rows: SqlValue[][] }[] = []
  for (const line of section('references')) {
    if (line.startsWith(' ')) {
      const table = references.at(-1)!
      table.rows.push(...parseRows(line, table.schema))
    } else references.push({ ...parseTable(line), rows: [] })
  }
  return {
    title: parts[0]!.trim(),
    inputs,
    references,
    text: sections.get('program') ?? '',
    batches: parseRecords(section('records'), new Map(inputs.map(({ name, schema }) => [name, schema]))),
    expected: (sections.get('expected') ?? '').trim(),
  }
}

/** A trace in the form of the section 'expected'. */
export function expectedText(trace: Trace, schemas: ReadonlyMap<string, Schema>): string {
  const lines: string[] = []
  for (const [name, rows] of trace.outputs) {
    const types = schemas.get(name)!.fields.map(({ type }) => type)
    for (const { rowtime, values } of rows) {
      lines.push(
        `${name} ${timeText(rowtime)} [${values.map((value, i) => valueText(value, types[i]!)).join(', ')}]`,
      )
    }
  }
  for (const { name, pump, record } of trace.errors) lines.push(`error ${name} ${pump} ${record}`)
  lines.push(`outcomes ${trace.outcomes.join(' ')}`)
  return lines.join('\n')
}

function parseTable(line: string): { name: string; schema: Schema } {
  const colon = line.indexOf(':')
  // A comma inside parentheses belongs to a type.
  const columns = line.slice(colon + 1).split(/,(?![^(]*\))/)
  const fields = columns.map((column) => {
    const [name = '', ...type] = column.trim().split(' ')
    return field(name, parseSqlType(type.join(' ')))
  })
  return { name: line.slice(0, colon).trim(), schema: { fields } }
}

function parseRecords(lines: readonly string[], schemas: ReadonlyMap<string, Schema>): CaseFile['batches'] {
  const batches: { records: SourceRecord[]; bound: number }[] = [
    { records: [], bound: Number.NEGATIVE_INFINITY },
  ]
  for (const line of lines) {
    const [stream = '', time = ''] = line.trim().split(' ')
    const batch = batches.at(-1)!
    if (stream === 'bound') {
      batch.bound = parseMs(time)
      batches.push({ records: [], bound: Number.NEGATIVE_INFINITY })
      continue
    }
    const schema = schemas.get(stream)
    if (schema === undefined) throw new Error(`case: no input stream ${stream} in '${line}'`)
    batch.records.push({
      stream,
      rowtime: parseMs(time),
      rows: parseRows(line.slice(line.indexOf('[')), schema),
    })
  }
  return batches
}

function parseRows(line: string, schema: Schema): SqlValue[][] {
  // The rows of a line are JSON arrays side by side.
  const rows: unknown = JSON.parse(`[${line.trim().replaceAll('] [', '], [')}]`)
  if (!Array.isArray(rows)) throw new Error(`case: rows expected in '${line}'`)
  return rows.map((row: unknown) => {
    if (!Array.isArray(row)) throw new Error(`case: a row is a JSON array, in '${line}'`)
    return schema.fields.map(({ type }, i) => parseValue(row[i] ?? null, type))
  })
}

function parseValue(value: unknown, type: SqlType): SqlValue {
  if (value === null) return null
  const literal = text(String(value))
  return interpretExpr(convertTo('CAST', literal, type), [], 0)
}

function parseMs(time: string): number {
  const value = parseValue(time.includes('T') ? time : `2024-01-01 ${time}`, { kind: 'TIMESTAMP' })
  if (typeof value !== 'number') throw new Error(`case: no time in '${time}'`)
  return value
}

function timeText(ms: number): string {
  const shown = plainText(ms, { kind: 'TIMESTAMP' })
  return shown.startsWith('2024-01-01 ') ? shown.slice(11) : shown.replace(' ', 'T')
}

function valueText(value: SqlValue, type: SqlType): string {
  if (value === null) return 'null'
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('hex')}"`
  const shown = plainText(value, type)
  return typeof value === 'string' || type.kind === 'TIMESTAMP' || type.kind === 'DATE'
    ? JSON.stringify(shown)
    : shown
}
