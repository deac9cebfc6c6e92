/** Which tables rules select, and the documents that are refused: tables of cases, from DMS' pages on table mappings in own words. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { locator, mappings, selection, transformation } from '../testing/rule-samples.ts'
import { makeRules } from './make-rules.ts'

const dir = mkdtempSync(join(tmpdir(), 'millrace-rules-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const tables = ['shop.orders', 'shop.order_item', 'shop.Orders', 'crm.people', 'crm.v_people']
const parse = (text: string) => {
  const [schema = '', table = ''] = text.split('.')
  return { schema, table, type: table.startsWith('v_') ? ('view' as const) : ('table' as const) }
}

test.each([
  ['all of all', [selection('%', '%')], ['shop.orders', 'shop.order_item', 'shop.Orders', 'crm.people']],
  [
    'all of one schema but those that another rule excludes',
    [selection('shop', '%'), selection('shop', 'order[_]%', { 'rule-action': 'exclude' })],
    ['shop.orders', 'shop.Orders'],
  ],
  [
    'an exclude rule wins wherever it stands',
    [selection('shop', '%', { 'rule-action': 'exclude' }), selection('%', '%')],
    ['crm.people'],
  ],
  ['one table by name', [selection('shop', 'orders', { 'rule-action': 'explicit' })], ['shop.orders']],
  [
    'an exclude rule wins over an explicit one too',
    [
      selection('shop', 'orders', { 'rule-action': 'explicit' }),
      selection('shop', '%', { 'rule-action': 'exclude' }),
    ],
    [],
  ],
  [
    'views where they are asked for',
    [selection('crm', '%', { 'object-locator': locator('crm', '%', { 'table-type': 'view' }) })],
    ['crm.v_people'],
  ],
  [
    'tables and views',
    [selection('crm', '%', { 'object-locator': locator('crm', '%', { 'table-type': 'all' }) })],
    ['crm.people', 'crm.v_people'],
  ],
] as const)('%s', (_, rules, selected) => {
  const found = makeRules({ mappings: mappings(...rules) })
  expect(tables.filter((text) => found.isSelected(parse(text)))).toEqual(selected)
})

test('higher load orders come first; those that say nothing have 0', () => {
  const rules = makeRules({
    mappings: mappings(
      selection('shop', '%'),
      selection('shop', 'orders', { 'load-order': 3 }),
      selection('shop', 'order[_]item', { 'load-order': '-2' }),
      selection('crm', '%', { 'load-order': -5 }),
    ),
  })
  expect(rules.loadOrder(parse('shop.orders'))).toBe(3)
  expect(rules.loadOrder(parse('shop.Orders'))).toBe(0)
  // The rule for all of the schema says nothing.
  expect(rules.loadOrder(parse('shop.order_item'))).toBe(-2)
  expect(rules.loadOrder(parse('crm.people'))).toBe(-5)
})

test('a list of tables, with wildcards; all of them without a list', () => {
  const listed = makeRules({ tables: ['shop.order%', 'crm.people'] })
  expect(tables.filter((text) => listed.isSelected(parse(text)))).toEqual([
    'shop.orders',
    'shop.order_item',
    'crm.people',
  ])
  expect(listed.describe()).toBe('shop.order%, crm.people')
  expect(makeRules({}).isSelected(parse('crm.people'))).toBe(true)
  expect(makeRules({ tables: ['a[.]b.c.d'] }).isSelected({ schema: 'a.b', table: 'c.d' })).toBe(true)
})

test.each([[['orders']], [['']], [['shop.']], [[]]])('the list %j is refused', (list) => {
  expect(() => makeRules({ tables: list })).toThrow(/CDC_OPTION tables .*shop\.orders/)
})

test('tables and mappings together are refused', () => {
  expect(() => makeRules({ tables: ['a.b'], mappings: mappings(selection('%', '%')) })).toThrow('CDC_OPTION')
})

test('mappings from a file; a file that is missing or no JSON is named', () => {
  const path = join(dir, 'rules.json')
  writeFileSync(path, JSON.stringify(mappings(selection('shop', '%'))))
  expect(makeRules({ mappings: path }).isSelected(parse('shop.orders'))).toBe(true)
  writeFileSync(path, '{')
  expect(() => makeRules({ mappings: path })).toThrow(/CDC_RULES_INVALID .*rules\.json" is no JSON/)
  expect(() => makeRules({ mappings: join(dir, 'none.json') })).toThrow(/none\.json" cannot be read/)
})

const include = selection('%', '%')
const filtered = (filter: object) => selection('%', '%', { filters: [filter] })
const condition = (members: object) => ({
  'filter-type': 'source',
  'column-name': 'id',
  'filter-conditions': [members],
})
const rename = (more: object, target = 'table') =>
  transformation(
    target,
    'rename',
    locator('shop', 'orders', target === 'column' ? { 'column-name': 'id' } : {}),
    {
      value: 'x',
      ...more,
    },
  )

test.each([
  ['no object', [], 'the document'],
  ['no list', { rules: {} }, 'the document'],
  [
    'no rule that includes',
    mappings(selection('%', '%', { 'rule-action': 'exclude' })),
    'at least one selection rule',
  ],
  ['a rule that is a text', { rules: ['x'] }, 'rule at index 0'],
  ['no id', mappings({ ...include, 'rule-id': undefined }), 'rule-id is missing'],
  ['an id twice', mappings(include, { ...include, 'rule-id': 1 }), 'rule 2 "rule 2": rule-id is 1'.slice(8)],
  ['a name twice', mappings(include, { ...include, 'rule-name': 'rule 1' }), 'rule-name is "rule 1"'],
  ['an unknown type', mappings(include, { 'rule-type': 'select' }), 'Allowed: "selection", "transformation"'],
  [
    'an unknown action',
    mappings(selection('%', '%', { 'rule-action': 'includes' })),
    'Did you mean "include"?',
  ],
  ['an unknown member', mappings(selection('%', '%', { filter: [] })), 'Did you mean "filters"?'],
  ['no locator', mappings({ ...include, 'object-locator': undefined }), 'object-locator is missing'],
  [
    'no table',
    mappings({ ...include, 'object-locator': { 'schema-name': 'x' } }),
    'object-locator.table-name is missing',
  ],
  [
    'a wildcard where it is explicit',
    mappings(selection('shop', 'o%', { 'rule-action': 'explicit' })),
    'without wildcards',
  ],
  [
    'filters on an exclude rule',
    mappings(
      include,
      selection('a', '%', { 'rule-action': 'exclude', filters: [condition({ 'filter-operator': 'null' })] }),
    ),
    'no filters on an exclude rule',
  ],
  [
    'a load order that is no number',
    mappings(selection('%', '%', { 'load-order': 'first' })),
    'load-order is "first". Allowed: a whole number',
  ],
  [
    'a filter of another type',
    mappings(filtered({ ...condition({ 'filter-operator': 'null' }), 'filter-type': 'target' })),
    'filters[0].filter-type is "target"',
  ],
  [
    'a filter without conditions',
    mappings(filtered({ ...condition({}), 'filter-conditions': [] })),
    'at least one condition',
  ],
  [
    'an unknown operator',
    mappings(filtered(condition({ 'filter-operator': 'gt', value: '1' }))),
    'filters[0].filter-conditions[0].filter-operator is "gt". Allowed: "eq", "noteq", "gte", "ste"',
  ],
  [
    'an operator without its value',
    mappings(filtered(condition({ 'filter-operator': 'eq' }))),
    'value is missing',
  ],
  [
    'between without an end',
    mappings(filtered(condition({ 'filter-operator': 'between', 'start-value': '1' }))),
    'end-value is missing',
  ],
  [
    'a negative condition beside another',
    mappings(
      filtered({
        ...condition({}),
        'filter-conditions': [
          { 'filter-operator': 'noteq', value: '1' },
          { 'filter-operator': 'eq', value: '2' },
        ],
      }),
    ),
    'a negative operator as the only condition',
  ],
  [
    'an unknown target',
    mappings(include, rename({ 'rule-target': 'index' })),
    'rule-target is "index". Allowed: "schema", "table", "column"',
  ],
  [
    'an action of another target',
    mappings(include, { ...rename({}), 'rule-action': 'remove-column' }),
    'rule-action is "remove-column"',
  ],
  ['a rename without a name', mappings(include, rename({ value: undefined })), 'value is missing'],
  [
    'a replacement without what it replaces',
    mappings(include, rename({ 'rule-action': 'replace-prefix' })),
    'old-value is missing',
  ],
  [
    'a value that an action has no use for',
    mappings(include, rename({ 'rule-action': 'convert-lowercase' })),
    'member "value"',
  ],
  [
    'a column rule without a column',
    mappings(include, transformation('column', 'remove-column', locator('a', 'b'))),
    'object-locator.column-name is missing',
  ],
  [
    'a data type that is none',
    mappings(
      include,
      transformation('column', 'change-data-type', locator('a', 'b', { 'column-name': 'c' }), {
        'data-type': { type: 'varchar' },
      }),
    ),
    'data-type.type is "varchar". Allowed: "bytes", "date"',
  ],
  [
    'a precision that is too large',
    mappings(
      include,
      transformation('column', 'change-data-type', locator('a', 'b', { 'column-name': 'c' }), {
        'data-type': { type: 'numeric', precision: 39 },
      }),
    ),
    'a whole number from 1 to 38',
  ],
  [
    'a key without columns',
    mappings(
      include,
      transformation('table', 'define-primary-key', locator('a', 'b'), {
        'primary-key-def': { name: 'k', origin: 'unique-index' },
      }),
    ),
    'a list of the columns of the key',
  ],
  [
    'an object mapping of another action',
    mappings(include, {
      'rule-type': 'object-mapping',
      'rule-action': 'map-record',
      'object-locator': locator('a', 'b'),
    }),
    '"map-record-to-record", "map-record-to-document"',
  ],
  [
    'a key of an attribute that is not named',
    mappings(include, {
      'rule-type': 'object-mapping',
      'rule-action': 'map-record-to-record',
      'object-locator': locator('a', 'b'),
      'mapping-parameters': { 'partition-key-type': 'attribute-name' },
    }),
    'partition-key-name is missing',
  ],
] as const)('%s is refused', (_, document, message) => {
  const make = () => makeRules({ mappings: document as object })
  expect(make).toThrow(expect.objectContaining({ code: 'CDC_RULES_INVALID' }))
  expect(make).toThrow(message)
})

test('a message names the rule, the member, its value and what is allowed', () => {
  const document = {
    rules: [{ ...selection('%', '%', { 'load-order': 'x' }), 'rule-id': '17', 'rule-name': 'everything' }],
  }
  expect(() => makeRules({ mappings: document })).toThrow(
    'CDC_RULES_INVALID rule 17 "everything": load-order is "x". Allowed: a whole number.',
  )
})

test('rules of tables settings are read, since tasks have them', () => {
  const settings = {
    'rule-type': 'table-settings',
    'object-locator': locator('shop', 'orders'),
    'parallel-load': { type: 'partitions-auto' },
  }
  expect(
    makeRules({ mappings: mappings(selection('%', '%'), settings) }).isSelected(parse('shop.orders')),
  ).toBe(true)
})
