/** Transformation rules: what DMS' pages show, in own words, and a naive model of renames and removals over random rules. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SchemaChange } from '../model/log-event.ts'
import type { TableSchema } from '../model/table-schema.ts'
import { change, column, table, transaction, types } from '../testing/change-samples.ts'
import {
  locator,
  mappings,
  type RuleMembers as Rule,
  selection,
  transformation,
} from '../testing/rule-samples.ts'
import { makeRules } from './make-rules.ts'

const all = selection('%', '%')
const people = table(
  [
    column('Id', types.int, false),
    column('FirstName', types.text),
    column('LastName', types.text),
    column('Salary', types.decimal),
    column('Photo', { kind: 'bytes', native: 'longblob', isLarge: true }),
  ],
  [0],
  { schema: 'hr', table: 'Employees' },
)
const ann = [1, 'Ann', 'Lee', '1200.50', Buffer.from([1])] as const
const of = (schema: TableSchema, ...rules: readonly Rule[]) =>
  makeRules({ mappings: mappings(all, ...rules) }).forTable(schema)
const names = ({ schema }: { readonly schema: TableSchema }) => schema.columns.map(({ name }) => name)
const where = (columnName?: string) =>
  locator('hr', 'Employees', columnName === undefined ? {} : { 'column-name': columnName })

test('without a rule for the table nothing is touched: same schema, same events', () => {
  const transform = of(people, transformation('table', 'rename', locator('crm', '%'), { value: 'x' }))
  const event = change('insert', people, { after: ann })
  expect(transform.schema).toBe(people)
  expect(transform.apply(event)).toBe(event)
})

test.each([
  ['rename', { value: 'staff' }, 'staff'],
  ['convert-lowercase', {}, 'employees'],
  ['convert-uppercase', {}, 'EMPLOYEES'],
  ['add-prefix', { value: 'DMS_' }, 'DMS_Employees'],
  ['remove-prefix', { value: 'Emp' }, 'loyees'],
  ['remove-prefix', { value: 'emp' }, 'Employees'],
  ['replace-prefix', { 'old-value': 'Emp', value: 'Dep' }, 'Deployees'],
  ['add-suffix', { value: '_v1' }, 'Employees_v1'],
  ['remove-suffix', { value: 'ees' }, 'Employ'],
  ['replace-suffix', { 'old-value': 'ees', value: 'ment' }, 'Employment'],
  ['remove-prefix', { value: 'Employees' }, 'Employees'],
])('%s %o of a table, a schema and a column', (action, members, result) => {
  const table1 = of(people, transformation('table', action, locator('hr', '%'), members))
  expect([table1.schema.schema, table1.schema.table]).toEqual(['hr', result])
  const schemaNamed = { ...people, schema: 'Employees' }
  const schema1 = of(schemaNamed, transformation('schema', action, { 'schema-name': '%' }, members))
  expect(schema1.schema.schema).toBe(result)
  const columnNamed = table([column('Employees', types.int)], [0])
  const place = locator('%', '%', { 'column-name': 'Empl%' })
  expect(names(of(columnNamed, transformation('column', action, place, members)))).toEqual([result])
})

test('members that an action does not use may stand there empty, as tools write them', () => {
  const rule = transformation('table', 'convert-lowercase', locator('hr', '%'), {
    value: null,
    'old-value': null,
  })
  expect(of(people, rule).schema.table).toBe('employees')
})

test('columns are renamed and removed, and locators name them as the source does, in any order of rules', () => {
  const rules = [
    transformation('table', 'rename', locator('hr', 'Employees'), { value: 'staff' }),
    transformation('column', 'rename', where('FirstName'), { value: 'given' }),
    transformation('column', 'remove-column', where('Salary')),
    transformation('column', 'convert-lowercase', where('L%')),
  ]
  for (const order of [rules, rules.toReversed()]) {
    const transform = of(people, ...order)
    expect(names(transform)).toEqual(['Id', 'given', 'lastname', 'Photo'])
    const event = transform.apply(
      change('update', people, { before: [1, 'An', 'Lee', '1', null], after: ann }),
    )
    expect(event).toMatchObject({
      operation: 'update',
      before: [1, 'An', 'Lee', null],
      after: [1, 'Ann', 'Lee', Buffer.from([1])],
    })
    expect(event?.kind === 'row' && event.table).toBe(transform.schema)
  }
})

test('include-column keeps those that are named, and no other', () => {
  const transform = of(
    people,
    transformation('column', 'include-column', where('Id')),
    transformation('column', 'include-column', where('%Name')),
  )
  expect(names(transform)).toEqual(['Id', 'FirstName', 'LastName'])
})

test('add-column computes from the source row, whatever became of its columns', () => {
  const transform = of(
    people,
    transformation('column', 'remove-column', where('%Name')),
    transformation('column', 'add-column', locator('hr', 'Employees'), {
      value: 'full',
      expression: "$LastName || ', ' || $FirstName",
      'data-type': { type: 'string', length: '6' },
    }),
    transformation('column', 'add-column', locator('hr', 'Employees'), {
      value: 'raise',
      expression: '$Salary * 1.1',
      'data-type': { type: 'numeric', precision: '10', scale: '1' },
    }),
  )
  expect(names(transform)).toEqual(['Id', 'Salary', 'Photo', 'full', 'raise'])
  const event = transform.apply(change('insert', people, { after: ann }))
  expect(event).toMatchObject({ after: [1, '1200.50', Buffer.from([1]), 'Lee, A', '1320.6'] })
  const deletion = transform.apply(
    change('delete', people, { before: [1, undefined, undefined, undefined, undefined] }),
  )
  expect(deletion).toMatchObject({ before: [1, undefined, undefined, undefined, undefined] })
})

test('before images as columns: of updates, null elsewhere; of the key, of no LOB; with other names', () => {
  const rule = (definition?: object) =>
    of(
      people,
      transformation(
        'column',
        'add-before-image-columns',
        locator('hr', 'Employees'),
        definition === undefined ? {} : { 'before-image-def': definition },
      ),
      transformation('column', 'rename', where('FirstName'), { value: 'given' }),
    )
  expect(names(rule())).toEqual(['Id', 'given', 'LastName', 'Salary', 'Photo', 'BI_Id'])
  const everything = rule({ 'column-prefix': '', 'column-suffix': '_old', 'column-filter': 'all' })
  expect(names(everything).slice(5)).toEqual(['Id_old', 'given_old', 'LastName_old', 'Salary_old'])
  const update = everything.apply(
    change('update', people, { before: [1, 'Al', 'Lee', '1', null], after: ann }),
  )
  expect(update).toMatchObject({
    after: [...ann, 1, 'Al', 'Lee', '1'],
    before: [1, 'Al', 'Lee', '1', null, null, null, null, null],
  })
  const insert = everything.apply(change('insert', people, { after: ann }))
  expect(insert).toMatchObject({ after: [...ann, null, null, null, null] })
})

test.each([
  ['Salary', { type: 'int4' }, '1200.50', 1201],
  ['Salary', { type: 'string', length: 4 }, '1200.50', '1200'],
  ['Salary', { type: 'real8' }, '1200.50', 1200.5],
  ['Salary', { type: 'numeric', precision: 6, scale: 1 }, '1200.55', '1200.6'],
  ['Salary', { type: 'boolean' }, '0.00', false],
  ['FirstName', { type: 'int8' }, '9223372036854775807', 9223372036854775807n],
  ['FirstName', { type: 'date' }, '2024-05-06T07:08:09Z', '2024-05-06'],
  ['FirstName', { type: 'datetime', scale: 3 }, '2024-05-06 07:08', '2024-05-06 07:08:00.000'],
  ['FirstName', { type: 'time' }, '2024-05-06 07:08:09', '07:08:09'],
  ['FirstName', { type: 'boolean' }, 'yes', true],
  ['FirstName', { type: 'bytes' }, 'é', Buffer.from('é')],
  ['Photo', { type: 'string' }, Buffer.from([10]), '0x0a'],
  ['Id', { type: 'numeric', precision: 5, scale: 2 }, 7, '7.00'],
  ['Id', { type: 'uint1' }, 255, 255],
] as const)('%s as %o: %s becomes %s', (name, dataType, value, result) => {
  const transform = of(
    people,
    transformation('column', 'change-data-type', where(name), { 'data-type': dataType }),
  )
  const index = people.columns.findIndex((found) => found.name === name)
  const after = people.columns.map((_, i) => (i === index ? value : null))
  const event = transform.apply(change('insert', people, { after }))
  expect(event?.kind === 'row' && event.after?.[index]).toEqual(result)
})

test.each([
  ['Id', { type: 'uint1' }, 256],
  ['Id', { type: 'int1' }, -129],
  ['FirstName', { type: 'int4' }, 'one'],
  ['FirstName', { type: 'date' }, '06.05.2024'],
  ['Salary', { type: 'numeric', precision: 3, scale: 0 }, '1000.00'],
  ['Photo', { type: 'bytes', length: 1 }, Buffer.from([1, 2])],
] as const)('%s as %o: %s is refused and not cut', (name, dataType, value) => {
  const transform = of(
    people,
    transformation('column', 'change-data-type', where(name), { 'data-type': dataType }),
  )
  const after = people.columns.map((found) => (found.name === name ? value : null))
  expect(() => transform.apply(change('insert', people, { after }))).toThrow(
    new RegExp(`^CDC_VALUE_INVALID rule 2 "rule 2", column "${name}": .* is no value of`),
  )
})

test('keys: of renamed columns, defined anew, gone with one of their columns', () => {
  const pair = table([column('a', types.int), column('b', types.int), column('c', types.int)], [1, 0])
  const any = (columnName: string) => locator('%', '%', { 'column-name': columnName })
  expect(of(pair, transformation('column', 'rename', any('a'), { value: 'x' })).schema.key).toEqual([1, 0])
  expect(of(pair, transformation('column', 'remove-column', any('c'))).schema.key).toEqual([1, 0])
  expect(of(pair, transformation('column', 'remove-column', any('a'))).schema.key).toEqual([])
  const key = (columns: readonly string[]) =>
    transformation('table', 'define-primary-key', locator('%', '%'), {
      'primary-key-def': { name: 'pk', columns },
    })
  expect(of(pair, key(['c', 'a'])).schema.key).toEqual([2, 0])
  expect(() => of(pair, key(['d']))).toThrow(
    'primary-key-def.columns is ["d"]. Allowed: columns that are left of shop.orders: a, b, c',
  )
})

test.each([
  [
    'two names for a table',
    [
      transformation('table', 'rename', locator('hr', 'Employees'), { value: 'a' }),
      transformation('table', 'convert-lowercase', locator('%', '%')),
    ],
    'rule 3 "rule 3": object-locator',
  ],
  [
    'a name and a type for a column',
    [
      transformation('column', 'rename', where('Salary'), { value: 'pay' }),
      transformation('column', 'change-data-type', where('S%'), { 'data-type': { type: 'string' } }),
    ],
    'one action for each object: column Salary of hr.Employees is also that of rule 2 "rule 2"',
  ],
  [
    'a column that is not there',
    [transformation('column', 'remove-column', where('salary'))],
    'object-locator.column-name is "salary". Allowed: a column of hr.Employees: Id, FirstName, LastName, Salary, Photo. Names are case-sensitive.',
  ],
  [
    'two columns of one name',
    [transformation('column', 'rename', where('FirstName'), { value: 'LastName' })],
    'a name that no other column of hr.Employees ends with',
  ],
  [
    'an expression with an unknown column',
    [
      transformation('column', 'add-column', locator('hr', '%'), {
        value: 'x',
        expression: '$firstName',
        'data-type': { type: 'string' },
      }),
    ],
    'Did you mean "$FirstName"?',
  ],
] as const)('%s: refused when the table is known', (_, rules, message) => {
  expect(() => of(people, ...rules)).toThrow(message)
})

test('a column named with wildcards, or in tables with wildcards, need not be in each', () => {
  expect(names(of(people, transformation('column', 'remove-column', where('Salar[yi]s%'))))).toHaveLength(5)
  const anywhere = locator('hr', '%', { 'column-name': 'Missing' })
  expect(names(of(people, transformation('column', 'remove-column', anywhere)))).toHaveLength(5)
})

test('changes of the table go through the rules; those of removed columns vanish', () => {
  const rules = makeRules({
    mappings: mappings(
      all,
      transformation('table', 'rename', locator('hr', 'Employees'), { value: 'staff' }),
      transformation('column', 'remove-column', locator('hr', '%', { 'column-name': 'S%' })),
    ),
  })
  const without = { ...people, columns: people.columns.slice(0, 3) }
  const plus = { ...without, columns: [...without.columns, column('Phone', types.text)] }
  const event = (before: TableSchema, after: TableSchema): SchemaChange => ({
    kind: 'schema',
    operation: 'add-column',
    table: people,
    before,
    after,
    statement: undefined,
    transaction: transaction(),
    order: 0,
  })
  const salary = { ...without, columns: [...without.columns, people.columns[3]!] }
  expect(rules.forTable(salary).apply(event(without, salary))).toBeUndefined()
  const added = rules.forTable(plus).apply(event(without, plus))
  expect(added).toMatchObject({ table: { schema: 'hr', table: 'staff' }, operation: 'add-column' })
  // One object for each schema, by which envelopes recognise it.
  expect(added?.kind === 'schema' && added.after).toBe(rules.forTable(plus).schema)
  const truncate = { kind: 'truncate', table: people, transaction: transaction(), order: 0 } as const
  expect(rules.forTable(people).apply(truncate)).toMatchObject({ table: { table: 'staff' } })
})

test('law: renames and removals give what a naive model gives', () => {
  const letters = ['a', 'b', 'c', 'd', 'e']
  const source = table(
    letters.map((name) => column(name, types.int)),
    [0],
  )
  const action = fc.oneof(
    fc.constant({ kind: 'keep' } as const),
    fc.constant({ kind: 'remove' } as const),
    fc.record({ kind: fc.constant('rename' as const), to: fc.constantFrom('x', 'y', 'z', 'w', 'a') }),
    fc.constant({ kind: 'upper' } as const),
  )
  const values = fc.array(fc.oneof(fc.integer(), fc.constant(null), fc.constant(undefined)), {
    minLength: 5,
    maxLength: 5,
  })
  fc.assert(
    fc.property(fc.array(action, { minLength: 5, maxLength: 5 }), values, fc.nat(), (actions, row, turn) => {
      const rules = actions.flatMap((one, i): Rule[] => {
        const place = locator('shop', 'orders', { 'column-name': letters[i] })
        if (one.kind === 'remove') return [transformation('column', 'remove-column', place)]
        if (one.kind === 'upper') return [transformation('column', 'convert-uppercase', place)]
        return one.kind === 'rename' ? [transformation('column', 'rename', place, { value: one.to })] : []
      })
      const at = rules.length === 0 ? 0 : turn % rules.length
      const turned = [...rules.slice(at), ...rules.slice(0, at)]
      const expected = letters.flatMap((name, i) => {
        const one = actions[i]!
        if (one.kind === 'remove') return []
        const to = one.kind === 'rename' ? one.to : one.kind === 'upper' ? name.toUpperCase() : name
        return [{ name: to, value: row[i] }]
      })
      const wanted = expected.map(({ name }) => name)
      if (new Set(wanted).size < wanted.length) {
        expect(() => of(source, ...turned)).toThrow('CDC_RULES_INVALID')
        return
      }
      const transform = of(source, ...turned)
      expect(names(transform)).toEqual(wanted)
      const event = transform.apply(change('insert', source, { after: row }))
      expect(event?.kind === 'row' && event.after).toEqual(expected.map(({ value }) => value))
      expect(transform.schema.key).toEqual(actions[0]!.kind === 'remove' ? [] : [0])
    }),
    { numRuns: 1000 },
  )
})
