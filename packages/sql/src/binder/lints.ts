/**
 * Warnings about programs that are valid but probably not meant: values that may not fit their column, streams that
 * nobody reads or writes, state without bound.
 */
import { codes } from '../diagnostic/codes.ts'
import type { DiagnosticList } from '../diagnostic/diagnostic.ts'
import { isLossless } from '../expression/can-fail.ts'
import { visit } from '../expression/expr-tools.ts'
import { inputsOf } from '../expression/node-tools.ts'
import { familyOf, typeText } from '../functions/types.ts'
import type { Expr, PlanNode, Program } from '../plan.ts'
import { readsOf } from './order-pumps.ts'

export function lintProgram(program: Program, diagnostics: DiagnosticList): void {
  const read = new Set<string>()
  for (const pump of program.pumps) {
    readsOf(pump.plan, read)
    lintNode(pump.plan, diagnostics)
    lintAssignments(pump.plan, program, pump.target, diagnostics)
  }
  const written = new Set(program.pumps.map((pump) => pump.target))
  for (const stream of program.streams) {
    if (stream.origin === 'input') continue
    const isOutput = program.outputs.includes(stream.name)
    const writer = program.pumps.find((pump) => pump.target === stream.name)
    if (writer !== undefined && !read.has(stream.name) && !isOutput) {
      diagnostics.report(
        codes.nobodyReads,
        writer.span,
        `the pump "${writer.name}" fills "${stream.name}", which nothing reads and which is no output. Add it to the outputs, or remove the pump.`,
      )
    }
    if (!written.has(stream.name) && (read.has(stream.name) || isOutput)) {
      const reader = program.pumps.find((pump) => readsOf(pump.plan).has(stream.name))
      diagnostics.report(
        codes.nobodyWrites,
        reader?.span ?? { start: 0, end: 0 },
        `no pump writes "${stream.name}", so nothing will ever come out of it. Add CREATE PUMP ... AS INSERT INTO "${stream.name}" ....`,
      )
    }
  }
}

/** DECIMAL and text that are wider than their column: the usual source of rows on the error stream. */
function lintAssignments(
  plan: PlanNode,
  program: Program,
  target: string,
  diagnostics: DiagnosticList,
): void {
  if (plan.kind !== 'project') return
  const fields = program.streams.find((stream) => stream.name === target)?.schema.fields ?? []
  for (const [i, expr] of plan.exprs.entries()) {
    if (expr.kind !== 'call' || expr.fn !== 'ASSIGN') continue
    const from = expr.args[0]!.type
    const family = familyOf(from)
    const checked =
      family === 'text' ||
      family === 'binary' ||
      from.kind === 'DECIMAL' ||
      (expr.type.kind === 'DECIMAL' && family === 'numeric')
    if (!checked || losesOnlyScale(from, expr.type) || isLossless(from, expr.type)) continue
    const isCut = family === 'text' || family === 'binary'
    const advice = isCut
      ? `Widen the column, or cut the value with CAST(... AS ${typeText(expr.type)})`
      : 'Widen the column'
    diagnostics.report(
      codes.narrowing,
      expr.span,
      `this value is ${typeText(from)}, the column "${fields[i]?.name ?? i}" of "${target}" ${typeText(expr.type)}; rows that do not fit go to the error stream. ${advice}.`,
    )
  }
}

/** Rounding digits after the point away is what a narrower scale asks for; nothing can go to the error stream. */
function losesOnlyScale(from: Expr['type'], to: Expr['type']): boolean {
  // One digit is left over for rounding up.
  return (
    from.kind === 'DECIMAL' && to.kind === 'DECIMAL' && from.precision - from.scale < to.precision - to.scale
  )
}

function lintNode(node: PlanNode, diagnostics: DiagnosticList): void {
  if (node.kind === 'over') {
    for (const { frame, partition, calls } of node.windows) {
      const span = calls[0]?.span ?? node.span
      const isPartitioned = partition.some((key) => !isConstant(key))
      if (frame.preceding === Number.POSITIVE_INFINITY) {
        // One running value is no burden; one for each value that ever came is, and so is a list of distinct values.
        if (!isPartitioned && !calls.some((call) => call.distinct)) continue
        diagnostics.report(
          codes.unboundedState,
          span,
          "this window keeps what it counts for ever, for every value that ever came. Give it a size: RANGE INTERVAL '1' HOUR PRECEDING.",
        )
      } else if (frame.kind === 'rows' && isPartitioned) {
        diagnostics.report(
          codes.unboundedState,
          span,
          "a ROWS window keeps its last rows for every value of PARTITION BY that ever came. Where values do not repeat, use RANGE INTERVAL '1' HOUR PRECEDING, which forgets them.",
        )
      }
    }
  }
  if (node.kind === 'rows' && node.operator.kind === 'distinct' && node.operator.moving.length === 0) {
    diagnostics.report(
      codes.unboundedState,
      node.span,
      'this DISTINCT remembers every combination for ever, because ROWTIME itself does not count for comparing. Add for example FLOOR(s.ROWTIME TO HOUR) to the list.',
    )
  }
  for (const input of inputsOf(node)) lintNode(input, diagnostics)
}

function isConstant(expr: Expr): boolean {
  let constant = true
  visit(expr, (part) => {
    if (part.kind === 'column' || part.kind === 'rowtime') constant = false
  })
  return constant
}
