/**
 * Updates as functions from the item before to the item after. All actions read the item before: none sees what another
 * does, and list indexes mean places in the old list. Parts that no action touches are shared with the item before.
 *
 * In a list, elements are replaced, then removed, and what was set beyond the end is appended in the order of its indexes.
 * Cost: copies of the maps and lists on the way to what changes.
 */
import type { AttributeType, AttributeValue, TypedItem } from '../attribute-value.ts'
import { setMember, typeOf } from '../values/attribute-type.ts'
import { setMembers } from '../values/compare.ts'
import { addNumbers, subtractNumbers } from '../values/number-text.ts'
import { NESTING_LEVELS_MAX } from '../values/read-attribute-value.ts'
import { invalidUpdate, invalidValue, type TableRequestError } from '../values/request-error.ts'
import { type DocumentPath, memberOf, nestedHeads, PathPicker, readPath } from './document-path.ts'
import type { SetValue, UpdateAction } from './update-tree.ts'

/** A top-level attribute that an update gives a value, and its type if that does not depend on the item. */
export interface Assignment {
  readonly attribute: string
  readonly type: AttributeType | undefined
}

/** What becomes of a place: a value, or nothing. */
type Change = AttributeValue | undefined

/** The places that change, as a tree: a number is the index of the action that changes the place. */
interface Places extends Map<string | number, Places | number> {}

export class Update {
  /** Of every action; they neither overlap nor conflict. */
  readonly paths: readonly DocumentPath[]
  /** Top-level attributes that are touched, as a whole or in part. */
  readonly attributes: ReadonlySet<string>
  /** Those of which a part is touched or read. */
  readonly nested: ReadonlySet<string>
  readonly assignments: readonly Assignment[]
  /** False for an update that only takes away: it makes no item where there is none. */
  readonly createsItem: boolean
  readonly #actions: readonly UpdateAction[]
  readonly #places: Places = new Map()
  #picker: PathPicker | undefined

