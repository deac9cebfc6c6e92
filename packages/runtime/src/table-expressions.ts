/** Expressions and values of app code, compiled for the engine of tables. Values are plain ones of JavaScript. */
import type { SortRange } from '@millrace/store'
import {
  compileExpressions,
  type ItemTest,
  itemToJson,
  marshalValue,
  type TypedItem,
  type Update,
} from '@millrace/tables'
import type { SortKeyCondition, WriteCondition } from './function-api.ts'

export interface CompiledWrite {
  readonly when: ItemTest | undefined
  readonly update: Update | undefined
}

/** Errors: TableRequestError. */
export function compileWrite(settings: WriteCondition | undefined, update?: string): CompiledWrite {
  const { condition, ...placeholders } = settings ?? {}
  const compiled = compileExpressions({
    ConditionExpression: condition,
    UpdateExpression: update,
    ...placeholderInput(placeholders),
  })
  const test = compiled.condition
  return { when: test && ((item) => test.holds(item)), update: compiled.update }
}

export function compileFilter(
  filter: string | undefined,
  placeholders: Omit<WriteCondition, 'condition'>,
): ((item: TypedItem) => boolean) | undefined {
  const compiled = compileExpressions({ FilterExpression: filter, ...placeholderInput(placeholders) })
  const test = compiled.filter
  return test && ((item) => test.holds(item))
}

function placeholderInput({ names, values }: Omit<WriteCondition, 'condition'>): object {
  return {
    ...(names === undefined ? {} : { ExpressionAttributeNames: names }),
    ...(values === undefined
      ? {}
      : {
          ExpressionAttributeValues: Object.fromEntries(
            Object.entries(values).map(([reference, value]) => [reference, marshalValue(value, reference)]),
          ),
        }),
  }
}

export function sortRange({ eq, gt, gte, lt, lte, beginsWith }: SortKeyCondition): SortRange {
  const from = eq ?? gte ?? gt
  const to = eq ?? lte ?? lt
  return {
    ...(from === undefined
      ? {}
      : { from: { value: from, inclusive: eq !== undefined || gte !== undefined } }),
    ...(to === undefined ? {} : { to: { value: to, inclusive: eq !== undefined || lte !== undefined } }),
    ...(beginsWith === undefined ? {} : { prefix: beginsWith }),
  }
}

/** As `get` gives it. */
export function plainItem<T extends object>(item: TypedItem): T {
  // The caller names the type that it expects; the item is what was put.
  return JSON.parse(itemToJson(item)) as T
}
