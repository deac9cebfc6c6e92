/**
 * Attribute values, items and table shapes of random programs. Pools are small, so that keys meet again and conditions hold
 * about as often as not; each attribute name has a type that it mostly has, so that expressions mostly fit.
 */
import type { Dice } from './dice.ts'
import type { Json, JsonObject } from './table-peer.ts'

export type KeyType = 'S' | 'N' | 'B'

export interface Key {
  readonly name: string
  readonly type: KeyType
}

export interface TableIndex {
  readonly name: string
  readonly kind: 'global' | 'local'
  readonly partition: Key
  readonly sort?: Key
}

export interface TableShape {
  readonly name: string
  readonly partition: Key
  readonly sort?: Key
  readonly indexes: readonly TableIndex[]
}

/** Names of attributes that are no keys, with the kind that each mostly has. `name` and `status` are reserved words. */
export const attributes = {
  a: 'number',
  b: 'string',
  n: 'number',
  name: 'string',
  status: 'any',
  m: 'map',
  l: 'list',
  nums: 'numbers',
  words: 'strings',
  blobs: 'binaries',
  z: 'any',
} as const

export type ValueKind = (typeof attributes)[keyof typeof attributes]
export const attributeNames = Object.keys(attributes) as (keyof typeof attributes)[] // Those of the literal above.

const strings = ['a', 'ab', 'abc', 'b', 'é', 'Z', '10', '9', '\u{1f600}', '', 'a b', '￿']
const numbers = [
  '0',
  '1',
  '2',
  '-1',
  '10',
  '9',
  '1.5',
  '-1.50',
  '1e2',
  '0.001',
  '-0',
  '123456789012345678901234567890.12345678',
  '1E-130',
  '9.9E125',
]
const binaries = ['YQ==', 'YWI=', '/w==', 'AAE=', 'Yg==']
const wrongNumbers = [
  '',
  'x',
  '1e126',
  '1e-131',
  '1234567890123456789012345678901234567890',
  '1 ',
  '0x1',
  'NaN',
  '--1',
]

export function keyValue(dice: Dice, { type }: Key): JsonObject {
  // Never empty: see spoiltKey.
  if (type === 'S') return { S: dice.pick(strings.filter((text) => text !== '')) }
  return type === 'N' ? { N: dice.pick(numbers) } : { B: dice.pick(binaries) }
}

/** One that the key's type or rules refuse. */
export function spoiltKey(dice: Dice, { type }: Key): Json {
  return dice.pick<Json>([
    { S: '' },
    { B: '' },
    { N: dice.pick(wrongNumbers) },
    { NULL: true },
    { [type === 'S' ? 'N' : 'S']: '1' },
    { SS: ['a'] },
    {},
  ])
}

export function valueLike(dice: Dice, kind: ValueKind, depth = 0): JsonObject {
  if (dice.chance(8)) return valueLike(dice, 'any', depth)
  switch (kind) {
    case 'number':
      return { N: dice.pick(numbers) }
    case 'string':
      return { S: dice.pick(strings) }
    case 'map':
      return {
        M: Object.fromEntries(
          dice
            .some(['x', 'y', 'name'], 60)
            .map((name) => [name, valueLike(dice, deeper(dice, depth), depth + 1)]),
        ),
      }
    case 'list':
      return { L: dice.times(dice.below(4), () => valueLike(dice, deeper(dice, depth), depth + 1)) }
    case 'numbers':
      return { NS: distinct(dice, ['1', '2', '3', '10', '-1.5']) }
    case 'strings':
      return { SS: distinct(dice, ['a', 'ab', 'b', 'é']) }
    case 'binaries':
      return { BS: distinct(dice, binaries) }
    case 'any':
      return dice.weighted<JsonObject>(
        [3, () => ({ S: dice.pick(strings) })],
        [3, () => ({ N: dice.pick(numbers) })],
        [1, () => ({ B: dice.pick(binaries) })],
        [1, () => ({ BOOL: dice.chance(50) })],
        [1, () => ({ NULL: true })],
        [1, () => valueLike(dice, dice.pick(['map', 'list', 'numbers', 'strings', 'binaries']), depth)],
      )
  }
}

