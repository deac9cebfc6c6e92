import { expect, test } from 'vitest'
import type { TableSchema } from '../../model/table-schema.ts'
import type { RelationMessage } from '../pgoutput/messages.ts'
import { readText } from '../values/read-value.ts'
import { relationSchema } from './relation-schema.ts'
import { attributeOf, schemaDetails } from './schema-details.ts'
import { schemaDifference } from './schema-difference.ts'

/** `id:1* name:2` : names with their numbers; a star marks the key; a type may stand behind a slash. */
function table(text: string): TableSchema {
  const columns = text.split(' ').map((part) => {
    const [, name = '', type = 'text', number = '', star] = /^(\w+)(?:\/(\w+))?:(\d+)(\*)?$/.exec(part) ?? []
    return { name, type, number: Number(number), isKey: star === '*' }
  })
  return {
    schema: 'public',
    table: 't',
    columns: columns.map(({ name, type, isKey }) => ({
      name,
      type: { kind: 'text', native: type },
      isNullable: !isKey,
    })),
    key: columns.flatMap(({ isKey }, i) => (isKey ? [i] : [])),
    details: schemaDetails(
      7,
      columns.map(({ number }) => number),
    ),
  }
}

/** What the log says of it: no numbers. */
function logged(schema: TableSchema, identity = 'd') {
  const message: RelationMessage = {
    id: 7,
    schema: 'public',
    table: 't',
    identity,
    columns: schema.columns.map(({ name }, i) => ({
      name,
      isKey: identity === 'f' || schema.key.includes(i),
      typeId: 25,
      modifier: -1,
    })),
  }
  return { message, types: schema.columns.map(({ type }) => ({ type, read: readText })) }
}

function resolve(
  then: TableSchema,
  known: TableSchema | undefined,
  now: TableSchema | undefined,
  identity = 'd',
) {
  const { message, types } = logged(then, identity)
  return relationSchema(message, types, known, now)
}

test('a schema that fits what the log says is taken as it is', () => {
  const known = table('id:1* name:2')
  expect(resolve(table('id:1* name:2'), known, undefined)).toBe(known)
  const now = table('id:1* name:2 more:3')
  expect(resolve(now, known, now)).toBe(now)
})

test.each([
  [
    'a rename in the middle, while the catalog is further',
    'id:1* a:2 b:3',
    'id:1* x:2 b:3',
    'id:1* y:2 b:3',
    'rename-column',
  ],
  ['a rename at the end, and then another', 'id:1* a:2', 'id:1* x:2', 'id:1* y:2', 'rename-column'],
  ['one dropped and one added at the end', 'id:1* a:2', 'id:1* x:3', 'id:1* x:3 z:4', 'change-columns'],
  ['two dropped and one added', 'id:1* a:2 b:3', 'id:1* x:4', 'id:1* x:4 z:5', 'change-columns'],
  ['one added', 'id:1* a:2', 'id:1* a:2 b:3', 'id:1* a:2 b:3 c:4', 'add-column'],
  ['one dropped', 'id:1* a:2 b:3', 'id:1* b:3', 'id:1* b:3 c:4', 'drop-column'],
  ['a type', 'id:1* a:2', 'id:1* a/int:2', 'id:1* a/int:2 c:3', 'column-type-change'],
  ['a rename with another type', 'id:1* a:2 b:3', 'id:1* x/int:2 b:3', 'id:1* x/int:2 b:3', 'change-columns'],
  ['a key of other columns', 'id:1* a:2', 'id:1 a:2*', 'id:1 a:2* c:3', 'change-columns'],
  ['nothing that shows in rows', 'id:1* a:2', 'id:1* a:2', 'id:1* a:2', undefined],
])('%s', (_, before, then, now, operation) => {
  const known = table(before)
  const schema = resolve(table(then), known, table(now))
  expect(schema.columns.map((column) => column.name)).toEqual(
    table(then).columns.map((column) => column.name),
  )
  expect(schemaDifference(known, schema)).toBe(operation)
  // Columns that are known keep their numbers.
  schema.columns.forEach((_, i) => {
    const number = attributeOf(schema, i)
    if (number !== undefined) expect(number).toBe(attributeOf(table(then), i))
  })
})

test('the order of the key comes from what is known, since the log has only its columns', () => {
  const known: TableSchema = { ...table('a:1* b:2* c:3'), key: [1, 0] }
  expect(resolve(table('a:1* b:2* c:3 d:4'), known, undefined).key).toEqual([1, 0])
  expect(resolve(table('a:1* b:2* c:3'), undefined, undefined).key).toEqual([0, 1])
  // With REPLICA IDENTITY FULL every column is marked.
  expect(resolve(table('a:1* b:2* c:3 d:4'), known, undefined, 'f').key).toEqual([1, 0])
  expect(resolve(table('a:1 b:2'), undefined, undefined, 'f').key).toEqual([])
})
