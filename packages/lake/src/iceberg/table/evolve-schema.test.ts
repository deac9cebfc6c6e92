/** Rules of changes; that older files are read right after them is shown by other readers in readers.test.ts. */
import { describe, expect, test } from 'vitest'
import type { LakeSchema } from '../../schema/lake-type.ts'
import { newTableUpdates } from '../catalog/create-table.ts'
import { applyUpdates } from '../format/apply-updates.ts'
import { walkFields } from '../format/iceberg-schema.ts'
import type { TableMetadata } from '../metadata.ts'
import type { SchemaChange } from '../table-port.ts'
import { evolvedSchema } from './evolve-schema.ts'
import { currentSchemaOf } from './table-files.ts'

const schema: LakeSchema = {
  columns: [
    { name: 'id', type: { kind: 'int' }, isRequired: true },
    { name: 'at', type: { kind: 'timestamp' } },
    { name: 'price', type: { kind: 'decimal', precision: 9, scale: 2 } },
    {
      name: 'address',
      type: {
        kind: 'struct',
        fields: [
          { name: 'city', type: { kind: 'string' } },
          { name: 'zip', type: { kind: 'int' } },
        ],
      },
    },
    {
      name: 'items',
      type: { kind: 'list', element: { kind: 'struct', fields: [{ name: 'n', type: { kind: 'float' } }] } },
    },
    { name: 'rates', type: { kind: 'map', key: { kind: 'int' }, value: { kind: 'int' } } },
  ],
}

const table = applyUpdates(
  undefined,
  newTableUpdates({
    schema,
    identifier: ['id'],
    partitionBy: [{ column: 'at', transform: 'day' }],
    location: 'file:///t',
    uuid: 'u',
  }),
  { now: 1, baseLocation: undefined },
)

function evolved(...changes: SchemaChange[]): TableMetadata {
  const next = evolvedSchema(table, changes)
  if (next === undefined) return table
  const updates = [
    { action: 'add-schema', schema: next } as const,
    { action: 'set-current-schema', 'schema-id': -1 } as const,
  ]
  return applyUpdates(table, updates, { now: 2, baseLocation: 'file:///t/metadata/v1.metadata.json' })
}

const shown = (metadata: TableMetadata) =>
  [...walkFields(currentSchemaOf(metadata))].map(
    ({ field, path }) =>
      `${field.id} ${path}${typeof field.type === 'string' ? ` ${field.type}` : ''}${field.required ? '!' : ''}`,
  )

test('the schema to begin with', () => {
  expect(shown(table)).toEqual([
    '1 id int!',
    '2 at timestamp',
    '3 price decimal(9, 2)',
    '4 address',
    '7 address.city string',
    '8 address.zip int',
    '5 items',
    '9 items.element',
    '10 items.element.n float',
    '6 rates',
    '11 rates.key int!',
    '12 rates.value int',
  ])
})

test('new columns get new ids, at the top, in structs and in structs of lists, wherever they are put', () => {
  const string = { kind: 'string' } as const
  const metadata = evolved(
    { kind: 'add', column: { name: 'a', type: string, fieldId: 1 }, at: 'first' },
    { kind: 'add', column: { name: 'b', type: string }, at: { before: 'at' } },
    { kind: 'add', parent: 'address', column: { name: 'c', type: string }, at: { after: 'address.city' } },
    {
      kind: 'add',
      parent: 'items.element',
      column: { name: 'd', type: { kind: 'list', element: string } },
    },
  )
  expect(shown(metadata)).toEqual([
    '13 a string',
    '1 id int!',
    '14 b string',
    '2 at timestamp',
    '3 price decimal(9, 2)',
    '4 address',
    '7 address.city string',
    '15 address.c string',
    '8 address.zip int',
    '5 items',
    '9 items.element',
    '10 items.element.n float',
    '16 items.element.d',
    '17 items.element.d.element string',
    '6 rates',
    '11 rates.key int!',
    '12 rates.value int',
  ])
  expect(metadata['last-column-id']).toBe(17)
  expect(metadata['current-schema-id']).toBe(1)
})

