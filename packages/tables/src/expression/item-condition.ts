/** A condition or filter on items, compiled, and which attributes it reads, which tables check against their keys. */
import type { TypedItem } from '../attribute-value.ts'
import { compileTree } from './compile-condition.ts'
import type { Condition, Operand } from './condition-tree.ts'
import { type DocumentPath, nestedHeads } from './document-path.ts'

export class ItemCondition {
  /** Top-level attributes that it reads. */
  readonly attributes: ReadonlySet<string>
  /** Those of which it reads parts. */
  readonly nested: ReadonlySet<string>
  readonly #holds: (item: TypedItem) => boolean

  constructor(condition: Condition) {
    const paths = pathsOf(condition)
    this.attributes = new Set(paths.map(([attribute]) => attribute))
    this.nested = nestedHeads(paths)
    this.#holds = compileTree(condition)
  }

  /** Undefined: there is no item. */
  holds(item: TypedItem | undefined): boolean {
    return this.#holds(item ?? noItem)
  }
}

const noItem: TypedItem = {}

function pathsOf(condition: Condition): readonly DocumentPath[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.conditions.flatMap(pathsOf)
    case 'not':
      return pathsOf(condition.condition)
    case 'exists':
    case 'missing':
      return [condition.path]
    case 'type':
      return pathsOfOperand(condition.operand)
    case 'in':
      return [condition.operand, ...condition.candidates].flatMap(pathsOfOperand)
    default:
      return condition.operands.flatMap(pathsOfOperand)
  }
}

function pathsOfOperand(operand: Operand): readonly DocumentPath[] {
  if (operand.kind === 'size') return pathsOfOperand(operand.operand)
  return operand.kind === 'path' ? [operand.path] : []
}
