/**
 * Whether a KDA program can drop rows to error_stream, where Flink does something else (spec 4, errors). One note says so for
 * the whole program, at the first place: arithmetic that may overflow, divisors, conversions that may not fit, NOT NULL.
 */
import { isLossless } from '../expression/can-fail.ts'
import { visit } from '../expression/expr-tools.ts'
import { mapExprs, visitNodes } from '../expression/node-tools.ts'
import type { Expr, Program } from '../plan.ts'
import type { Span } from '../span.ts'
import type { NoteList } from './translation-note.ts'

const arithmetic: ReadonlySet<string> = new Set([
  '+',
  '-',
  '*',
  'NEGATE',
  'ABS',
  'POWER',
  'EXP',
  'LN',
  'LOG10',
])
const divisions: ReadonlySet<string> = new Set(['/', 'MOD', 'STEP'])
const numbers: ReadonlySet<string> = new Set([
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'DECIMAL',
  'REAL',
  'DOUBLE',
])

export function noteErrorRows(program: Program, notes: NoteList): void {
  let first: Span | undefined
  for (const { plan } of program.pumps)
    visitNodes(plan, (node) => {
      mapExprs(node, (expr) => {
        visit(expr, (part) => {
          if (drops(part) && (first === undefined || part.span.start < first.start)) first = part.span
        })
        return expr
      })
    })
  if (first === undefined) return
  notes.differs(
    first,
    'error_stream',
    'KDA SQL drops a row with a value that does not fit, an overflow or a division by zero, and reports it; Flink wraps integers around, makes NULL of DECIMALs, gives Infinity for DOUBLE, keeps longer texts, and otherwise ends the job.',
    'Guard such values by CASE, and send what fails to a table of its own.',
  )
}

function drops(part: Expr): boolean {
  if (part.kind !== 'call') return false
  const [from, divisor] = part.args
  if (part.fn.startsWith('PERIOD ')) return true
  if (arithmetic.has(part.fn)) return numbers.has(part.type.kind) && !isConstant(part)
  if (divisions.has(part.fn))
    return numbers.has(part.type.kind) && (divisor?.kind !== 'literal' || Number(divisor.value) === 0)
  if ((part.fn !== 'CAST' && part.fn !== 'ASSIGN') || from === undefined) return false
  if (from.nullable && !part.nullable) return true
  if (from.kind === 'literal' || part.type.kind === 'DOUBLE') return false
  if (!numbers.has(from.type.kind) || !numbers.has(part.type.kind))
    return part.fn === 'ASSIGN' && !isLossless(from.type, part.type)
  return !isLossless(from.type, part.type)
}

function isConstant(part: Expr): boolean {
  return part.kind === 'literal' || (part.kind === 'call' && part.args.every(isConstant))
}
