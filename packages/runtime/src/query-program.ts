/**
 * A query's program made ready to run: text -> bound plan -> optimized plan -> instance, and the schemas around it.
 * Everything that the program's text can get wrong is refused here, with the diagnostics of package sql.
 */

import {
  bindProgram,
  compileProgram,
  optimizeProgram,
  type Program,
  type QueryInstance,
  renderDiagnostics,
  SourceText,
} from '@millrace/sql'
import { type Field, type JsonColumn, parseSqlType, type Schema } from '@millrace/values'
import type { ColumnMapping, QueryStage } from './app-model.ts'
import { messageOf, RuntimeError, shown } from './errors.ts'
import type { Warnings } from './warnings.ts'

export interface MappedSchema {
  readonly schema: Schema
  readonly columns: readonly JsonColumn[]
}

/** The input stream's mapping, and the metadata columns behind it that the program reads. */
export interface InputSchema extends MappedSchema {
  readonly metadata: readonly Field[]
}

export interface QueryProgram {
  readonly input: InputSchema
  readonly references: readonly (MappedSchema & { readonly name: string; readonly file: string })[]
  readonly program: Program
}

export type Compile = (program: Program) => QueryInstance
export const compileQuery: Compile = (program) => compileProgram(program)

/** Error: QUERY_INVALID. Warnings of the binder go to `warnings`. */
export function bindQuery(stage: QueryStage, warnings: Warnings): QueryProgram {
  const place = `query "${stage.name}"`
  const input = mapSchema(`${place}, input`, stage.input.columns)
  const references = stage.references.map(({ name, file, columns }) => ({
    ...mapSchema(`${place}, reference "${name}"`, columns),
    name,
    file,
  }))
  const { text, fileName } = stage
  const { program, diagnostics } = bindProgram({
    text,
    fileName,
    dialect: stage.dialect,
    inputs: [{ name: stage.input.name, schema: input.schema, metadata: true }],
    references: references.map(({ name, schema }) => ({ name, schema })),
    outputs: stage.outputs.map(({ from }) => from),
    hosts: new Map((stage.functions ?? []).map((fn) => [fn.name.toUpperCase(), fn])),
  })
  const source = new SourceText(text, fileName)
  if (program === undefined) {
    throw new RuntimeError('QUERY_INVALID', {
      place,
      what: `its program was refused\n${renderDiagnostics(diagnostics, source)}\n`,
      next: 'Correct the program; nothing has been started',
    })
  }
  for (const diagnostic of diagnostics) {
    warnings.say(
      diagnostic.code,
      `${stage.name} ${diagnostic.span.start}`,
      renderDiagnostics([diagnostic], source),
    )
  }
  checkPartitionKeys(stage, program)
  const stream = program.streams.find(({ name }) => name === stage.input.name)
  const metadata = stream?.schema.fields.slice(input.schema.fields.length) ?? []
  return { input: { ...input, metadata }, references, program: optimizeProgram(program) }
}

export function outputSchema(program: Program, name: string): Schema | undefined {
  return program.streams.find((stream) => stream.name === name)?.schema
}

function mapSchema(place: string, mappings: readonly ColumnMapping[]): MappedSchema {
  const columns = mappings.map(({ name, type, path }) => {
    try {
      return { name, path, type: parseSqlType(type) }
    } catch (cause) {
      throw new RuntimeError('QUERY_INVALID', {
        place: `${place}, column "${name}"`,
        what: messageOf(cause),
        value: shown(type),
        next: 'Correct the type',
        cause,
      })
    }
  })
  return { columns, schema: { fields: columns.map(({ name, type }) => ({ name, type, nullable: true })) } }
}

function checkPartitionKeys(stage: QueryStage, program: Program): void {
  for (const { from, partitionKey } of stage.outputs) {
    if (partitionKey === undefined) continue
    const names = outputSchema(program, from)?.fields.map((field) => field.name) ?? []
    if (names.some((name) => sameColumn(name, partitionKey))) continue
    throw new RuntimeError('QUERY_INVALID', {
      place: `query "${stage.name}", output "${from}", partitionKey`,
      what: 'the in-application stream has no such column',
      value: shown(partitionKey),
      allowed: names.join(', '),
      next: 'Name one of its columns, or leave it out to keep the key of the source record',
    })
  }
}

/** As the program's author may have written it with or without quotes. */
export function sameColumn(declared: string, wanted: string): boolean {
  return declared === wanted || declared === wanted.toUpperCase()
}
