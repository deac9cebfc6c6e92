import { describe, expect, test } from 'vitest'
import { newTableUpdates } from '../catalog/create-table.ts'
import type { Snapshot, TableMetadata, TableRequirement, TableUpdate } from '../metadata.ts'
import { applyUpdates, checkRequirements } from './apply-updates.ts'
import { partitionFields } from './partition-by.ts'
import { checkMetadata } from './read-metadata.ts'

const location = 'file:///t'
const file = (version: number) => `${location}/metadata/v${version}.metadata.json`
const updates = newTableUpdates({
  uuid: '7d0f9e36-6c3b-4cf0-9c57-2d1c5a0a7b11',
  location,
  schema: {
    columns: [
      { name: 'id', type: { kind: 'long' }, isRequired: true },
      { name: 'at', type: { kind: 'timestamp' } },
    ],
  },
  partitionBy: [{ column: 'at', transform: 'day' }],
})
const empty = applyUpdates(undefined, updates, { now: 1000, baseLocation: undefined })

function snapshot(id: number, sequence: number, time = 2000, parent?: number): Snapshot {
  return {
    'snapshot-id': id,
    ...(parent === undefined ? {} : { 'parent-snapshot-id': parent }),
    'sequence-number': sequence,
    'timestamp-ms': time,
    'manifest-list': `${location}/metadata/snap-${id}.avro`,
    summary: { operation: 'append' },
  }
}

const toMain = (id: number): TableUpdate => ({
  action: 'set-snapshot-ref',
  'ref-name': 'main',
  type: 'branch',
  'snapshot-id': id,
})
const apply = (base: TableMetadata, changes: readonly TableUpdate[], now = 3000) => {
  const next = applyUpdates(base, changes, { now, baseLocation: file(1) })
  // Whatever is made can be read again.
  expect(checkMetadata(JSON.parse(JSON.stringify(next)), 'made')).toEqual(JSON.parse(JSON.stringify(next)))
  return next
}

test('a new table', () => {
  expect(empty).toMatchObject({
    'format-version': 2,
    location,
    'last-sequence-number': 0,
    'last-column-id': 2,
    'current-schema-id': 0,
    'default-spec-id': 0,
    'last-partition-id': 1000,
    'default-sort-order-id': 0,
    'sort-orders': [{ 'order-id': 0, fields: [] }],
    snapshots: [],
    'metadata-log': [],
    refs: {},
  })
  expect(empty).not.toHaveProperty('current-snapshot-id')
  for (const missing of ['assign-uuid', 'set-location', 'set-current-schema']) {
    const rest = updates.filter((update) => update.action !== missing)
    expect(() => applyUpdates(undefined, rest, { now: 1, baseLocation: undefined })).toThrow(/COMMIT_INVALID/)
  }
})

test('snapshots go on main, into the log, and in order', () => {
  const one = apply(empty, [{ action: 'add-snapshot', snapshot: snapshot(11, 1) }, toMain(11)])
  expect(one).toMatchObject({
    'current-snapshot-id': 11,
    'last-sequence-number': 1,
    'last-updated-ms': 3000,
    'snapshot-log': [{ 'timestamp-ms': 2000, 'snapshot-id': 11 }],
    'metadata-log': [{ 'timestamp-ms': 1000, 'metadata-file': file(1) }],
  })
  // The writer's clock is ahead, then behind: times of the table do not go back.
  const two = apply(one, [{ action: 'add-snapshot', snapshot: snapshot(12, 2, 9000, 11) }, toMain(12)])
  const three = apply(
    two,
    [{ action: 'add-snapshot', snapshot: snapshot(13, 3, 4000, 12) }, toMain(13)],
    4000,
  )
  expect(three['snapshot-log'].map((entry) => entry['timestamp-ms'])).toEqual([2000, 9000, 9000])
  expect(three['last-updated-ms']).toBe(9000)
  // Back to an older one: current from now on.
  const back = apply(three, [toMain(11)], 10_000)
  expect(back['snapshot-log'].at(-1)).toEqual({ 'timestamp-ms': 10_000, 'snapshot-id': 11 })

  const add = (each: Snapshot) => () => apply(three, [{ action: 'add-snapshot', snapshot: each }])
  expect(add(snapshot(14, 3))).toThrow(/COMMIT_CONFLICT.*sequence number is 3/)
  expect(add(snapshot(13, 4))).toThrow(/COMMIT_INVALID.*snapshot 13 already/)
  expect(add(snapshot(2 ** 60, 4))).toThrow(/ICEBERG_NUMBER_TOO_LARGE/)
  expect(() => apply(three, [toMain(99)])).toThrow(/COMMIT_INVALID.*no such snapshot/)
  const tag: TableUpdate = { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'tag', 'snapshot-id': 11 }
  expect(() => apply(three, [tag])).toThrow(/COMMIT_INVALID.*cannot be a tag/)

  const removed = apply(three, [{ action: 'remove-snapshots', 'snapshot-ids': [11] }])
  expect(removed.snapshots.map((each) => each['snapshot-id'])).toEqual([12, 13])
  expect(removed['snapshot-log'].map((entry) => entry['snapshot-id'])).toEqual([12, 13])
  const gone = apply(three, [{ action: 'remove-snapshots', 'snapshot-ids': [13] }])
  expect(gone).not.toHaveProperty('current-snapshot-id')
  expect(gone.refs).toEqual({})
})

