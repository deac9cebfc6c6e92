/**
 * What the page and the API say to each other about tables (/admin/tables...). Values of items are DynamoDB's attribute values, in
 * which numbers are texts: none of their 38 digits is lost on the way. Plain JSON for people is made of them here.
 */

export type AttributeShape =
  | { readonly S: string }
  | { readonly N: string }
  /** base64 */
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly L: readonly AttributeShape[] }
  | { readonly M: ItemShape }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly string[] }

export interface ItemShape {
  readonly [attribute: string]: AttributeShape
}

export interface KeyShape {
  readonly name: string
  readonly type: 'string' | 'number' | 'binary'
}

export interface KeysShape {
  readonly partitionKey: KeyShape
  readonly sortKey?: KeyShape
}

export interface IndexShape extends KeysShape {
  readonly name: string
  readonly kind: 'global' | 'local'
  readonly projection: 'ALL' | 'KEYS_ONLY' | 'INCLUDE'
  /** Of INCLUDE. */
  readonly attributes: readonly string[]
}

export interface TableShape extends KeysShape {
  readonly name: string
  readonly items: number
  /** Of keys and items, as stored. */
  readonly bytes: number
  /** ms; 0: unknown. */
  readonly createdAt: number
  readonly indexes: readonly IndexShape[]
  readonly changes: { readonly view: string; readonly stream: string } | null
  readonly ttlAttribute: string | null
  /** Units a second that the wire enforces; null: no limit. */
  readonly capacity: { readonly readUnits: number; readonly writeUnits: number } | null
  /** It may not be deleted. */
  readonly isProtected: boolean
  /** Streams that get each change too. */
  readonly exports: readonly string[]
}

/** GET /admin/tables */
export interface TablesAnswer {
  readonly tables: readonly TableShape[]
}

/** GET /admin/tables/table?table= */
export interface TableAnswer {
  readonly table: TableShape
}

export const sortOperators = ['=', '<', '<=', '>', '>=', 'between', 'begins'] as const
export type SortOperator = (typeof sortOperators)[number]

/** GET /admin/tables/items, and of the same shape the event `page` of /admin/tables/watch. */
export interface ItemsAnswer {
  readonly items: readonly ItemShape[]
  /** Items that were looked at: more than are shown where a filter was given. */
  readonly examined: number
  /** `after` of the page behind; null: this was the last one. */
  readonly next: string | null
}

/** GET /admin/tables/item */
export interface ItemAnswer {
  readonly item: ItemShape | null
}

/** Event `about` of /admin/tables/changes: where the changes come from. */
export interface FollowedFrom {
  /** `stream`: each change, as it was logged; `item`: the item as it is found after commits, at most five times a second. */
  readonly source: 'stream' | 'item'
  /** The followed item as it is now. */
  readonly item?: ItemShape | null
}

/** Event `changes` of /admin/tables/changes. */
export interface ChangesEvent {
  /** In their order, the newest last. */
  readonly changes: readonly ChangeShape[]
  /** Changes that were passed over, since there were too many to be shown. */
  readonly skipped: number
}

export interface ChangeShape {
  readonly kind: 'INSERT' | 'MODIFY' | 'REMOVE'
  readonly key: ItemShape
  /** ms */
  readonly time: number
  /** Where they are known. */
  readonly before?: ItemShape
  readonly after?: ItemShape
  /** By the table's time to live. */
  readonly isExpiry?: boolean
}

/** POST /admin/tables/put takes `item`, or `text`, which is plain JSON; `expected` as below. */
export interface PutAnswer {
  readonly item: ItemShape
}

/** POST /admin/tables/delete takes `table`, `partition`, `sort`, and the item as it was seen as `expected`. */
export interface DeleteAnswer {
  readonly deleted: boolean
}

/** The type's name in DynamoDB: S, N, SS... */
export function attributeType(value: AttributeShape): string {
  return Object.keys(value)[0] ?? ''
}

/** An attribute's value as plain JSON text, digits as they are; `indent` spaces for each level, 0: on one line. */
export function plainText(value: AttributeShape, indent = 0, level = 0): string {
  if ('N' in value) return value.N
  if ('S' in value) return JSON.stringify(value.S)
  if ('BOOL' in value) return String(value.BOOL)
  if ('NULL' in value) return 'null'
  if ('B' in value) return JSON.stringify(value.B)
  if ('M' in value) return plainItemText(value.M, indent, level)
  const members =
    'L' in value
      ? value.L.map((each) => plainText(each, indent, level + 1))
      : 'NS' in value
        ? value.NS
        : ('SS' in value ? value.SS : value.BS).map((each) => JSON.stringify(each))
  return enclosed('[', members, ']', indent, level)
}

/** A whole item as plain JSON text. */
export function plainItemText(item: ItemShape, indent = 0, level = 0): string {
  const colon = indent === 0 ? ':' : ': '
  const members = Object.entries(item).map(
    ([name, value]) => `${JSON.stringify(name)}${colon}${plainText(value, indent, level + 1)}`,
  )
  return enclosed('{', members, '}', indent, level)
}

function enclosed(
  open: string,
  members: readonly string[],
  close: string,
  indent: number,
  level: number,
): string {
  if (members.length === 0) return `${open}${close}`
  if (indent === 0) return `${open}${members.join(',')}${close}`
  const inner = `\n${' '.repeat(indent * (level + 1))}`
  return `${open}${inner}${members.join(`,${inner}`)}\n${' '.repeat(indent * level)}${close}`
}

/** Whether plain JSON says all: sets and binaries do not come back from it as what they were. */
export function isPlainItem(item: ItemShape): boolean {
  return Object.values(item).every(isPlainValue)
}

function isPlainValue(value: AttributeShape): boolean {
  if ('M' in value) return isPlainItem(value.M)
  if ('L' in value) return value.L.every(isPlainValue)
  return 'S' in value || 'N' in value || 'BOOL' in value || 'NULL' in value
}

/** A key attribute's value as people type it; undefined where the attribute is missing or no key. */
export function keyText(value: AttributeShape | undefined): string | undefined {
  if (value === undefined) return undefined
  if ('S' in value) return value.S
  if ('N' in value) return value.N
  return 'B' in value ? value.B : undefined
}

/** Names of the attributes that differ between two versions of an item, in the order of the newer one. */
export function changedAttributes(before: ItemShape | undefined, after: ItemShape | undefined): string[] {
  const names = new Set([...Object.keys(after ?? {}), ...Object.keys(before ?? {})])
  return [...names].filter((name) => {
    const [old, now] = [attributeIn(before, name), attributeIn(after, name)]
    if (old === undefined || now === undefined) return old !== now
    // With the types of what is inside: a text and a binary may read alike.
    return JSON.stringify(old) !== JSON.stringify(now)
  })
}

/** The attribute of this name; `constructor` and the like do not reach the prototype. */
export function attributeIn(item: ItemShape | undefined, name: string): AttributeShape | undefined {
  return item !== undefined && Object.hasOwn(item, name) ? item[name] : undefined
}
