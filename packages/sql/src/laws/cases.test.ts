/**
 * Runs the case files: the plain plan and the optimized one, in one micro-batch and record by record, interpreted and
 * compiled, must give what the file says. `UPDATE_CASES=1` writes what the plain plan gives into files without an expectation, for a person to review.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bindProgram } from '../binder/bind-program.ts'
import { renderDiagnostics } from '../diagnostic/render.ts'
import { compileProgram } from '../engine/compile-program.ts'
import { explainProgram } from '../explain.ts'
import { batchToRows, rowsToBatch } from '../interpreter/bridge.ts'
import { Interpreter, type InterpreterInput, type InterpreterResult } from '../interpreter/interpreter.ts'
import { optimizeProgram } from '../optimizer/optimize.ts'
import type { Program } from '../plan.ts'
import { SourceText } from '../syntax/source-text.ts'
import { type CaseFile, expectedText, parseCase } from './case-file.ts'
import { rowsByStream } from './random-rows.ts'
import type { Trace, TraceRow } from './trace.ts'

const folder = join(import.meta.dirname, 'cases')
const files = readdirSync(folder).filter((name) => name.endsWith('.case'))

for (const name of files) {
  const content = readFileSync(join(folder, name), 'utf8')
  const subject = parseCase(content)
  test(`${name}: ${subject.title.replaceAll('\n', ' ')}`, () => {
    const program = bind(subject, name)
    const schemas = new Map(program.streams.map((stream) => [stream.name, stream.schema]))
    const plain = expectedText(run(subject, program), schemas)
    if (subject.expected === '' && process.env.UPDATE_CASES === '1') {
      writeFileSync(join(folder, name), `${content.trimEnd()}\n${plain}\n`)
    } else expect(plain).toBe(subject.expected)
    expect(expectedText(run(subject, optimizeProgram(program)), schemas), 'optimized').toBe(plain)
    for (const each of [program, optimizeProgram(program)])
      expect(explainProgram(each)).not.toMatch(/undefined|\[object|NaN/)
    expect(expectedText(run(recordByRecord(subject), program), schemas), 'record by record').toBe(plain)
    expect(expectedText(run(subject, program, compiled), schemas), 'compiled').toBe(plain)
    expect(
      expectedText(run(recordByRecord(subject), optimizeProgram(program), compiled), schemas),
      'optimized, compiled, record by record',
    ).toBe(plain)
  })
}

function bind(subject: CaseFile, fileName: string): Program {
  const bound = (outputs: readonly string[]) =>
    bindProgram({
      text: subject.text,
      fileName,
      dialect: 'kda',
      inputs: subject.inputs,
      references: subject.references.map(({ name, schema }) => ({ name, schema })),
      outputs,
    })
  // Every declared stream is an output, so that a case shows the steps between.
  const first = bound([])
  const declared = first.program?.streams
    .filter(({ origin }) => origin === 'declared')
    .map((stream) => stream.name)
  const { program, diagnostics } = declared === undefined ? first : bound(declared)
  if (program === undefined)
    throw new Error(renderDiagnostics(diagnostics, new SourceText(subject.text, fileName)))
  return program
}

/** How a program runs: answers a micro-batch of rows. */
type Start = (program: Program, subject: CaseFile) => (input: InterpreterInput) => InterpreterResult

const interpreted: Start = (program, { references }) => {
  const interpreter = new Interpreter(program)
  for (const { name, rows } of references) interpreter.setReference(name, rows)
  return (input) => interpreter.process(input)
}

const compiled: Start = (program, { references }) => {
  const instance = compileProgram(program)
  const schemas = new Map(program.streams.map(({ name, schema }) => [name, schema]))
  for (const { name, schema, rows } of references) {
    instance.setReference(
      name,
      rowsToBatch(
        rows.map((values) => ({ values, rowtime: 0, origin: 0 })),
        schema,
      ),
    )
  }
  return ({ inputs, records, bound }) => {
    const batches = [...inputs].map(([name, rows]) => [name, rowsToBatch(rows, schemas.get(name)!)] as const)
    const result = instance.process({ inputs: new Map(batches), records, bound })
    const outputs = [...result.outputs].map(
      ([name, batch]) => [name, batchToRows(batch, schemas.get(name)!)] as const,
    )
    return {
      outputs: new Map(outputs),
      errors: result.errors,
      outcomes: result.outcomes.slice(0, records),
    }
  }
}

function run(subject: CaseFile, program: Program, start: Start = interpreted): Trace {
  const process = start(program, subject)
  const outputs = new Map<string, TraceRow[]>(program.outputs.map((name) => [name, []]))
  const errors = []
  const outcomes = []
  let first = 0
  for (const { records, bound } of subject.batches) {
    const result = process({ inputs: rowsByStream(records), records: records.length, bound })
    const recordOf = (origin: number) => (origin < 0 || origin >= records.length ? -1 : first + origin)
    for (const [name, rows] of result.outputs) {
      outputs.get(name)!.push(...rows.map((row) => ({ ...row, record: recordOf(row.origin) })))
    }
    errors.push(...result.errors.map(({ name, pump, origin }) => ({ name, pump, record: recordOf(origin) })))
    outcomes.push(...result.outcomes)
    first += records.length
  }
  return { outputs, errors, outcomes }
}

function recordByRecord(subject: CaseFile): CaseFile {
  const batches = subject.batches.flatMap(({ records, bound }) => [
    ...records.map((record) => ({ records: [record], bound: Number.NEGATIVE_INFINITY })),
    { records: [], bound },
  ])
  return { ...subject, batches }
}
