/**
 * Equal parts of a program become one node that several read: equal by fingerprint, which means equal rows in equal columns
 * whatever their names. What gives another value at each call stays apart.
 */

import { inputsOf } from '../binder/nodes.ts'
import { changelogFingerprints } from '../fingerprint.ts'
import type { ChangelogNode, Sink } from '../plan.ts'
import { exprsOf } from './node-exprs.ts'
import { isVolatile, rewriteSinks } from './rewrite.ts'

export function sharePlans(sinks: readonly Sink[]): readonly Sink[] {
  const prints = changelogFingerprints({ sinks })
  const first = new Map<string, ChangelogNode>()
  const changing = new Set<ChangelogNode>()
  return rewriteSinks(sinks, (node) => {
    if (inputsOf(node).some((input) => changing.has(input)) || exprsOf(node).some(isVolatile)) {
      changing.add(node)
      return node
    }
    const print = prints.of(node)
    const known = first.get(print)
    if (known !== undefined) return known
    first.set(print, node)
    return node
  })
}
