/**
 * UNION, INTERSECT and EXCEPT, with and without ALL, and VALUES (spec 3.6): branches meet in common types.
 */
import { type Field, formatFlinkType, type SqlType } from '@millrace/values'
import { castTo } from '../../binder/make-call.ts'
import { codes } from '../../diagnostic/codes.ts'
import { flinkCommonType } from '../../functions/index.ts'
import type { Expr } from '../../plan.ts'
import type { SetQuery, ValuesQuery } from '../../syntax/tree.ts'
import type { ChangelogNode } from '../plan.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import type { FlinkContext } from './context.ts'
import {
  columnsOfNode,
  makeAggregate,
  makeProject,
  makeSetOperation,
  makeUnion,
  makeValues,
  namesOf,
} from './nodes.ts'
import { stateTtl } from './settings.ts'

export function bindSet(context: FlinkContext, query: SetQuery): ChangelogNode {
  const { span, op, all } = query
  const branches = inCommonTypes(
    context,
    query,
    query.branches.map((branch) => context.bind.query(context, branch)),
  )
  if (op === 'UNION') {
    const union = makeUnion(branches, span)
    if (all) return union
    const keys = union.schema.fields.map((_, i) => i)
    return makeAggregate({ input: union, keys, calls: [], ttl: stateTtl(context, span), span })
  }
  const kind = op === 'INTERSECT' ? 'intersect' : 'except'
  return branches.reduce((left, right) => makeSetOperation({ op: kind, all, left, right, span }))
}

function inCommonTypes(
  context: FlinkContext,
  query: SetQuery,
  branches: readonly ChangelogNode[],
): ChangelogNode[] {
  const { diagnostics } = context.base
  const first = branches[0]!
  const what = `${query.op}${query.all ? ' ALL' : ''}`
  const types = first.schema.fields.map((field) => field.type)
  for (const branch of branches.slice(1)) {
    const { fields } = branch.schema
    const notes = [{ span: first.span, message: `the first branch has ${types.length} columns` }]
    if (fields.length !== types.length) {
      diagnostics.fail(
        codes.unionMismatch,
        branch.span,
        `this branch of ${what} has ${fields.length} columns, the first one ${types.length}. Select equally many.`,
        notes,
      )
    }
    for (const [i, field] of fields.entries()) {
      const type = flinkCommonType(types[i]!, field.type)
      if (type !== undefined) types[i] = type
      else {
        diagnostics.fail(
          codes.unionMismatch,
          branch.span,
          `column ${i + 1} is ${formatFlinkType(field.type)} here and ${formatFlinkType(types[i]!)} in the branches before it in ${what}. Cast one of them.`,
          notes,
        )
      }
    }
  }
  const names = namesOf(first)
  return branches.map((branch) => {
    const columns = columnsOfNode(branch, branch.span)
    const exprs = columns.map((column, i) => castTo(context.base, column, types[i]!))
    const asIs = exprs.every((expr, i) => expr === columns[i]) && branch === first
    return asIs ? branch : makeProject(branch, exprs, names, branch.span)
  })
}

/** Constant rows; their columns are called EXPR$0, EXPR$1, ... */
export function bindValues(context: FlinkContext, query: ValuesQuery): ChangelogNode {
  const { diagnostics } = context.base
  const env = {
    scope: { sources: [], rowtime: undefined, merged: new Map() },
    sink: undefined,
    clause: 'VALUES',
  }
  const rows = query.rows.map((row) => row.map((value) => bindFlinkExpression(context, env, value)))
  const [first] = rows
  if (first === undefined) return makeValues([], [], query.span)
  const types = first.map((value) => value.type)
  for (const [r, row] of rows.entries()) {
    if (row.length !== types.length) {
      diagnostics.fail(
        codes.unionMismatch,
        query.span,
        `row ${r + 1} of VALUES has ${row.length} values, the first one ${types.length}. Give every row the same columns.`,
      )
    }
    for (const [i, value] of row.entries()) {
      const type = flinkCommonType(types[i]!, value.type)
      if (type !== undefined) types[i] = widest(types[i]!, type)
      else {
        diagnostics.fail(
          codes.unionMismatch,
          value.span,
          `column ${i + 1} of VALUES is ${formatFlinkType(value.type)} here and ${formatFlinkType(types[i]!)} in the rows before. Cast one of them.`,
        )
      }
    }
  }
  const typed: Expr[][] = rows.map((row) => row.map((value, i) => castTo(context.base, value, types[i]!)))
  const fields = types.map(
    (type, i): Field => ({ name: `EXPR$${i}`, type, nullable: typed.some((row) => row[i]!.nullable) }),
  )
  return makeValues(typed, fields, query.span)
}

/** Texts of a program are CHAR of their length; in one column they are VARCHAR unless they are equally long. */
function widest(before: SqlType, common: SqlType): SqlType {
  if (common.kind === 'CHAR' && before.kind === 'CHAR' && before.length !== common.length)
    return { kind: 'VARCHAR', length: common.length }
  return common
}