test('equal specs are one, and fields keep their ids over specs', () => {
  const schema = empty.schemas[0]!
  const fields = (by: Parameters<typeof partitionFields>[1], base: TableMetadata) =>
    partitionFields(schema, by, base['partition-specs'], base['last-partition-id'])
  const spec = (base: TableMetadata, by: Parameters<typeof partitionFields>[1]): TableUpdate[] => [
    { action: 'add-spec', spec: { 'spec-id': -1, fields: fields(by, base) } },
    { action: 'set-default-spec', 'spec-id': -1 },
  ]
  const bucket = { column: 'id', transform: 'bucket[ 4 ]' }
  const day = { column: 'at', transform: 'day' }
  const two = apply(empty, spec(empty, [bucket, day]))
  expect(
    two['partition-specs'][1]!.fields.map((field) => [field['field-id'], field.name, field.transform]),
  ).toEqual([
    [1001, 'id_bucket', 'bucket[4]'],
    [1000, 'at_day', 'day'],
  ])
  const three = apply(two, spec(two, []))
  const back = apply(three, spec(three, [day]))
  expect(back['partition-specs']).toHaveLength(3)
  expect(back['default-spec-id']).toBe(0)
  expect(back['last-partition-id']).toBe(1001)
  const four = apply(back, spec(back, [{ ...bucket, transform: 'bucket[8]' }]))
  expect(four['partition-specs'].at(-1)!.fields[0]!['field-id']).toBe(1002)

  for (const [by, message] of [
    [
      { column: 'id', transform: 'hour' },
      /"id" of type long cannot be partitioned by hour, which takes timestamps/,
    ],
    [{ column: 'id', transform: 'sort' }, /no transform for the column "id"/],
    [{ column: 'none', transform: 'day' }, /There is no column "none"/],
    [{ column: 'at', transform: 'day', name: 'id' }, /has the name of a column/],
  ] as const) {
    expect(() => fields([by], empty)).toThrow(message)
  }
  expect(() => fields([day, day], empty)).toThrow(/Two partition fields are named "at_day"/)
})

test('properties, and what others keep in the metadata', () => {
  const theirs = { ...empty, statistics: [{ 'snapshot-id': 1 }] }
  const next = apply(theirs, [
    { action: 'set-properties', updates: { a: '1', b: '2' } },
    { action: 'remove-properties', removals: ['a', 'write.delete.mode'] },
  ])
  expect(next.properties).toMatchObject({ b: '2' })
  expect(Object.keys(next.properties)).not.toContain('a')
  expect(next).toMatchObject({ statistics: [{ 'snapshot-id': 1 }] })
  expect(() => apply(empty, [{ action: 'assign-uuid', uuid: 'other' }])).toThrow(/COMMIT_INVALID.*uuid/)
  expect(() => apply(empty, [{ action: 'upgrade-format-version', 'format-version': 3 }])).toThrow(
    /ICEBERG_VERSION_UNSUPPORTED/,
  )
  // As a client of a newer protocol might send it.
  const unknown = { action: 'set-statistics' } as unknown as TableUpdate
  expect(() => apply(empty, [unknown])).toThrow(/COMMIT_INVALID.*set-statistics/)
})

describe('requirements', () => {
  const table = apply(empty, [{ action: 'add-snapshot', snapshot: snapshot(11, 1) }, toMain(11)])
  test.each<[TableRequirement, TableRequirement]>([
    [
      { type: 'assert-table-uuid', uuid: table['table-uuid'].toUpperCase() },
      { type: 'assert-table-uuid', uuid: 'x' },
    ],
    [
      { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 11 },
      { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': null },
    ],
    [
      { type: 'assert-ref-snapshot-id', ref: 'none', 'snapshot-id': null },
      { type: 'assert-ref-snapshot-id', ref: 'none', 'snapshot-id': 11 },
    ],
    [
      { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': 2 },
      { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': 1 },
    ],
    [
      { type: 'assert-current-schema-id', 'current-schema-id': 0 },
      { type: 'assert-current-schema-id', 'current-schema-id': 1 },
    ],
    [
      { type: 'assert-last-assigned-partition-id', 'last-assigned-partition-id': 1000 },
      { type: 'assert-last-assigned-partition-id', 'last-assigned-partition-id': 999 },
    ],
    [
      { type: 'assert-default-spec-id', 'default-spec-id': 0 },
      { type: 'assert-default-spec-id', 'default-spec-id': 1 },
    ],
    [
      { type: 'assert-default-sort-order-id', 'default-sort-order-id': 0 },
      { type: 'assert-default-sort-order-id', 'default-sort-order-id': 1 },
    ],
  ])('%j holds, %j does not', (right, wrong) => {
    expect(() => checkRequirements(table, [right])).not.toThrow()
    expect(() => checkRequirements(table, [right, wrong])).toThrow(/COMMIT_CONFLICT/)
    expect(() => checkRequirements(undefined, [right])).toThrow(/COMMIT_CONFLICT/)
  })

  test('that the table does not exist', () => {
    expect(() => checkRequirements(undefined, [{ type: 'assert-create' }])).not.toThrow()
    expect(() => checkRequirements(table, [{ type: 'assert-create' }])).toThrow(
      /COMMIT_CONFLICT.*exists already/,
    )
  })
})