  constructor(actions: readonly UpdateAction[]) {
    this.#actions = actions
    this.paths = actions.map((action) => action.path)
    this.attributes = new Set(this.paths.map(([attribute]) => attribute))
    this.nested = nestedHeads([...this.paths, ...actions.flatMap(readPaths)])
    this.assignments = actions.flatMap(assignmentOf)
    this.createsItem = actions.length === 0 || actions.some(({ kind }) => kind === 'set' || kind === 'add')
    for (const [index, action] of actions.entries()) addPlace(this.#places, action.path, index)
  }

  /**
   * The item after. `before` undefined: there is none, and a new one starts as its key. Undefined: there is still none.
   * Throws TableRequestError: TABLE_UPDATE_INVALID, TABLE_VALUE_INVALID.
   */
  apply(before: TypedItem | undefined, key: TypedItem): TypedItem | undefined {
    const item = before ?? key
    // The service evaluates what is to be set before it looks where that goes.
    const values = this.#actions.map((action) =>
      action.kind === 'set' ? evaluate(action.value, item) : undefined,
    )
    const changes = this.#actions.map((action, i) => changeOf(action, values[i], item))
    // Paths have to lead somewhere even where there is nothing to take away.
    if (before === undefined && !this.createsItem) return undefined
    return changeMembers(item, this.#places, changes)
  }

  /** What the item holds at the paths of the update: of the item before, UPDATED_OLD; of the item after, UPDATED_NEW. */
  updatedOf(item: TypedItem | undefined): TypedItem {
    if (item === undefined) return {}
    this.#picker ??= new PathPicker(this.paths)
    return this.#picker.pick(item)
  }
}

function readPaths(action: UpdateAction): readonly DocumentPath[] {
  return action.kind === 'set' ? pathsOf(action.value) : []
}

function pathsOf(value: SetValue): readonly DocumentPath[] {
  switch (value.kind) {
    case 'constant':
      return []
    case 'path':
      return [value.path]
    case 'default':
      return [value.path, ...pathsOf(value.otherwise)]
    default:
      return value.operands.flatMap(pathsOf)
  }
}

function assignmentOf(action: UpdateAction): readonly Assignment[] {
  if (action.path.length > 1 || action.kind === 'remove') return []
  const type = action.kind === 'set' ? staticType(action.value) : typeOf(action.value)
  return [{ attribute: action.path[0], type }]
}

function staticType(value: SetValue): AttributeType | undefined {
  switch (value.kind) {
    case 'constant':
      return typeOf(value.value)
    case 'path':
      return undefined
    case 'default':
      return staticType(value.otherwise)
    case 'append':
      return 'L'
    case 'add':
    case 'subtract':
      return 'N'
  }
}

function addPlace(places: Places, path: DocumentPath, action: number): void {
  let inner = places
  for (const part of path.slice(0, -1)) {
    const known = inner.get(part)
    const next: Places = known === undefined || typeof known === 'number' ? new Map() : known
    inner.set(part, next)
    inner = next
  }
  inner.set(path.at(-1)!, action)
}

function evaluate(value: SetValue, item: TypedItem): AttributeValue {
  switch (value.kind) {
    case 'constant':
      return value.value
    case 'path': {
      const found = readPath(item, value.path)
      if (found !== undefined) return found
      throw invalidUpdate('The provided expression refers to an attribute that does not exist in the item')
    }
    case 'default':
      return readPath(item, value.path) ?? evaluate(value.otherwise, item)
    case 'append': {
      const first = listOf(evaluate(value.operands[0], item))
      return { L: [...first, ...listOf(evaluate(value.operands[1], item))] }
    }
    case 'add':
    case 'subtract': {
      const first = numberOf(evaluate(value.operands[0], item))
      const second = numberOf(evaluate(value.operands[1], item))
      return { N: value.kind === 'add' ? addNumbers(first, second) : subtractNumbers(first, second) }
    }
  }
}

function listOf(value: AttributeValue): readonly AttributeValue[] {
  if ('L' in value) return value.L
  throw wrongOperand()
}

function numberOf(value: AttributeValue): string {
  if ('N' in value) return value.N
  throw wrongOperand()
}

function wrongOperand(): TableRequestError {
  return invalidUpdate('An operand in the update expression has an incorrect data type')
}

function changeOf(action: UpdateAction, value: AttributeValue | undefined, item: TypedItem): Change {
  const existing = placeOf(item, action.path)
  switch (action.kind) {
    case 'set':
      if (value !== undefined) assertDepth(value, action.path.length)
      return value
    case 'remove':
      return undefined
    case 'add':
      if (existing === undefined) return action.value
      return added(existing, action.value) ?? mismatch(action.mismatch)
    case 'delete':
      if (existing === undefined) return undefined
      if (typeOf(existing) !== typeOf(action.value)) return mismatch(action.mismatch)
      return without(existing, action.value)
  }
}

/** What is at the path. Its parent must be there, and of the kind that the path takes it for. */
function placeOf(item: TypedItem, path: DocumentPath): AttributeValue | undefined {
  let parent: AttributeValue | undefined = { M: item }
  for (const part of path.slice(0, -1)) parent = parent && memberOf(parent, part)
  const last = path.at(-1)!
  const isFit = parent !== undefined && (typeof last === 'number' ? 'L' in parent : 'M' in parent)
  if (parent !== undefined && isFit) return memberOf(parent, last)
  throw invalidUpdate('The document path provided in the update expression is invalid for update')
}

function mismatch(message: string): never {
  throw invalidUpdate(message)
}

/** Sums of numbers, unions of sets, lists put together; undefined for values of different types. */
function added(existing: AttributeValue, value: AttributeValue): AttributeValue | undefined {
  if ('N' in value) return 'N' in existing ? { N: addNumbers(existing.N, value.N) } : undefined
  if ('L' in value) return 'L' in existing ? { L: [...existing.L, ...value.L] } : undefined
  if (typeOf(existing) !== typeOf(value)) return undefined
  return likeSet(value, [...new Set([...setMembers(existing), ...setMembers(value)])])
}

/** No set is empty: without members it is gone. */
function without(existing: AttributeValue, value: AttributeValue): AttributeValue | undefined {
  const gone = new Set(setMembers(value))
  const members = setMembers(existing).filter((member) => !gone.has(member))
  return members.length === 0 ? undefined : likeSet(existing, members)
}

function likeSet(set: AttributeValue, members: readonly string[]): AttributeValue {
  return 'SS' in set ? { SS: members } : 'NS' in set ? { NS: members } : { BS: members }
}

function assertDepth(value: AttributeValue, level: number): void {
  if (level + levelsBelow(value) <= NESTING_LEVELS_MAX) return
  throw invalidValue(
    'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit',
  )
}

function levelsBelow(value: AttributeValue): number {
  let levels = 0
  if ('L' in value) for (const member of value.L) levels = Math.max(levels, 1 + levelsBelow(member))
  if ('M' in value) {
    for (const name in value.M) levels = Math.max(levels, 1 + levelsBelow(value.M[name]!))
  }
  return levels
}

function changeMembers(map: TypedItem, places: Places, changes: readonly Change[]): TypedItem {
  const copy: Record<string, AttributeValue> = { ...map }
  for (const [name, place] of places) {
    // Paths were walked before: parts of maps are names, and maps on the way are there.
    const key = name as string
    const value = typeof place === 'number' ? changes[place] : changeValue(map[key]!, place, changes)
    if (value === undefined) delete copy[key]
    else setMember(copy, key, value)
  }
  return copy
}

function changeValue(value: AttributeValue, places: Places, changes: readonly Change[]): AttributeValue {
  if ('M' in value) return { M: changeMembers(value.M, places, changes) }
  if ('L' in value) return { L: changeElements(value.L, places, changes) }
  throw new Error('tables invariant: what is on the way of a path is a map or a list')
}

function changeElements(
  list: readonly AttributeValue[],
  places: Places,
  changes: readonly Change[],
): readonly AttributeValue[] {
  const elements: Change[] = [...list]
  const beyond: [number, AttributeValue][] = []
  for (const [part, place] of places) {
    const index = part as number
    const old = list[index]
    const value = typeof place === 'number' ? changes[place] : old && changeValue(old, place, changes)
    if (index < list.length) elements[index] = value
    else if (value !== undefined) beyond.push([index, value])
  }
  beyond.sort(([a], [b]) => a - b)
  return [...elements.filter((element) => element !== undefined), ...beyond.map(([, value]) => value)]
}
