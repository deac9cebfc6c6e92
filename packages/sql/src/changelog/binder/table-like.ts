/**
 * CREATE TABLE ... LIKE source: what the new table takes over. Physical columns always come along. Without rules all the rest
 * does too, options being overwritten; a rule on one part goes before a rule on ALL.
 */
import { codes } from '../../diagnostic/codes.ts'
import { didYouMean } from '../../diagnostic/spelling.ts'
import { columnsOf, mapColumns } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import type { CreateTable } from '../../syntax/tree.ts'
import type { TableColumnInfo, TableInfo } from '../plan.ts'
import { sourceColumns } from './bind-table.ts'
import type { FlinkContext } from './context.ts'

type Rule = NonNullable<CreateTable['like']>['rules'][number]

export interface Inherited {
  readonly columns: readonly TableColumnInfo[]
  readonly primaryKey: readonly string[] | undefined
  readonly watermark: TableInfo['watermark']
  readonly partitionedBy: readonly string[]
  readonly options: Readonly<Record<string, string>>
  readonly overwritesOptions: boolean
  /** Whether a column of the new table may stand in the place of one that came along. */
  mayReplace(old: TableColumnInfo, by: TableColumnInfo): boolean
}

export function inheritTable(context: FlinkContext, statement: CreateTable): Inherited {
  const like = statement.like!
  const { name, span } = like.source
  const relation = context.relations.get(name)
  if (relation === undefined && context.faulty.has(name)) return context.base.diagnostics.abandon()
  if (relation?.kind !== 'table') {
    const tables = [...context.relations.values()].flatMap((each) =>
      each.kind === 'table' ? [each.table.name] : [],
    )
    return context.base.diagnostics.fail(
      codes.unknownRelation,
      span,
      relation === undefined
        ? `there is no table \`${name}\` to take columns from.${didYouMean(name, tables)} Known: ${tables.join(', ') || 'none'}.`
        : `\`${name}\` is a view; LIKE takes over a table. Write CREATE VIEW, or name a table.`,
    )
  }
  const base = relation.table
  const ruleOf = (what: Rule['what']): Rule['act'] =>
    like.rules.findLast((rule) => rule.what === what)?.act ??
    like.rules.findLast((rule) => rule.what === 'ALL')?.act ??
    (what === 'OPTIONS' ? 'OVERWRITING' : 'INCLUDING')
  const takes = (what: Rule['what']): boolean => ruleOf(what) !== 'EXCLUDING'
  const kept = base.columns.filter((column) =>
    column.computed !== undefined ? takes('GENERATED') : column.metadata === undefined || takes('METADATA'),
  )
  const columns = takes('METADATA') ? kept : withoutMetadata(context, statement, base, kept)
  const { watermark } = base
  const watermarkFits =
    watermark !== undefined && columns.length === base.columns.length && takes('WATERMARKS')
  return {
    columns,
    primaryKey: takes('CONSTRAINTS') ? base.primaryKey : undefined,
    // An own watermark takes the place of the inherited one where the rule allows it.
    watermark:
      statement.watermark !== undefined
        ? overriddenWatermark(context, statement, watermarkFits, ruleOf('WATERMARKS'))
        : watermarkFits
          ? watermark
          : undefined,
    partitionedBy: takes('PARTITIONS') ? base.partitionedBy : [],
    options: takes('OPTIONS') ? base.options : {},
    overwritesOptions: ruleOf('OPTIONS') === 'OVERWRITING',
    mayReplace: (old, by) =>
      (old.computed !== undefined && by.computed !== undefined && ruleOf('GENERATED') === 'OVERWRITING') ||
      (old.metadata !== undefined && by.metadata !== undefined && ruleOf('METADATA') === 'OVERWRITING'),
  }
}

function overriddenWatermark(
  context: FlinkContext,
  statement: CreateTable,
  inherited: boolean,
  act: Rule['act'],
): undefined {
  if (!inherited || act !== 'INCLUDING') return undefined
  return context.base.diagnostics.fail(
    codes.badWatermark,
    statement.watermark!.span,
    'the table has a watermark from the LIKE clause already. Write OVERWRITING WATERMARKS or EXCLUDING WATERMARKS there to set another.',
  )
}

/** Computed columns count columns without the metadata columns that were left out. */
function withoutMetadata(
  context: FlinkContext,
  statement: CreateTable,
  base: TableInfo,
  kept: readonly TableColumnInfo[],
): readonly TableColumnInfo[] {
  const before = sourceColumns(base)
  const after = kept.filter((column) => column.computed === undefined)
  const place = before.map((column) => after.indexOf(column))
  return kept.map((column): TableColumnInfo => {
    const expr: Expr | undefined = column.computed
    if (expr === undefined) return column
    const missing = [...columnsOf(expr)].find((index) => place[index]! < 0)
    if (missing !== undefined) {
      context.base.diagnostics.fail(
        codes.unknownColumn,
        statement.like!.source.span,
        `EXCLUDING METADATA leaves out \`${before[missing]!.name}\`, which the computed column \`${column.name}\` reads. Write EXCLUDING GENERATED as well.`,
      )
    }
    return { ...column, computed: mapColumns(expr, (index) => place[index]!) }
  })
}
