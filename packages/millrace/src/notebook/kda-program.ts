/**
 * A cell of the KDA dialect as a program: the cells above and the cell itself are one text, in which streams and pumps of all of them
 * run. What is shown is the cell's last bare SELECT STREAM; without one, the last stream that a pump writes and no other reads.
 */
import type { CheckAnswer, Mark } from '@millrace/console'
import { type BindResult, bindProgram, type HostFunctions, type Program } from '@millrace/sql'
import { parseSqlType, type Schema } from '@millrace/values'
import type { KdaInput } from './cell-messages.ts'
import { columnShape } from './cell-values.ts'
import { marksOf } from './sql-marks.ts'

export interface KdaCell {
  readonly marks: readonly Mark[]
  /** Undefined if there are errors. Not yet optimized. */
  readonly program: Program | undefined
  /** The stream that is shown; undefined if nothing comes out. */
  readonly shown: { readonly name: string; readonly schema: Schema } | undefined
}

export function bindKdaCell(
  { text, before }: { readonly text: string; readonly before: readonly string[] },
  inputs: readonly KdaInput[],
  hosts: HostFunctions,
): KdaCell {
  const head = before.map((each) => `${each.replace(/[\s;]*$/, '')}\n;\n`).join('')
  const bound = bind(head, text, inputs, hosts)
  // A fault of a cell above is shown there; this cell may do without it.
  const isElsewhere =
    bound.result.program === undefined && bound.marks.every(({ severity }) => severity !== 'error')
  const { result, marks, start } = isElsewhere && head !== '' ? bind('', text, inputs, hosts) : bound
  if (result.program === undefined) return { marks, program: undefined, shown: undefined }
  const name = shownStream(result.program, start)
  const schema = result.program.streams.find((stream) => stream.name === name)?.schema
  if (name === undefined || schema === undefined) return { marks, program: result.program, shown: undefined }
  const isOutput = result.program.outputs.includes(name)
  const last = isOutput ? { result, marks } : bind(start === 0 ? '' : head, text, inputs, hosts, [name])
  return { marks: last.marks, program: last.result.program, shown: { name, schema } }
}

export function checkKdaCell(
  cell: { readonly text: string; readonly before: readonly string[] },
  inputs: readonly KdaInput[],
  hosts: HostFunctions,
): CheckAnswer {
  if (cell.text.trim() === '') return { marks: [] }
  const { marks, shown } = bindKdaCell(cell, inputs, hosts)
  if (shown === undefined) return { marks }
  return {
    marks,
    columns: shown.schema.fields.map((field) => columnShape(field, 'kda')),
    isAppendOnly: true,
  }
}

function bind(
  head: string,
  text: string,
  inputs: readonly KdaInput[],
  hosts: HostFunctions,
  outputs: readonly string[] = [],
): { readonly result: BindResult; readonly marks: readonly Mark[]; readonly start: number } {
  const result = bindProgram({
    text: head + text,
    fileName: 'cell',
    dialect: 'kda',
    inputs: inputs.map(({ name, columns }) => ({ name, schema: schemaOf(columns), metadata: true })),
    references: [],
    outputs,
    hosts,
  })
  const start = head.length
  const own = result.diagnostics
    .filter(({ span }) => span.start >= start)
    .map((each) => ({ ...each, span: { start: each.span.start - start, end: each.span.end - start } }))
  return { result, marks: marksOf(own, text, { dialect: 'kda' }), start }
}

export function schemaOf(columns: KdaInput['columns']): Schema {
  return {
    fields: columns.map(([name, type]) => ({ name, type: parseSqlType(type), nullable: true })),
  }
}

function shownStream({ outputs, pumps }: Program, start: number): string | undefined {
  const own = pumps.filter(({ span }) => span.start >= start)
  const selected = own.findLast(({ name }) => outputs.includes(name))
  if (selected !== undefined) return selected.name
  const read = new Set(pumps.flatMap(({ plan }) => streamsRead(plan)))
  const candidates = own.length === 0 ? pumps : own
  return candidates.findLast(({ target }) => !read.has(target))?.target ?? candidates.at(-1)?.target
}

/** Names of all streams below a node of a plan, whatever its kind. */
function streamsRead(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(streamsRead)
  if (typeof value !== 'object' || value === null) return []
  const own = 'kind' in value && value.kind === 'scan' && 'stream' in value ? [String(value.stream)] : []
  return [...own, ...Object.values(value).flatMap(streamsRead)]
}
