// biome-ignore-all lint/suspicious/noTemplateCurlyInString: rules name columns so
/** Object mappings with the envelope that writes them: the customers of DMS' guide, in own words. */
import { expect, test } from 'vitest'
import { makeEnvelope } from '../envelope/make-envelope.ts'
import type { DmsOptions } from '../source/cdc-options.ts'
import { change, column, encodeAll, mysqlSource, parsed, table, types } from '../testing/change-samples.ts'
import { locator, mappings, selection, transformation } from '../testing/rule-samples.ts'
import { makeRules } from './make-rules.ts'

const customers = table(
  ['id', 'first', 'last', 'home', 'phone'].map((name, i) => column(name, i === 0 ? types.int : types.text)),
  [0],
  { schema: 'crm', table: 'customers' },
)
const ann = [7, 'Ann', 'Lee', '1 Long Street', null] as const

const mapping = (action: string, parameters?: object) => ({
  'rule-type': 'object-mapping',
  'rule-action': action,
  'object-locator': locator('crm', 'customers'),
  'target-table-name': 'CustomerData',
  ...(parameters === undefined ? {} : { 'mapping-parameters': parameters }),
})
const attribute = (name: string, value: unknown, type = 'scalar', sub = 'string') => ({
  'target-attribute-name': name,
  'attribute-type': type,
  'attribute-sub-type': sub,
  value,
})

function write(
  rule: object,
  options: DmsOptions = {},
  row: readonly (string | number | null | undefined)[] = ann,
) {
  const rules = makeRules({ mappings: mappings(selection('%', '%'), rule as { [member: string]: unknown }) })
  const transform = rules.forTable(customers)
  const envelope = makeEnvelope({ format: 'dms', IncludePartitionValue: true, ...options }, mysqlSource, {
    rules,
  })
  const event = transform.apply(change('insert', customers, { after: row }))
  return encodeAll(envelope, event!)[0]!
}

const contact = { Home: { Address: '${home}', Phone: '${phone}' }, Name: 'Ms ${last}' }

test('record to record: columns that are not excluded, then the attributes', () => {
  const record = write(
    mapping('map-record-to-record', {
      'partition-key-type': 'attribute-name',
      'partition-key-name': 'CustomerName',
      'exclude-columns': ['first', 'last', 'home', 'phone'],
      'attribute-mappings': [
        attribute('CustomerName', '${last}, ${first}'),
        attribute('ContactDetails', contact, 'document', 'json'),
      ],
    }),
  )
  expect(record.key).toBe('Lee, Ann')
  expect(parsed(record).data).toEqual({
    id: 7,
    CustomerName: 'Lee, Ann',
    ContactDetails: { Home: { Address: '1 Long Street' }, Name: 'Ms Lee' },
  })
  expect(parsed(record).metadata).toMatchObject({
    'partition-key-type': 'attribute-name',
    'partition-key-value': 'Lee, Ann',
    'schema-name': 'crm',
    'table-name': 'customers',
  })
})

test('record to document: the attributes, and the other columns as _doc', () => {
  const record = write(
    mapping('map-record-to-document', {
      'exclude-columns': ['first'],
      'attribute-mappings': [attribute('Name', '${first}')],
    }),
  )
  expect(parsed(record).data).toEqual({ Name: 'Ann', _doc: { id: 7, last: 'Lee', home: '1 Long Street' } })
  expect(record.key).toBe('7')
})

test('without parameters a record is its columns, or all of them as _doc', () => {
  const columns = { id: 7, first: 'Ann', last: 'Lee', home: '1 Long Street' }
  expect(parsed(write(mapping('map-record-to-record'))).data).toEqual(columns)
  expect(parsed(write(mapping('map-record-to-document'))).data).toEqual({ _doc: columns })
})

test('an attribute of a column name takes its place; empty attributes are left out like empty columns', () => {
  const rule = mapping('map-record-to-record', {
    'attribute-mappings': [attribute('last', 'Dr ${last}'), attribute('call', '${phone}')],
  })
  expect(parsed(write(rule)).data).toEqual({ id: 7, first: 'Ann', last: 'Dr Lee', home: '1 Long Street' })
  expect(parsed(write(rule, { IncludeNullAndEmpty: true })).data).toMatchObject({ phone: null, call: '' })
})