/** A value that no item may hold. */
export function spoiltValue(dice: Dice): Json {
  return dice.pick<Json>([
    {},
    { N: dice.pick(wrongNumbers) },
    { SS: [] },
    { SS: ['a', 'a'] },
    { NS: ['1', '1.0'] },
    { NS: [dice.pick(wrongNumbers)] },
    { BS: ['YQ==', 'YQ=='] },
    { S: 'a', N: '1' },
    { NULL: false },
    { B: 'a' },
    { L: [{}] },
    { M: { x: { N: 'x' } } },
    { M: { x: { SS: [] } } },
    { NS: ['1', 'x'] },
  ])
}

export function randomShape(dice: Dice, name: string): TableShape {
  const type = (): KeyType => dice.pick(['S', 'S', 'N', 'B'])
  const partition: Key = { name: 'p', type: type() }
  const sort: Key | undefined = dice.chance(70) ? { name: 's', type: type() } : undefined
  const indexKeys: Key[] = [
    { name: 'g', type: type() },
    { name: 'h', type: type() },
  ]
  const indexes: TableIndex[] = []
  for (let i = dice.below(3); i > 0; i--) {
    const [first, second] = dice.chance(70) ? [indexKeys[0]!, indexKeys[1]!] : [indexKeys[1]!, partition]
    indexes.push({
      name: `global-${i}`,
      kind: 'global',
      partition: first,
      ...(dice.chance(60) ? { sort: second } : {}),
    })
  }
  if (sort !== undefined && dice.chance(50))
    indexes.push({ name: 'local-1', kind: 'local', partition, sort: dice.pick(indexKeys) })
  return { name, partition, ...(sort === undefined ? {} : { sort }), indexes }
}

export function createTableInput(dice: Dice, shape: TableShape): JsonObject {
  const keys = new Map<string, KeyType>()
  const schemaOf = ({ partition, sort }: { readonly partition: Key; readonly sort?: Key }): Json => {
    keys.set(partition.name, partition.type)
    if (sort !== undefined) keys.set(sort.name, sort.type)
    return [
      { AttributeName: partition.name, KeyType: 'HASH' },
      ...(sort === undefined ? [] : [{ AttributeName: sort.name, KeyType: 'RANGE' }]),
    ]
  }
  const projection = (): Json =>
    dice.pick<Json>([
      { ProjectionType: 'ALL' },
      { ProjectionType: 'KEYS_ONLY' },
      { ProjectionType: 'INCLUDE', NonKeyAttributes: ['a', 'm'] },
    ])
  const indexesOf = (kind: TableIndex['kind']): Json[] =>
    shape.indexes
      .filter((index) => index.kind === kind)
      .map((index) => ({ IndexName: index.name, KeySchema: schemaOf(index), Projection: projection() }))
  const KeySchema = schemaOf(shape)
  const [global, local] = [indexesOf('global'), indexesOf('local')]
  return {
    TableName: shape.name,
    KeySchema,
    AttributeDefinitions: [...keys].map(([AttributeName, AttributeType]) => ({
      AttributeName,
      AttributeType,
    })),
    BillingMode: 'PAY_PER_REQUEST',
    ...(global.length === 0 ? {} : { GlobalSecondaryIndexes: global }),
    ...(local.length === 0 ? {} : { LocalSecondaryIndexes: local }),
  }
}

export function keyOf(dice: Dice, shape: TableShape): JsonObject {
  const { partition, sort } = shape
  return {
    [partition.name]: poolKey(dice, partition),
    ...(sort === undefined ? {} : { [sort.name]: poolKey(dice, sort) }),
  }
}

/** Keys of items come from the first few of their pool, so that they meet again. */
function poolKey(dice: Dice, key: Key): JsonObject {
  if (dice.chance(20)) return keyValue(dice, key)
  const pool = { S: strings, N: numbers, B: binaries }[key.type]
  return { [key.type]: pool[dice.below(4)]! }
}

export function itemOf(dice: Dice, shape: TableShape): JsonObject {
  const item: Record<string, Json> = { ...keyOf(dice, shape) }
  for (const name of dice.some(attributeNames, 40)) item[name] = valueLike(dice, attributes[name])
  for (const { partition, sort } of shape.indexes) {
    for (const key of [partition, sort]) {
      if (key === undefined || key.name in item || !dice.chance(75)) continue
      item[key.name] = keyValue(dice, key)
    }
  }
  return item
}

function deeper(dice: Dice, depth: number): ValueKind {
  return depth > 1
    ? dice.pick(['number', 'string'])
    : dice.pick(['number', 'string', 'map', 'list', 'strings', 'any'])
}

function distinct(dice: Dice, pool: readonly string[]): string[] {
  const some = dice.some(pool, 45)
  return some.length === 0 ? [dice.pick(pool)] : some
}