test('renames, moves, widenings and drops keep the ids', () => {
  const metadata = evolved(
    { kind: 'rename', column: 'price', name: 'amount' },
    { kind: 'move', column: 'amount', at: 'first' },
    { kind: 'widen', column: 'amount', type: { kind: 'decimal', precision: 18, scale: 2 } },
    { kind: 'widen', column: 'id', type: { kind: 'long' } },
    { kind: 'widen', column: 'items.element.n', type: { kind: 'double' } },
    { kind: 'widen', column: 'rates.value', type: { kind: 'long' } },
    { kind: 'drop', column: 'address.city' },
    { kind: 'comment', column: 'at', comment: 'when' },
  )
  expect(shown(metadata)).toEqual([
    '3 amount decimal(18, 2)',
    '1 id long!',
    '2 at timestamp',
    '4 address',
    '8 address.zip int',
    '5 items',
    '9 items.element',
    '10 items.element.n double',
    '6 rates',
    '11 rates.key int!',
    '12 rates.value long',
  ])
  expect(currentSchemaOf(metadata).fields[2]).toMatchObject({ name: 'at', doc: 'when' })
  // The identifier stays, by its number.
  expect(currentSchemaOf(metadata)['identifier-field-ids']).toEqual([1])
})

test('what changes nothing makes no schema, and going back finds the older one', () => {
  expect(evolvedSchema(table, [{ kind: 'move', column: 'id', at: 'first' }])).toBeUndefined()
  expect(evolvedSchema(table, [{ kind: 'widen', column: 'id', type: { kind: 'int' } }])).toBeUndefined()
  const away = evolved({ kind: 'rename', column: 'price', name: 'amount' })
  const back = evolvedSchema(away, [{ kind: 'rename', column: 'amount', name: 'price' }])!
  const metadata = applyUpdates(
    away,
    [
      { action: 'add-schema', schema: back },
      { action: 'set-current-schema', 'schema-id': -1 },
    ],
    { now: 3, baseLocation: 'file:///t/metadata/v2.metadata.json' },
  )
  expect(metadata.schemas).toHaveLength(2)
  expect(metadata['current-schema-id']).toBe(0)
})

describe('refused is what older rows could not be read by', () => {
  test.each<[SchemaChange, RegExp]>([
    [
      { kind: 'add', column: { name: 'x', type: { kind: 'int' }, isRequired: true } },
      /"x" cannot be required/,
    ],
    [{ kind: 'add', column: { name: 'ID', type: { kind: 'int' } } }, /a column "id" already/],
    [{ kind: 'add', parent: 'price', column: { name: 'x', type: { kind: 'int' } } }, /"price" is no struct/],
    [
      { kind: 'add', parent: 'none', column: { name: 'x', type: { kind: 'int' } } },
      /no column "none"; there are id, at/,
    ],
    [{ kind: 'rename', column: 'price', name: 'at' }, /a column "at" already/],
    [{ kind: 'drop', column: 'at' }, /"at" cannot be dropped: the table is partitioned by "at_day"/],
    [{ kind: 'drop', column: 'id' }, /"id" tells the table's rows apart/],
    [{ kind: 'make-optional', column: 'id' }, /"id" tells the table's rows apart/],
    [{ kind: 'drop', column: 'items.element.n' }, /A struct has at least one field/],
    [
      { kind: 'widen', column: 'price', type: { kind: 'decimal', precision: 18, scale: 3 } },
      /cannot become decimal/,
    ],
    [
      { kind: 'widen', column: 'price', type: { kind: 'decimal', precision: 8, scale: 2 } },
      /cannot become decimal/,
    ],
    [{ kind: 'widen', column: 'id', type: { kind: 'string' } }, /cannot become string/],
    [{ kind: 'widen', column: 'address', type: { kind: 'string' } }, /cannot become/],
    [{ kind: 'widen', column: 'rates.key', type: { kind: 'long' } }, /Keys of maps cannot be changed/],
    [{ kind: 'move', column: 'id', at: { after: 'address.city' } }, /does not stand beside it/],
  ])('%j', (change, message) => {
    expect(() => evolvedSchema(table, [change])).toThrow(message)
    expect(() => evolvedSchema(table, [change])).toThrow(/ICEBERG_SCHEMA_INVALID/)
  })
})