test('a scalar of sub-type json stands as JSON where it is JSON', () => {
  const rule = mapping('map-record-to-record', {
    'exclude-columns': ['id', 'first', 'last', 'home', 'phone'],
    'attribute-mappings': [
      attribute('n', '${id}', 'scalar', 'json'),
      attribute('t', '${last}', 'scalar', 'json'),
    ],
  })
  expect(parsed(write(rule)).data).toEqual({ n: 7, t: 'Lee' })
})

test.each([
  [{ 'partition-key-type': 'schema-table' }, 'crm.customers', undefined],
  [{ 'partition-key-type': 'primary-key' }, '7', '7'],
  [{ 'partition-key-type': 'transaction-id' }, '7', '7'],
  [{ 'partition-key-type': 'attribute-name', 'partition-key-name': 'last' }, 'Lee', 'Lee'],
  [{ 'partition-key': { 'attribute-name': 'x', value: '${last}-${id}' } }, 'Lee-7', 'Lee-7'],
  [{ 'partition-key-type': 'constant', 'partition-key': { value: 'one' } }, 'one', 'one'],
  [{ 'partition-key': { value: 'one' } }, 'one', 'one'],
  [
    { 'partition-key-type': 'attribute-name', 'partition-key-name': 'phone' },
    'crm.customers',
    'crm.customers',
  ],
])('key of %o is %s', (parameters, key, value) => {
  const record = write(mapping('map-record-to-record', parameters))
  expect(record.key).toBe(key)
  expect(parsed(record).metadata['partition-key-value']).toBe(value)
})

test('what the log does not tell makes no attribute, and the key is the table', () => {
  const rule = mapping('map-record-to-record', {
    'partition-key-type': 'attribute-name',
    'partition-key-name': 'Name',
    'attribute-mappings': [
      attribute('Name', '${first} ${last}'),
      attribute('Contact', contact, 'document', 'json'),
      attribute('Id', 'no ${id}'),
    ],
  })
  const record = write(rule, { IncludeNullAndEmpty: true }, [7, undefined, undefined, undefined, undefined])
  expect(record.key).toBe('crm.customers')
  expect(parsed(record).data).toEqual({ id: 7, Contact: { Home: {} }, Id: 'no 7' })
})

test('indented documents say the same as those on one line', () => {
  for (const action of ['map-record-to-record', 'map-record-to-document']) {
    const rule = mapping(action, { 'attribute-mappings': [attribute('c', contact, 'document', 'json')] })
    expect(parsed(write(rule, { MessageFormat: 'json' }))).toEqual(parsed(write(rule)))
  }
})

test('columns are named as transformation rules leave them', () => {
  const rules = makeRules({
    mappings: mappings(
      selection('%', '%'),
      transformation('column', 'rename', locator('crm', 'customers', { 'column-name': 'last' }), {
        value: 'family',
      }),
      mapping('map-record-to-record', {
        'partition-key-type': 'attribute-name',
        'partition-key-name': 'family',
      }),
    ),
  })
  const event = rules.forTable(customers).apply(change('insert', customers, { after: ann }))
  expect(encodeAll(makeEnvelope('dms', mysqlSource, { rules }), event!)[0]!.key).toBe('Lee')
})

test.each([
  [{ 'exclude-columns': ['First'] }, 'There is no "First"; names are case-sensitive'],
  [{ 'attribute-mappings': [attribute('x', '${nobody}')] }, 'There is no "nobody"'],
  [{ 'partition-key-type': 'attribute-name', 'partition-key-name': 'x' }, 'There is no "x"'],
  [{ 'attribute-mappings': [attribute('x', { a: 1 }, 'document', 'json')] }, 'an object of texts'],
  [{ 'attribute-mappings': [attribute('x', { a: 'b' })] }, 'value is {"a":"b"}. Allowed: a text'],
  [{ 'attribute-mappings': [attribute('x', 'a'), attribute('x', 'b')] }, 'attributes of different names'],
])('%o is refused', (parameters, message) => {
  expect(() => write(mapping('map-record-to-record', parameters))).toThrow(message)
})

test('two mappings of one table are refused', () => {
  const rules = makeRules({
    mappings: mappings(
      selection('%', '%'),
      mapping('map-record-to-record'),
      mapping('map-record-to-document'),
    ),
  })
  expect(() => rules.forTable(customers)).toThrow('one object mapping for each table')
})
