/**
 * Makes a failing case smaller while it still fails: fewer records, fewer pumps, simpler plans. Greedy, until no step
 * helps; the number of attempts is limited, since every attempt runs the case.
 */
import type { Expr, PlanNode, Program, Pump } from '../plan.ts'
import type { LawCase } from './trace.ts'

const attemptsMax = 2000

export function shrink(failing: LawCase, fails: (candidate: LawCase) => boolean): LawCase {
  let smallest = failing
  let attempts = 0
  for (let again = true; again; ) {
    again = false
    for (const candidate of candidates(smallest)) {
      if (attempts++ > attemptsMax) return smallest
      if (stillFails(candidate, fails)) {
        smallest = candidate
        again = true
        break
      }
    }
  }
  return smallest
}

/** A candidate that breaks in another way (a plan that is not valid) is not smaller, but different. */
function stillFails(candidate: LawCase, fails: (candidate: LawCase) => boolean): boolean {
  try {
    return fails(candidate)
  } catch {
    return false
  }
}

function* candidates(subject: LawCase): Generator<LawCase> {
  const { records, program, references } = subject
  for (let size = Math.ceil(records.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < records.length; at += size) {
      yield { ...subject, records: [...records.slice(0, at), ...records.slice(at + size)] }
    }
  }
  for (let i = program.pumps.length - 1; i >= 0; i--) yield { ...subject, program: withoutPump(program, i) }
  for (const [i, pump] of program.pumps.entries()) {
    for (const plan of simplerNodes(pump.plan))
      yield { ...subject, program: withPump(program, i, { ...pump, plan }) }
  }
  for (const [table, rows] of references) {
    for (let i = 0; i < rows.length; i++) {
      yield { ...subject, references: new Map([[table, rows.filter((_, at) => at !== i)]]) }
    }
  }
  for (const [i, record] of records.entries()) {
    for (let row = 0; row < record.rows.length; row++) {
      const fewer = { ...record, rows: record.rows.filter((_, at) => at !== row) }
      yield { ...subject, records: records.map((other, at) => (at === i ? fewer : other)) }
    }
  }
}

function withoutPump(program: Program, index: number): Program {
  const pumps = program.pumps.filter((_, i) => i !== index)
  const written = new Set(pumps.map(({ target }) => target))
  const streams = program.streams.filter(({ name, origin }) => origin === 'input' || written.has(name))
  return { ...program, pumps, streams, outputs: program.outputs.filter((name) => written.has(name)) }
}

function withPump(program: Program, index: number, pump: Pump): Program {
  return { ...program, pumps: program.pumps.map((other, i) => (i === index ? pump : other)) }
}

/** Variants of a plan with the same schema: a node left out, an expression replaced by one of its parts or by NULL. */
function* simplerNodes(node: PlanNode): Generator<PlanNode> {
  switch (node.kind) {
    case 'scan':
    case 'table-source':
      return
    case 'filter':
      yield node.input
      for (const predicate of simplerExprs(node.predicate)) yield { ...node, predicate }
      for (const input of simplerNodes(node.input)) yield { ...node, input }
      return
    case 'project':
      if (node.rowtime !== undefined) {
        yield { ...node, rowtime: undefined }
        for (const rowtime of simplerExprs(node.rowtime)) yield { ...node, rowtime }
      }
      for (const [i, expr] of node.exprs.entries()) {
        for (const simpler of simplerExprs(expr)) {
          yield { ...node, exprs: node.exprs.map((other, at) => (at === i ? simpler : other)) }
        }
      }
      for (const input of simplerNodes(node.input)) yield { ...node, input }
      return
    case 'lookup-join':
      if (node.residual !== undefined) {
        yield { ...node, residual: undefined }
        for (const residual of simplerExprs(node.residual)) yield { ...node, residual }
      }
      for (const input of simplerNodes(node.input)) yield { ...node, input }
      return
    case 'window-join':
      if (node.residual !== undefined) {
        yield { ...node, residual: undefined }
        for (const residual of simplerExprs(node.residual)) yield { ...node, residual }
      }
      for (const left of simplerNodes(node.left)) yield { ...node, left }
      for (const right of simplerNodes(node.right)) yield { ...node, right }
      return
    case 'over':
    case 'group':
    case 'rows':
      for (const input of simplerNodes(node.input)) yield { ...node, input }
      return
    case 'union':
      for (const [i, input] of node.inputs.entries()) {
        for (const simpler of simplerNodes(input)) {
          yield { ...node, inputs: node.inputs.map((other, at) => (at === i ? simpler : other)) }
        }
      }
  }
}

function* simplerExprs(expr: Expr): Generator<Expr> {
  if (expr.kind === 'literal') return
  yield { kind: 'literal', value: null, type: expr.type, nullable: true, span: expr.span }
  if (expr.kind !== 'call') return
  for (const arg of expr.args) if (JSON.stringify(arg.type) === JSON.stringify(expr.type)) yield arg
  for (const [i, arg] of expr.args.entries()) {
    // Units and keywords are literals already and stay.
    for (const simpler of simplerExprs(arg)) {
      yield { ...expr, args: expr.args.map((other, at) => (at === i ? simpler : other)) }
    }
  }
}
