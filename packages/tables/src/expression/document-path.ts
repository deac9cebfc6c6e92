/**
 * Document paths after their names are known: a top-level attribute, then members of maps (text) and lists (number).
 *
 * Reading a path in an item gives what is there, or undefined. Picking several paths out of an item gives an item that
 * holds just them, in their places; what was picked out of a list moves together, in the list's order.
 */
import type { AttributeValue, TypedItem } from '../attribute-value.ts'
import { attributeOf, setMember } from '../values/attribute-type.ts'

export type DocumentPath = readonly [string, ...(string | number)[]]

/** As the service shows paths: [a, b, [3]] */
export function showPath(path: DocumentPath): string {
  return `[${path.map((part) => (typeof part === 'number' ? `[${part}]` : part)).join(', ')}]`
}

export function samePath(a: DocumentPath, b: DocumentPath): boolean {
  return a.length === b.length && a.every((part, i) => part === b[i])
}

export function readPath(item: TypedItem, path: DocumentPath): AttributeValue | undefined {
  let value = attributeOf(item, path[0])
  for (let i = 1; i < path.length && value !== undefined; i++) value = memberOf(value, path[i]!)
  return value
}

export function memberOf(value: AttributeValue, part: string | number): AttributeValue | undefined {
  if (typeof part === 'number') return 'L' in value ? value.L[part] : undefined
  return 'M' in value ? attributeOf(value.M, part) : undefined
}

/** Top-level attributes of paths that go on below them. */
export function nestedHeads(paths: readonly DocumentPath[]): ReadonlySet<string> {
  return new Set(paths.filter((path) => path.length > 1).map(([attribute]) => attribute))
}

/** What two paths of one expression have to do with each other; undefined: nothing. */
export function pathClash(a: DocumentPath, b: DocumentPath): 'overlap' | 'conflict' | undefined {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    if (typeof a[i] !== typeof b[i]) return 'conflict'
    if (a[i] !== b[i]) return undefined
  }
  return 'overlap'
}

/** The first two paths that overlap; or else that conflict, in that one takes for a list what the other takes for a map. */
export function describeClash(paths: readonly DocumentPath[]): string | undefined {
  let conflict: string | undefined
  for (let later = 1; later < paths.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      const clash = pathClash(paths[earlier]!, paths[later]!)
      if (clash === undefined || (clash === 'conflict' && conflict !== undefined)) continue
      const description =
        `Two document paths ${clash} with each other; must remove or rewrite one of these paths; ` +
        `path one: ${showPath(paths[earlier]!)}, path two: ${showPath(paths[later]!)}`
      if (clash === 'overlap') return description
      conflict = description
    }
  }
  return conflict
}

/** The wanted paths as a tree: what to take of a value, undefined for all of it. */
interface Picks extends Map<string | number, Picks | undefined> {}

/** Paths that neither overlap nor conflict, prepared for picking. */
export class PathPicker {
  readonly #picks: Picks = new Map()

  constructor(paths: readonly DocumentPath[]) {
    for (const path of paths) {
      let picks = this.#picks
      for (const part of path.slice(0, -1)) {
        const inner: Picks = picks.get(part) ?? new Map()
        picks.set(part, inner)
        picks = inner
      }
      picks.set(path.at(-1)!, undefined)
    }
  }

  pick(item: TypedItem): TypedItem {
    return pickMembers(item, this.#picks) ?? {}
  }
}

function pickMembers(map: TypedItem, picks: Picks): TypedItem | undefined {
  let picked: Record<string, AttributeValue> | undefined
  for (const [name, inner] of picks) {
    const value = typeof name === 'string' ? attributeOf(map, name) : undefined
    const wanted = value === undefined ? undefined : pickValue(value, inner)
    if (typeof name !== 'string' || wanted === undefined) continue
    picked ??= {}
    setMember(picked, name, wanted)
  }
  return picked
}

function pickValue(value: AttributeValue, picks: Picks | undefined): AttributeValue | undefined {
  if (picks === undefined) return value
  if ('M' in value) {
    const members = pickMembers(value.M, picks)
    return members === undefined ? undefined : { M: members }
  }
  if (!('L' in value)) return undefined
  const members: AttributeValue[] = []
  for (let i = 0; i < value.L.length; i++) {
    const wanted = picks.has(i) ? pickValue(value.L[i]!, picks.get(i)) : undefined
    if (wanted !== undefined) members.push(wanted)
  }
  return members.length === 0 ? undefined : { L: members }
}
