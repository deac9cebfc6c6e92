/** SQL expressions from text to value, listed in cases/expressions.txt: the parser, the binder and the table together. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bindProgram } from '../binder/bind-program.ts'
import { renderDiagnostics } from '../diagnostic/render.ts'
import { plainText, SqlRuntimeError } from '../functions/index.ts'
import { interpretExpr } from '../interpreter/expression.ts'
import { optimizeProgram } from '../optimizer/optimize.ts'
import type { PlanNode, Program, SqlValue } from '../plan.ts'
import { SourceText } from '../syntax/source-text.ts'
import { decimal, field, types, varchar } from './plan-builder.ts'

const schema = {
  fields: [
    field('I', types.integer),
    field('D', decimal(9, 2)),
    field('X', types.double),
    field('T', varchar(20)),
    field('TS', types.timestamp),
    field('NI', types.integer),
    field('NT', varchar(20)),
    field('B', types.boolean),
  ],
}
const row: SqlValue[] = [
  7,
  250n,
  0.5,
  'Hello World',
  Date.UTC(2004, 8, 27, 22, 49, 10, 500),
  null,
  null,
  true,
]
const rowtime = Date.UTC(2024, 0, 1, 10)

const lines = readFileSync(join(import.meta.dirname, 'cases', 'expressions.txt'), 'utf8').split('\n')
const examples = lines
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split(' => '))

test.each(examples)('%s is %s', (expression, expected) => {
  const program = bind(`SELECT STREAM ${expression} AS V FROM S`)
  expect(valueText(program)).toBe(expected)
  expect(valueText(optimizeProgram(program)), 'optimized').toBe(expected)
})

/** A bare select is an anonymous output. */
function bind(text: string): Program {
  const inputs = [{ name: 'S', schema }]
  const { program, diagnostics } = bindProgram({
    text,
    fileName: 'q',
    dialect: 'kda',
    inputs,
    references: [],
    outputs: [],
  })
  if (program === undefined) throw new Error(renderDiagnostics(diagnostics, new SourceText(text, 'q')))
  return program
}

function valueText(program: Program): string {
  const plan = program.pumps[0]!.plan
  let value: SqlValue
  try {
    value = evaluate(plan)[0]!
  } catch (error) {
    if (error instanceof SqlRuntimeError) return error.name
    throw error
  }
  if (value === null) return 'null'
  const { type } = plan.schema.fields[0]!
  const shown = plainText(value, type)
  const quoted =
    type.kind === 'VARCHAR' || type.kind === 'CHAR' || type.kind === 'TIMESTAMP' || type.kind === 'DATE'
  return quoted ? JSON.stringify(shown) : shown
}

/** The row through the projections of a plan over S. */
function evaluate(plan: PlanNode): SqlValue[] {
  if (plan.kind === 'scan') return row
  if (plan.kind !== 'project') throw new Error(`a projection expected, not ${plan.kind}`)
  const input = evaluate(plan.input)
  return plan.exprs.map((expr) => interpretExpr(expr, input, rowtime))
}
