/**
 * Updates whose names and values are known: what UpdateExpression and AttributeUpdates both become, and what is applied to
 * items.
 */
import type { AttributeValue } from '../attribute-value.ts'
import type { DocumentPath } from './document-path.ts'

export type SetValue =
  | { readonly kind: 'constant'; readonly value: AttributeValue }
  | { readonly kind: 'path'; readonly path: DocumentPath }
  /** The path's value, if there is one. */
  | { readonly kind: 'default'; readonly path: DocumentPath; readonly otherwise: SetValue }
  | { readonly kind: 'append' | 'add' | 'subtract'; readonly operands: readonly [SetValue, SetValue] }

export type UpdateAction =
  | { readonly kind: 'set'; readonly path: DocumentPath; readonly value: SetValue }
  | { readonly kind: 'remove'; readonly path: DocumentPath }
  /** `mismatch`: what is said where the item's value is of another type; the two forms of updates differ in it. */
  | {
      readonly kind: 'add' | 'delete'
      readonly path: DocumentPath
      readonly value: AttributeValue
      readonly mismatch: string
    }
