// biome-ignore-all lint/suspicious/noTemplateCurlyInString: rules name columns so
/**
 * The law of wrong rules: whatever a part of a good document is replaced by, either it is another good document, or it is refused with
 * CDC_RULES_INVALID; nothing else is thrown, neither when it is read nor when its tables are seen.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeEnvelope } from '../envelope/make-envelope.ts'
import { change, column, encodeAll, mysqlSource, table, types } from '../testing/change-samples.ts'
import { locator, mappings, selection, transformation } from '../testing/rule-samples.ts'
import { makeRules } from './make-rules.ts'

const orders = table([
  column('id', types.int),
  column('first', types.text),
  column('last', types.text),
  column('price', types.decimal),
])
const at = (name: string) => locator('shop', 'orders', { 'column-name': name })

const good = mappings(
  selection('shop', '%', {
    'load-order': 2,
    filters: [
      {
        'filter-type': 'source',
        'column-name': 'id',
        'filter-conditions': [
          { 'filter-operator': 'eq', value: '5' },
          { 'filter-operator': 'between', 'start-value': '50', 'end-value': '60' },
        ],
      },
    ],
  }),
  selection('shop', 'log[_]%', { 'rule-action': 'exclude' }),
  transformation('schema', 'rename', { 'schema-name': 'shop' }, { value: 'store' }),
  transformation('table', 'replace-prefix', locator('shop', 'orders'), { value: 'b', 'old-value': 'o' }),
  transformation('column', 'rename', at('first'), { value: 'given' }),
  transformation('column', 'change-data-type', at('price'), {
    'data-type': { type: 'numeric', precision: 12, scale: 4 },
  }),
  transformation('column', 'add-column', locator('shop', 'orders'), {
    value: 'full',
    expression: "$first || ' ' || $last",
    'data-type': { type: 'string', length: 50 },
  }),
  transformation('column', 'add-before-image-columns', locator('shop', 'orders'), {
    'before-image-def': { 'column-prefix': 'BI_', 'column-filter': 'pk-only' },
  }),
  transformation('table', 'define-primary-key', locator('shop', 'orders'), {
    'primary-key-def': { name: 'pk', columns: ['id'] },
  }),
  {
    'rule-type': 'object-mapping',
    'rule-action': 'map-record-to-document',
    'object-locator': locator('shop', 'orders'),
    'target-table-name': 'x',
    'mapping-parameters': {
      'partition-key-type': 'attribute-name',
      'partition-key-name': 'Who',
      'exclude-columns': ['given'],
      'attribute-mappings': [
        {
          'target-attribute-name': 'Who',
          'attribute-type': 'scalar',
          'attribute-sub-type': 'string',
          value: '${given} ${last}',
        },
      ],
    },
  },
)

/** Paths of all parts of a document. */
function paths(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([name, part]) => paths(part, [...path, name]))]
}

function replaced(value: unknown, [first, ...rest]: readonly string[], by: unknown): unknown {
  if (first === undefined) return by
  if (Array.isArray(value))
    return value.map((item, i) => (String(i) === first ? replaced(item, rest, by) : item))
  const members = value as { readonly [name: string]: unknown } // A path leads through objects and lists.
  return { ...members, [first]: replaced(members[first], rest, by) }
}

const known = fc.constantFrom(
  ...[
    'schema',
    'table',
    'column',
    'rename',
    'remove-column',
    'include-column',
    'convert-lowercase',
    'exclude',
  ],
  ...[
    'explicit',
    'noteq',
    'notnull',
    'view',
    'datetime',
    'int1',
    'blob',
    'document',
    'constant',
    'transaction-id',
  ],
  ...['%', 'o%', '[', '[]', '_', '${id}', '$id', '$id *', "'", '', 'id', 'given', 'last', '-1', '1e400'],
)
const anything = fc.oneof(
  { weight: 3, arbitrary: known },
  { weight: 1, arbitrary: fc.jsonValue() },
  { weight: 1, arbitrary: fc.constant(undefined) },
)

test('a document with parts replaced is good, or refused as rules are', () => {
  const all = paths(good)
  let refused = 0
  const row = [5, 'Ann', 'Lee', '1.50']
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(all.length - 1), anything), { minLength: 1, maxLength: 2 }),
      (swaps) => {
        let document: unknown = good
        // Later paths first, so that an earlier replacement does not take them away.
        for (const [index, by] of swaps.toSorted(([a], [b]) => b - a))
          document = replaced(document, all[index]!, by)
        try {
          const rules = makeRules({ mappings: document as object })
          const transform = rules.forTable(orders)
          rules.isSelected(orders)
          rules.loadOrder(orders)
          rules.describe()
          const event = transform.apply(change('update', orders, { before: row, after: row }))
          if (event !== undefined) encodeAll(makeEnvelope('dms', mysqlSource, { rules }), event)
        } catch (error) {
          refused++
          // A value that the new type cannot hold is the one thing that a good document may find in a row.
          expect(error).toMatchObject({ code: expect.stringMatching(/^CDC_(RULES|VALUE)_INVALID$/) })
        }
      },
    ),
    { numRuns: 2000 },
  )
  expect(refused).toBeGreaterThan(0)
})

test('the document itself is good', () => {
  const rules = makeRules({ mappings: good })
  const event = rules.forTable(orders).apply(change('insert', orders, { after: [5, 'Ann', 'Lee', '1.50'] }))
  const [record] = encodeAll(makeEnvelope('dms', mysqlSource, { rules }), event!)
  expect(record?.key).toBe('Ann Lee')
  expect(JSON.parse(record!.data).data).toEqual({
    Who: 'Ann Lee',
    _doc: { id: 5, last: 'Lee', price: 1.5, full: 'Ann Lee' },
  })
  expect(rules.forTable(orders).schema).toMatchObject({ schema: 'store', table: 'brders' })
})
