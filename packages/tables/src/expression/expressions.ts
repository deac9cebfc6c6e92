/**
 * The expressions of one request, compiled in the order in which the service looks at them, so that a request with several
 * faults gets the same answer: update, condition, key condition, filter, projection, then what no expression used.
 */
import { invalidExpression } from '../values/request-error.ts'
import { bindCondition } from './bind-condition.ts'
import { bindUpdate } from './bind-update.ts'
import { Binder } from './binder.ts'
import type { Condition } from './condition-tree.ts'
import { describeClash } from './document-path.ts'
import { ItemCondition } from './item-condition.ts'
import { ItemProjection } from './item-projection.ts'
import { type KeyCondition, keyConditionOf } from './key-condition.ts'
import { parseCondition } from './parse-condition.ts'
import { parseProjection } from './parse-projection.ts'
import { parseUpdate } from './parse-update.ts'
import { type PlaceholderInput, Placeholders } from './placeholders.ts'
import { Update } from './update.ts'

export type ConditionParameter = 'ConditionExpression' | 'FilterExpression' | 'KeyConditionExpression'

/** Throws TableRequestError: TABLE_EXPRESSION_INVALID. */
export function compileCondition(
  text: string,
  placeholders: Placeholders,
  parameter: ConditionParameter = 'ConditionExpression',
): ItemCondition {
  return new ItemCondition(conditionTree(text, placeholders, parameter))
}

/** Throws TableRequestError: TABLE_EXPRESSION_INVALID, TABLE_VALUE_INVALID. */
export function compileKeyCondition(text: string, placeholders: Placeholders): KeyCondition {
  return keyConditionOf(conditionTree(text, placeholders, 'KeyConditionExpression'))
}

/** Throws TableRequestError: TABLE_EXPRESSION_INVALID. */
export function compileUpdate(text: string, placeholders: Placeholders): Update {
  new Binder('UpdateExpression', placeholders).assertSize(text)
  return new Update(bindUpdate(parseUpdate(text), placeholders))
}

/** Throws TableRequestError: TABLE_EXPRESSION_INVALID. */
export function compileProjection(text: string, placeholders: Placeholders): ItemProjection {
  const binder = new Binder('ProjectionExpression', placeholders)
  binder.assertSize(text)
  const nodes = parseProjection(text)
  binder.assertNoReservedWords(nodes)
  const paths = nodes.map((node) => binder.path(node))
  const clash = describeClash(paths)
  if (clash !== undefined) throw binder.invalid(clash)
  return new ItemProjection(paths)
}

function conditionTree(text: string, placeholders: Placeholders, parameter: ConditionParameter): Condition {
  new Binder(parameter, placeholders).assertSize(text)
  return bindCondition(parameter, parseCondition(parameter, text), placeholders)
}

export interface RequestExpressions extends PlaceholderInput {
  readonly UpdateExpression?: string | undefined
  readonly ConditionExpression?: string | undefined
  readonly KeyConditionExpression?: string | undefined
  readonly FilterExpression?: string | undefined
  readonly ProjectionExpression?: string | undefined
}

export interface CompiledExpressions {
  readonly update: Update | undefined
  readonly condition: ItemCondition | undefined
  readonly keyCondition: KeyCondition | undefined
  readonly filter: ItemCondition | undefined
  readonly projection: ItemProjection | undefined
}

/** Throws TableRequestError: TABLE_EXPRESSION_INVALID, TABLE_VALUE_INVALID. */
export function compileExpressions(request: RequestExpressions): CompiledExpressions {
  const placeholders = new Placeholders(request)
  const {
    UpdateExpression: update,
    ConditionExpression: condition,
    KeyConditionExpression: keyCondition,
    FilterExpression: filter,
    ProjectionExpression: projection,
  } = request
  const compiled = {
    update: update == null ? undefined : compileUpdate(update, placeholders),
    condition: condition == null ? undefined : compileCondition(condition, placeholders),
    keyTree:
      keyCondition == null ? undefined : conditionTree(keyCondition, placeholders, 'KeyConditionExpression'),
    filter: filter == null ? undefined : compileCondition(filter, placeholders, 'FilterExpression'),
    projection: projection == null ? undefined : compileProjection(projection, placeholders),
  }
  placeholders.assertAllUsed()
  const { keyTree, ...rest } = compiled
  return { ...rest, keyCondition: keyTree && keyConditionOf(keyTree) }
}

/** Which parameters of an operation are expressions, and which are of the older kind. */
export interface ExpressionParameters {
  readonly expressions: readonly string[]
  readonly older: readonly string[]
}

/**
 * That a request uses expressions or the older parameters, not both, and placeholders only with expressions. KeyConditions
 * may stand beside expressions that are no key conditions. Throws TableRequestError: TABLE_EXPRESSION_INVALID.
 */
export function assertOneForm(
  request: { readonly [parameter: string]: unknown },
  { expressions, older }: ExpressionParameters,
): void {
  const given = expressions.filter((parameter) => request[parameter] != null)
  const mixed = older.filter(
    (parameter) =>
      request[parameter] != null && (parameter !== 'KeyConditions' || request.KeyConditionExpression != null),
  )
  if (given.length > 0 && mixed.length > 0) {
    throw invalidExpression(
      'Can not use both expression and non-expression parameters in the same request: ' +
        `Non-expression parameters: {${mixed.join(', ')}} Expression parameters: {${given.join(', ')}}`,
    )
  }
  if (request.ExpressionAttributeNames != null && given.length === 0) {
    throw invalidExpression('ExpressionAttributeNames can only be specified when using expressions')
  }
  const valued = expressions.filter((parameter) => parameter !== 'ProjectionExpression')
  if (valued.length === 0 || request.ExpressionAttributeValues == null) return
  if (valued.some((parameter) => request[parameter] != null)) return
  throw invalidExpression(
    'ExpressionAttributeValues can only be specified when using expressions: ' +
      `${valued.join(' and ')} ${valued.length > 1 ? 'are' : 'is'} null`,
  )
}
