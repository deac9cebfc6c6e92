/** Items of a select list: `*` multiplied out, and what each column is called. */
import type { Expr } from '../plan.ts'
import type { Span } from '../span.ts'
import type { SelectItem } from '../syntax/tree.ts'
import type { BinderContext } from './context.ts'
import { columnExpr, findSource, type Scope, visibleFields } from './scope.ts'

export type BoundItem =
  | { readonly expr: Expr; readonly name: string; readonly span: Span }
  | Extract<SelectItem, { kind: 'item' }>

/** `*` and `source.*`: all columns in the order of FROM; ROWTIME is not among them. */
export function expandStars(context: BinderContext, items: readonly SelectItem[], scope: Scope): BoundItem[] {
  const hidden = new Set([...scope.merged.values()].map((merged) => merged.hidden))
  return items.flatMap((item): BoundItem[] => {
    if (item.kind === 'item') return [item]
    const sources =
      item.source === undefined ? scope.sources : [findSource(scope, item.source, context.diagnostics)]
    return sources.flatMap((source) =>
      visibleFields(source).flatMap((field, i) => {
        if (item.source === undefined && hidden.has(source.offset + i)) return []
        const merged = item.source === undefined ? scope.merged.get(field.name) : undefined
        return [{ expr: merged?.expr ?? columnExpr(source, i, item.span), name: field.name, span: item.span }]
      }),
    )
  })
}

export function nameOf(item: BoundItem, index: number): string {
  if ('expr' in item) return item.name
  if (item.alias !== undefined) return item.alias.name
  return item.expression.kind === 'name' ? item.expression.parts.at(-1)!.name : `EXPR$${index}`
}
