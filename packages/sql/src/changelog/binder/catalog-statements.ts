/**
 * Statements that change the catalog, or look something up in it: functions, DROP, ALTER TABLE, SET, and whether a name is
 * free. CREATE TABLE and VIEW are in session.ts, as they may make programs.
 */
import { isBuiltInAggregate } from '../../binder/bind-flink-forms.ts'
import { codes } from '../../diagnostic/codes.ts'
import { didYouMean } from '../../diagnostic/spelling.ts'
import { lookupScalar } from '../../functions/index.ts'
import type { HostFunction } from '../../host-function.ts'
import type {
  AlterTable,
  CreateHostFunction,
  DropStatement,
  Identifier,
  SetStatement,
} from '../../syntax/tree.ts'
import type { FlinkCatalog } from './catalog.ts'
import { checkSetting } from './check-setting.ts'
import type { FlinkContext, FlinkRelation } from './context.ts'
import { findHost } from './host-names.ts'
import { checkOption } from './table-options.ts'

export function createFunction(
  catalog: FlinkCatalog,
  context: FlinkContext,
  statement: CreateHostFunction,
): void {
  const { diagnostics } = context.base
  const { functions } = catalog
  const name = statement.name.name.toUpperCase()
  if (lookupScalar(name, 'flink') !== undefined || isBuiltInAggregate(name))
    diagnostics.fail(
      codes.duplicateName,
      statement.name.span,
      `${name} is a function of Flink SQL. Choose another name.`,
    )
  const host = hostOf(catalog, context, statement)
  const before = functions.get(name)
  if (before !== undefined && before !== host && !statement.ifNotExists)
    diagnostics.fail(
      codes.duplicateName,
      statement.name.span,
      `the function ${statement.name.name} exists already. Write DROP FUNCTION ${statement.name.name} before, or IF NOT EXISTS.`,
    )
  if (before === undefined) functions.set(name, host)
}

function hostOf(catalog: FlinkCatalog, context: FlinkContext, statement: CreateHostFunction): HostFunction {
  const { registered } = catalog
  const found = findHost(registered, statement.identifier)
  const [host] = found
  if (host !== undefined && found.length === 1) return host
  const known = [...registered.values()].map((each) => each.name)
  return context.base.diagnostics.fail(
    codes.unknownFunction,
    statement.span,
    host === undefined
      ? `the host has registered no function '${statement.identifier}'.${didYouMean(statement.identifier, known)} Registered: ${known.join(', ') || 'none'}.`
      : `'${statement.identifier}' may be ${found.map((each) => each.name).join(' or ')}. Write the whole name.`,
  )
}

export function dropObject(catalog: FlinkCatalog, context: FlinkContext, statement: DropStatement): void {
  const { relations, functions } = catalog
  const { name } = statement.name
  if (statement.what === 'FUNCTION') {
    if (functions.delete(name.toUpperCase())) catalog.changed()
    else if (statement.ifExists !== true) failUnknown(context, 'function', statement.name, functions.keys())
    return
  }
  const kind = statement.what === 'VIEW' ? 'view' : 'table'
  const relation = relations.get(name)
  if (relation?.kind === kind) {
    relations.delete(name)
    catalog.changed()
    return
  }
  if (relation === undefined && statement.ifExists === true) return
  const known = [...relations].flatMap(([each, { kind: of }]) => (of === kind ? [each] : []))
  failUnknown(context, kind, statement.name, known)
}

export function alterTable(catalog: FlinkCatalog, context: FlinkContext, statement: AlterTable): void {
  const { relations } = catalog
  const relation = findRelation(catalog, context, statement.name)
  if (relation.kind === 'view')
    context.base.diagnostics.fail(
      codes.unknownObject,
      statement.name.span,
      `\`${statement.name.name}\` is a view. ALTER TABLE changes tables; drop the view and create it anew.`,
    )
  else {
    const options: Record<string, string> = { ...relation.table.options }
    for (const { name, value, span } of statement.set) {
      checkOption(context, name, value, span)
      options[name] = value
    }
    for (const name of statement.reset) delete options[name]
    const { rename } = statement
    if (rename !== undefined) {
      isFree(catalog, context, rename, false)
      relations.delete(relation.table.name)
    }
    const name = rename?.name ?? relation.table.name
    relations.set(name, { kind: 'table', table: { ...relation.table, name, options } })
    catalog.changed()
  }
}

/** Whether the settings are to be listed. */
export function changeSetting(
  catalog: FlinkCatalog,
  context: FlinkContext,
  statement: SetStatement,
): boolean {
  const { settings } = catalog
  const { act, key, value } = statement
  if (act === 'SET' && key === undefined) return true
  if (act === 'SET' && key !== undefined) {
    checkSetting(context, key, value ?? '', statement.span)
    settings.set(key, value ?? '')
  } else if (key === undefined) settings.clear()
  else settings.delete(key)
  catalog.changed()
  return false
}

export function findRelation(catalog: FlinkCatalog, context: FlinkContext, name: Identifier): FlinkRelation {
  const relation = catalog.relations.get(name.name)
  return relation ?? failUnknown(context, 'table or view', name, catalog.relations.keys())
}

function failUnknown(context: FlinkContext, kind: string, name: Identifier, known: Iterable<string>): never {
  if (context.faulty.has(name.name)) return context.base.diagnostics.abandon()
  const names = [...known]
  return context.base.diagnostics.fail(
    codes.unknownObject,
    name.span,
    `there is no ${kind} \`${name.name}\` at this place of the program.${didYouMean(name.name, names)} Known: ${names.map((each) => `\`${each}\``).join(', ') || 'none'}.`,
  )
}

/** Whether a name can be given; false where IF NOT EXISTS leaves what there is. */
export function isFree(
  catalog: FlinkCatalog,
  context: FlinkContext,
  name: Identifier,
  ifNotExists: boolean,
): boolean {
  const relation = catalog.relations.get(name.name)
  if (relation === undefined || (relation.kind === 'table' && catalog.isGiven(relation.table))) return true
  if (ifNotExists) return false
  return context.base.diagnostics.fail(
    codes.duplicateName,
    name.span,
    `the ${relation.kind} \`${name.name}\` exists already. Choose another name, or drop it before.`,
  )
}
