/** Random syntax trees over few attributes and values, so that operands often meet what they can be compared with. */
import fc from 'fast-check'
import type {
  ActionNode,
  CallNode,
  ConditionNode,
  OperandNode,
  PathNode,
  SectionNode,
  SetValueNode,
  ValueNode,
} from '../expression/syntax-tree.ts'

const span = { start: 0, end: 0 }

/** #a stands for a, and so on. */
export const nameOf: Readonly<Record<string, string>> = { '#a': 'a', '#odd': 'constructor', '#x': 'a.b' }
export const valueReferences = [':u', ':v', ':w', ':x'] as const

const head = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('a', 'b', 'c', 'd').map((name) => ({ kind: 'name' as const, name })),
  },
  fc.constantFrom(...Object.keys(nameOf)).map((reference) => ({ kind: 'reference' as const, reference })),
)
const further = fc.oneof(
  head,
  fc.nat(2).map((index) => ({ kind: 'index' as const, index })),
)

export const arbitraryPath: fc.Arbitrary<PathNode> = fc
  .tuple(head, fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(further, { maxLength: 2 })))
  .map(([first, rest]) => ({ kind: 'path', parts: [first, ...rest], span }))

export const arbitraryReference: fc.Arbitrary<ValueNode> = fc
  .constantFrom(...valueReferences)
  .map((reference) => ({ kind: 'value', reference, span }))

const measured: fc.Arbitrary<CallNode> = arbitraryPath.map((path) => ({
  kind: 'call',
  name: 'size',
  operands: [path],
  span,
}))

const operand: fc.Arbitrary<OperandNode> = fc.oneof(
  { weight: 4, arbitrary: arbitraryPath },
  { weight: 4, arbitrary: arbitraryReference },
  { weight: 1, arbitrary: measured },
)

const call = (name: string, ...operands: fc.Arbitrary<OperandNode>[]): fc.Arbitrary<CallNode> =>
  fc.tuple(...operands).map((given) => ({ kind: 'call', name, operands: given, span }))

const leaf: fc.Arbitrary<ConditionNode> = fc.oneof(
  fc
    .tuple(fc.constantFrom('=', '<>', '<', '<=', '>', '>='), operand, operand)
    .map(([comparator, a, b]): ConditionNode => ({ kind: 'comparison', comparator, operands: [a, b], span })),
  fc
    .tuple(operand, operand, operand)
    .map(([a, b, c]): ConditionNode => ({ kind: 'between', operands: [a, b, c], span })),
  fc
    .tuple(operand, fc.array(operand, { minLength: 1, maxLength: 3 }))
    .map(([a, list]): ConditionNode => ({ kind: 'in', operands: [a, ...list], span })),
  call('attribute_exists', arbitraryPath),
  call('attribute_not_exists', arbitraryPath),
  call('attribute_type', arbitraryPath, fc.constant<ValueNode>({ kind: 'value', reference: ':type', span })),
  call('begins_with', arbitraryPath, arbitraryReference),
  call('contains', operand, operand),
)

export const arbitraryCondition: fc.Arbitrary<ConditionNode> = fc.letrec<{ node: ConditionNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'condition' },
    { weight: 4, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom('and', 'or'), fc.array(tie('node'), { minLength: 2, maxLength: 3 }))
        .map(([kind, conditions]): ConditionNode => ({ kind, conditions, span })),
    },
    {
      weight: 1,
      arbitrary: tie('node').map((condition): ConditionNode => ({ kind: 'not', condition, span })),
    },
  ),
})).node

const setValue: fc.Arbitrary<SetValueNode> = fc.oneof(
  arbitraryReference,
  arbitraryPath,
  call('if_not_exists', arbitraryPath, arbitraryReference),
  call(
    'list_append',
    fc.oneof(arbitraryPath, arbitraryReference),
    fc.oneof(arbitraryPath, arbitraryReference),
  ),
  fc
    .tuple(
      fc.constantFrom('+', '-'),
      fc.oneof(arbitraryPath, call('if_not_exists', arbitraryPath, arbitraryReference)),
      fc.oneof(arbitraryPath, arbitraryReference),
    )
    .map(([operator, a, b]): SetValueNode => ({ kind: 'sum', operator, operands: [a, b], span })),
)

const actions: Record<SectionNode['keyword'], fc.Arbitrary<ActionNode>> = {
  SET: fc.record({ kind: fc.constant('set'), path: arbitraryPath, value: setValue }),
  REMOVE: fc.record({ kind: fc.constant('remove'), path: arbitraryPath }),
  ADD: fc.record({ kind: fc.constant('add'), path: arbitraryPath, value: arbitraryReference }),
  DELETE: fc.record({ kind: fc.constant('delete'), path: arbitraryPath, value: arbitraryReference }),
}

export const arbitraryUpdate: fc.Arbitrary<readonly SectionNode[]> = fc
  .subarray(['SET', 'REMOVE', 'ADD', 'DELETE'] as const, { minLength: 1, maxLength: 2 })
  .chain((keywords) =>
    fc.tuple(
      ...keywords.map((keyword) =>
        fc
          .array(actions[keyword], { minLength: 1, maxLength: 2 })
          .map((list): SectionNode => ({ keyword, actions: list })),
      ),
    ),
  )

/** The placeholders that a printed expression uses, with what they stand for. */
export function placeholdersOf(
  text: string,
  values: Readonly<Record<string, unknown>>,
): { ExpressionAttributeNames?: object; ExpressionAttributeValues?: object } {
  const used = (all: Readonly<Record<string, unknown>>): object | undefined => {
    const entries = Object.entries(all).filter(([key]) => new RegExp(`${key}(?![A-Za-z0-9_])`).test(text))
    return entries.length === 0 ? undefined : Object.fromEntries(entries)
  }
  const names = used(nameOf)
  const constants = used(values)
  return {
    ...(names && { ExpressionAttributeNames: names }),
    ...(constants && { ExpressionAttributeValues: constants }),
  }
}
