/**
 * Conditions whose names and values are known: what expressions and their older forms both become, and what is compiled.
 */
import type { AttributeType, AttributeValue } from '../attribute-value.ts'
import type { DocumentPath } from './document-path.ts'
import type { Comparator } from './syntax-tree.ts'

export type Operand =
  | { readonly kind: 'path'; readonly path: DocumentPath }
  | { readonly kind: 'constant'; readonly value: AttributeValue }
  | { readonly kind: 'size'; readonly operand: Operand }

export type Condition =
  | {
      readonly kind: 'comparison'
      readonly comparator: Comparator
      readonly operands: readonly [Operand, Operand]
    }
  | { readonly kind: 'between'; readonly operands: readonly [Operand, Operand, Operand] }
  | { readonly kind: 'in'; readonly operand: Operand; readonly candidates: readonly Operand[] }
  | { readonly kind: 'exists' | 'missing'; readonly path: DocumentPath }
  | { readonly kind: 'type'; readonly operand: Operand; readonly type: AttributeType }
  | { readonly kind: 'begins' | 'contains'; readonly operands: readonly [Operand, Operand] }
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly Condition[] }
  | { readonly kind: 'not'; readonly condition: Condition }
