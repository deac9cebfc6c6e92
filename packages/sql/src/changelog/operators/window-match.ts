/**
 * What a window join puts out for one window: the rows of both sides in order of arrival go in, inner, outer, semi, anti or
 * NOT IN rows come out (order: window-join.ts). A hash of the right rows finds the partners of each left row.
 */
import type { OperatorContext, Port } from '../operator.ts'
import type { WindowJoinNode } from '../plan.ts'
import { isRetraction, type Row, type RowKind, rowKind } from '../row.ts'
import type { Key } from '../state/state-store.ts'
import { asRowFailure, type JoinKey, makeJoinKey, makePairTests } from './join-condition.ts'
import { NullKeys, unknownKey, unlessFalse } from './join-null-keys.ts'
import { makeRowJoiners } from './join-row.ts'

export interface WindowRow {
  readonly number: number
  readonly row: Row
  readonly key: Key | undefined
}

export interface WindowMatch {
  /** As in join-condition.ts: null, if the key failed; undefined, if no row has an equal one. */
  keyOf(side: 0 | 1, row: Row, kind: RowKind): JoinKey
  /** Whether a row that equals nothing may still come out. */
  keepsWithoutKey(side: 0 | 1): boolean
  put(left: readonly WindowRow[], right: readonly WindowRow[], out: Port): void
}

export function makeWindowMatch(node: WindowJoinNode, context: OperatorContext): WindowMatch {
  return node.nullAware ? new NotInMatch(node, context) : new KeyMatch(node, context)
}

class KeyMatch implements WindowMatch {
  readonly #node: WindowJoinNode
  readonly #keys
  readonly #test
  readonly #joiners

  constructor(node: WindowJoinNode, context: OperatorContext) {
    const { condition } = node
    const widths = { left: node.left.schema.fields.length, right: node.right.schema.fields.length }
    this.#node = node
    this.#keys = [
      makeJoinKey(condition.leftKeys, condition.nullSafe, context),
      makeJoinKey(condition.rightKeys, condition.nullSafe, context),
    ] as const
    this.#test = makePairTests(condition.residual, widths, context).left
    this.#joiners = makeRowJoiners(widths.left, widths.right)
  }

  keyOf(side: 0 | 1, row: Row, kind: RowKind): JoinKey {
    return this.#keys[side](row, kind)
  }

  keepsWithoutKey(side: 0 | 1): boolean {
    const { join } = this.#node
    return join === 'full' || (side === 0 ? join === 'left' || join === 'anti' : join === 'right')
  }

  put(left: readonly WindowRow[], right: readonly WindowRow[], out: Port): void {
    const { join } = this.#node
    const byKey = groupByKey(right)
    const leftOnly = join === 'semi' || join === 'anti'
    const matched = new Set<WindowRow>()
    for (const own of left) {
      let partners = 0
      for (const other of (own.key === undefined ? undefined : byKey.get(own.key)) ?? []) {
        if (this.#test !== undefined && !this.#test(own.row, other.row, true)) continue
        partners++
        if (leftOnly) break
        matched.add(other)
        out.row(this.#joiners.left.pair(own.row, other.row), rowKind.insert)
      }
      if (leftOnly) {
        if (partners > 0 === (join === 'semi')) out.row(own.row, rowKind.insert)
      } else if (partners === 0 && (join === 'left' || join === 'full')) {
        out.row(this.#joiners.left.alone(own.row), rowKind.insert)
      }
    }
    if (join !== 'right' && join !== 'full') return
    for (const other of right) {
      if (!matched.has(other)) out.row(this.#joiners.right.alone(other.row), rowKind.insert)
    }
  }
}

/** NOT IN: a left row comes out unless it equals, or may equal, a right row. */
class NotInMatch implements WindowMatch {
  readonly #keys: readonly [NullKeys, NullKeys]
  readonly #test
  readonly #context: OperatorContext

  constructor(node: WindowJoinNode, context: OperatorContext) {
    const { condition } = node
    const widths = { left: node.left.schema.fields.length, right: node.right.schema.fields.length }
    this.#keys = [
      new NullKeys(condition.leftKeys, condition.nullSafe, context),
      new NullKeys(condition.rightKeys, condition.nullSafe, context),
    ]
    this.#test = makePairTests(unlessFalse(condition.residual), widths, context).left
    this.#context = context
  }

  keyOf(side: 0 | 1, row: Row, kind: RowKind): JoinKey {
    try {
      return this.#keys[side].keyOf(this.#keys[side].valuesOf(row))
    } catch (error) {
      const failure = asRowFailure(error)
      if (!isRetraction(kind)) this.#context.fail(row, failure)
      return null
    }
  }

  keepsWithoutKey(): boolean {
    return true
  }

  put(left: readonly WindowRow[], right: readonly WindowRow[], out: Port): void {
    const byKey = groupByKey(right)
    const unknown = byKey.get(unknownKey) ?? []
    for (const own of left) {
      const found =
        own.key === unknownKey
          ? this.#meets(own, right)
          : this.#holdsFor(own, byKey.get(own.key!) ?? []) || this.#meets(own, unknown)
      if (!found) out.row(own.row, rowKind.insert)
    }
  }

  #holdsFor(own: WindowRow, others: readonly WindowRow[]): boolean {
    return others.some((other) => this.#test === undefined || this.#test(own.row, other.row, true))
  }

  #meets(own: WindowRow, others: readonly WindowRow[]): boolean {
    const [leftKeys, rightKeys] = this.#keys
    const values = leftKeys.valuesOf(own.row)
    const near = others.filter((other) => leftKeys.mayEqual(values, rightKeys.valuesOf(other.row)))
    return this.#holdsFor(own, near)
  }
}

function groupByKey(rows: readonly WindowRow[]): Map<Key, WindowRow[]> {
  const byKey = new Map<Key, WindowRow[]>()
  for (const each of rows) {
    if (each.key === undefined) continue
    const group = byKey.get(each.key)
    if (group === undefined) byKey.set(each.key, [each])
    else group.push(each)
  }
  return byKey
}
