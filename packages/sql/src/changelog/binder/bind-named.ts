/** Tables, views and WITH tables by their names. */
import { codes } from '../../diagnostic/codes.ts'
import { didYouMean } from '../../diagnostic/spelling.ts'
import type { Identifier, NamedSource } from '../../syntax/tree.ts'
import type { ChangelogNode } from '../plan.ts'
import { bindTable } from './bind-table.ts'
import type { BoundFrom, FlinkContext } from './context.ts'
import { optionHints } from './hints.ts'
import { named } from './scopes.ts'

/** A table, a view or a WITH table by its name. */
export function bindNamed(context: FlinkContext, source: NamedSource): BoundFrom {
  const name = source.name.at(-1)!
  const node = relationNode(context, source, name)
  return named(context, node, source.alias?.name ?? name.name, source.columns, source.span)
}

function relationNode(context: FlinkContext, source: NamedSource, name: Identifier): ChangelogNode {
  const hints = optionHints(context, source.hints)
  const cte = source.name.length === 1 ? context.ctes.findLast((level) => level.has(name.name)) : undefined
  const relation = context.relations.get(name.name)
  if (cte === undefined && relation === undefined) return failUnknown(context, name)
  if (cte === undefined && relation?.kind === 'table')
    return bindTable(context, relation.table, hints, source.span)
  if (hints !== undefined) {
    context.base.diagnostics.fail(
      codes.badOption,
      source.span,
      `\`${name.name}\` is ${cte === undefined ? 'a view' : 'a query of WITH'} and has no options. Put the OPTIONS hint behind the table inside it.`,
    )
  }
  const node = cte?.get(name.name) ?? (relation?.kind === 'view' ? relation.node : undefined)
  return node ?? failUnknown(context, name)
}

function failUnknown(context: FlinkContext, name: Identifier): never {
  if (context.faulty.has(name.name)) return context.base.diagnostics.abandon()
  const known = [...context.ctes.flatMap((level) => [...level.keys()]), ...context.relations.keys()]
  const otherCase = known.find((each) => each.toUpperCase() === name.name.toUpperCase())
  const advice =
    otherCase === undefined
      ? didYouMean(name.name, known)
      : ` Did you mean "${otherCase}"? Names count with their case.`
  return context.base.diagnostics.fail(
    codes.unknownRelation,
    name.span,
    `there is no table or view \`${name.name}\`.${advice} Known: ${known.map((each) => `\`${each}\``).join(', ') || 'none'}. A table has to be created before it is used.`,
  )
}
