/** The law of the printer for Flink SQL: parse(print(x)) = x for generated trees of every node of the dialect. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { timestampUnits } from './parse-call.ts'
import { parseProgram } from './parser.ts'
import { printTree } from './printer.ts'
import type {
  Expression,
  FromItem,
  Hint,
  Identifier,
  Query,
  SelectQuery,
  SortItem,
  Statement,
  Tree,
  TypeName,
  WindowSpec,
} from './tree.ts'
import { shape } from './tree-shape.ts'

const span = { start: 0, end: 0 }

/**
 * A node of these fields and a span. What a field may be is for the law to say: a node of a wrong shape would not print or not
 * parse back to itself.
 */
function node<E = never>(fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<E> {
  // As said above.
  return fc.record({ ...fields, span: fc.constant(span) }) as unknown as fc.Arbitrary<E>
}
const just = <const V>(value: V): fc.Arbitrary<V> => fc.constant(value)
const none = fc.constant(undefined)
function maybe<V>(of: fc.Arbitrary<V>): fc.Arbitrary<V | undefined> {
  return fc.option(of, { nil: undefined })
}
function some<V>(of: fc.Arbitrary<V>, maxLength = 2): fc.Arbitrary<V[]> {
  return fc.array(of, { minLength: 1, maxLength })
}
function few<V>(of: fc.Arbitrary<V>): fc.Arbitrary<V[]> {
  return fc.array(of, { maxLength: 2 })
}

const name: fc.Arbitrary<Identifier> = fc
  .oneof(
    fc.constantFrom(
      ...['a', 'B', 'dateTime', 'timestamp', 'SELECT', 'key', 'VALUE', 'first', 'period', 'day', 'array'],
      ...['descriptor', 'permute', 'absent', 'a`b', 'a b', 'ü', 'match_recognize', 'unnest', 'if', 'primary'],
      ...['json', 'watermark', 'ordinality', 'nulls', 'time', 'emit', 'ignore', 'catalog', 'extended', 'if'],
    ),
    fc.string({ minLength: 1, maxLength: 5 }),
  )
  .map((text) => ({ name: text, span }))
const text = fc.string({ maxLength: 4 })

const type: fc.Arbitrary<TypeName> = fc.letrec<{ type: TypeName; element: TypeName }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<TypeName>(
      { name: 'INT', parameters: [], span },
      { name: 'DECIMAL', parameters: [10, 2], span },
      { name: 'STRING', parameters: [], span },
      { name: 'VARCHAR', parameters: [2147483647], span },
      { name: 'TIMESTAMP_LTZ', parameters: [3], span },
      { name: 'TIMESTAMP', parameters: [3], span },
      { name: 'INTERVAL DAY TO SECOND', parameters: [], span },
    ),
    node<TypeName>({
      name: fc.constantFrom('ARRAY', 'MULTISET'),
      parameters: just([]),
      elements: fc.tuple(tie('element')),
    }),
    node<TypeName>({
      name: just('MAP'),
      parameters: just([]),
      elements: fc.tuple(tie('element'), tie('element')),
    }),
    node<TypeName>({
      name: just('ROW'),
      parameters: just([]),
      fields: some(fc.record({ name, type: tie('element') })),
    }),
  ),
  element: fc.tuple(tie('type'), fc.boolean()).map(([of, notNull]) => (notNull ? { ...of, notNull } : of)),
})).type

const hint: fc.Arbitrary<Hint> = fc.oneof(
  node<Hint>({
    name: fc.constantFrom('OPTIONS', 'STATE_TTL', 'LOOKUP'),
    options: some(node({ name: text, value: text })),
    names: just([]),
  }),
  node<Hint>({
    name: just('BROADCAST'),
    options: just([]),
    names: fc.array(
      text.filter((t) => t !== ''),
      { maxLength: 2 },
    ),
  }),
)
const hints = maybe(some(hint))

/** x IN ((SELECT ...)) is x IN (SELECT ...). */
function isList(choices: readonly Expression[]): boolean {
  return choices.length > 1 || choices[0]!.kind !== 'subquery'
}

interface Trees {
  expression: Expression
  argument: Expression
  query: Query
  select: SelectQuery
  from: FromItem
  single: FromItem
  window: WindowSpec
  sort: SortItem
}

const trees = fc.letrec((loose) => {
  // The keys are those of Trees, each with its kind of node: the builder below makes them.
  const tie = loose as <K extends keyof Trees>(key: K) => fc.Arbitrary<Trees[K]>
  const operand = tie('expression')
  const leaf: fc.Arbitrary<Expression> = fc.oneof(
    node({ kind: just('number'), text: fc.constantFrom('0', '12', '1.5', '1e3') }),
    node({ kind: just('string'), value: text }),
    node({ kind: just('null') }),
    node({
      kind: just('interval'),
      negative: fc.boolean(),
      value: text,
      units: just({ from: 'DAY', to: undefined }),
    }),
    node({ kind: just('name'), parts: some(name, 3) }),
  )
  const callParts = { distinct: just(false), nulls: none, filter: maybe(operand), over: none }
  const behavior = fc.oneof(
    fc.record({ kind: fc.constantFrom('NULL' as const, 'ERROR' as const) }),
    fc.record({ kind: just('DEFAULT'), value: operand }),
  )
  const jsonParts = {
    returning: none,
    onEmpty: none,
    onError: none,
    wrapper: none,
    onNull: none,
    distinct: just(false),
    filter: none,
  }
  const period = fc.oneof(fc.tuple(operand, operand), fc.tuple(leaf))
  const onNull = fc.constantFrom('NULL' as const, 'ABSENT' as const, undefined)
  const compound: fc.Arbitrary<Expression> = fc.oneof(
    node({ kind: just('array'), elements: few(operand) }),
    node({ kind: just('map'), entries: fc.tuple(operand, operand) }),
    node({ kind: just('row'), elements: some(operand, 3) }),
    node({ kind: just('element'), operand, index: operand }),
    node({ kind: just('field'), operand: operand.filter(({ kind }) => kind !== 'name'), name }),
    node({ kind: just('unary'), op: fc.constantFrom('-', 'NOT'), operand }),
    node({
      kind: just('binary'),
      op: fc.constantFrom('+', '*', '||', '=', '<'),
      left: operand,
      right: operand,
    }),
    node({
      kind: just('is'),
      operand,
      negated: fc.boolean(),
      test: fc.constantFrom('NULL', 'JSON VALUE', 'JSON OBJECT'),
      other: none,
    }),
    node({
      kind: just('in'),
      operand,
      negated: fc.boolean(),
      choices: fc.oneof(some(operand).filter(isList), tie('query')),
    }),
    node({ kind: just('cast'), operand, type, tries: fc.constantFrom(true, undefined as never) }),
    node({
      kind: just('period'),
      op: just('OVERLAPS'),
      left: fc.tuple(operand, operand),
      right: period,
    }),
    // A point on the left needs a period on the right to be told from a name.
    node({
      kind: just('period'),
      op: just('OVERLAPS'),
      left: fc.tuple(leaf),
      right: fc.tuple(operand, operand),
    }),
    node({ kind: just('subquery'), form: fc.constantFrom('VALUE', 'EXISTS'), query: tie('query') }),
    node({
      kind: just('call'),
      name: fc.constantFrom('COUNT', 'LEFT', 'IF', 'YEAR').map((of) => ({ name: of, span })),
      args: fc.oneof(some(tie('argument'), 3), just('star')),
      ...callParts,
      over: maybe(tie('window')),
      nulls: fc.constantFrom('IGNORE' as const, undefined),
    }),
    node({
      kind: just('call'),
      name: just({ name: 'TIMESTAMPDIFF', span }),
      args: fc.tuple(
        fc.constantFrom(...timestampUnits).map((value) => ({ kind: 'string' as const, value, span })),
        operand,
        operand,
      ),
      ...callParts,
    }),
    node({
      ...jsonParts,
      kind: just('json'),
      name: just('JSON_VALUE'),
      args: fc.tuple(operand, operand),
      returning: maybe(type),
      onEmpty: maybe(behavior),
      onError: maybe(behavior),
    }),
    node({
      ...jsonParts,
      kind: just('json'),
      name: just('JSON_QUERY'),
      args: fc.tuple(operand, operand),
      wrapper: fc.constantFrom('WITHOUT', 'CONDITIONAL', 'UNCONDITIONAL', undefined),
      onError: maybe(fc.record({ kind: fc.constantFrom('EMPTY ARRAY' as const, 'NULL' as const) })),
    }),
    node({
      ...jsonParts,
      kind: just('json'),
      name: just('JSON_OBJECT'),
      args: fc.oneof(fc.tuple(operand, operand), just([])),
      onNull,
    }),
    node({
      ...jsonParts,
      kind: just('json'),
      name: just('JSON_ARRAYAGG'),
      args: fc.tuple(operand),
      onNull,
      filter: maybe(operand),
    }),
  )
  const argument: fc.Arbitrary<Expression> = fc.oneof(
    { weight: 4, arbitrary: operand },
    node({ kind: just('descriptor'), columns: some(name) }),
    node({
      kind: just('named-argument'),
      name,
      value: tie('argument').filter(({ kind }) => kind !== 'named-argument'),
    }),
    node({
      kind: just('table-argument'),
      source: fc.oneof(node({ kind: just('qualified'), parts: some(name) }), tie('query')),
      partitionBy: few(operand),
      orderBy: few(tie('sort')),
    }),
  )
  const tail = { over: none, alias: maybe(name), columns: none }
  const variable = name
  const single: fc.Arbitrary<FromItem> = fc.oneof(
    { depthSize: 'small' },
    node({ kind: just('named'), name: some(name), hints, asOf: maybe(operand), ...tail }),
    node({ kind: just('derived'), query: tie('query'), lateral: fc.constantFrom(true, undefined), ...tail }),
    node({
      kind: just('function'),
      call: node({
        kind: just('call'),
        name: just({ name: 'TUMBLE', span }),
        args: some(tie('argument')),
        ...callParts,
        filter: none,
      }),
      lateral: fc.constantFrom(true, undefined),
      ...tail,
    }),
    node({ kind: just('unnest'), expression: operand, ordinality: fc.boolean(), ...tail }),
    node({
      kind: just('match'),
      input: tie('single').filter(({ kind }) => kind !== 'match'),
      partitionBy: few(operand),
      orderBy: few(tie('sort')),
      measures: few(fc.record({ expression: operand, alias: name })),
      skip: fc.oneof(
        none,
        fc.record({ kind: fc.constantFrom('PAST LAST ROW' as const, 'TO NEXT ROW' as const) }),
        fc.record({ kind: fc.constantFrom('TO FIRST' as const, 'TO LAST' as const), variable }),
      ),
      pattern: some(
        fc
          .tuple(
            variable,
            fc.constantFrom([1, 1], [0, Infinity], [1, Infinity], [0, 1], [2, 2], [0, 3], [2, Infinity]),
            fc.boolean(),
          )
          .map(([of, [min, max], greedy]) => ({ variable: of, min: min!, max: max!, greedy, span })),
        3,
      ),
      within: maybe(operand),
      define: few(fc.record({ variable, condition: operand })),
      ...tail,
    }),
  ) as fc.Arbitrary<FromItem> // Absent and undefined fields are the same to the printer and to `shape`.
  const from: fc.Arbitrary<FromItem> = fc.oneof(
    { depthSize: 'small' },
    tie('single'),
    node({
      kind: just('join'),
      join: fc.constantFrom('INNER', 'LEFT'),
      natural: just(false),
      left: tie('from'),
      right: tie('from'),
      on: operand,
      using: none,
    }),
  )
  const keys = some(name, 3).map((names) =>
    [...new Set(names.map((each) => each.name))].map(
      (each): Expression => ({ kind: 'name', parts: [{ name: each, span }], span }),
    ),
  )
  const grouping: fc.Arbitrary<Pick<SelectQuery, 'groupBy' | 'groupingSets'>> = fc.oneof(
    just({ groupBy: undefined }),
    just({ groupBy: [] }),
    keys.map((groupBy) => ({ groupBy })),
    // Keys in order of appearance: the first set has them all.
    keys.map((groupBy) => ({ groupBy, groupingSets: [groupBy.map((_, at) => at), [0], []] })),
  )
  const select: fc.Arbitrary<SelectQuery> = fc
    .tuple(
      node<Partial<SelectQuery>>({
        kind: just('select'),
        stream: just(false),
        distinct: fc.boolean(),
        items: some(
          fc.oneof(
            node({ kind: just('star'), source: maybe(name) }),
            node({ kind: just('item'), expression: operand, alias: maybe(name) }),
          ),
        ),
        from: maybe(tie('from')),
        where: maybe(operand),
        stagger: none,
        having: maybe(operand),
        windows: fc.array(fc.record({ name, spec: tie('window') }), { maxLength: 1 }),
        orderBy: few(tie('sort')),
        within: none,
        limit: maybe(operand),
        offset: maybe(operand),
        hints,
      }),
      grouping,
    )
    .map(([parts, group]) => ({ ...parts, ...group }) as SelectQuery) // As above.
  const query: fc.Arbitrary<Query> = fc.oneof(
    { depthSize: 'small' },
    select,
    node({ kind: just('values'), rows: some(some(operand)) }),
    node({
      kind: just('with'),
      tables: some(fc.record({ name, columns: maybe(some(name)), query: tie('query') })),
      query: tie('query'),
    }),
    node({
      kind: just('set'),
      op: fc.constantFrom('UNION', 'EXCEPT', 'INTERSECT'),
      all: fc.boolean(),
      branches: fc.tuple(tie('query'), tie('query')),
    }),
  )
  return {
    expression: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, compound),
    argument,
    query,
    select,
    from,
    single,
    window: node<WindowSpec>({
      kind: just('window'),
      base: none,
      partitionBy: few(operand),
      orderBy: few(tie('sort')),
      frame: none,
    }),
    sort: node({
      expression: operand,
      descending: fc.boolean(),
      nulls: fc.constantFrom('FIRST', 'LAST', undefined as never),
    }),
  }
})

// As above.
const { expression, query } = trees as unknown as { [K in keyof Trees]: fc.Arbitrary<Trees[K]> }
const options = fc.array(node({ name: text, value: text }), { maxLength: 2 })
const insert = node({
  kind: just('insert'),
  expedited: just(false),
  overwrite: fc.constantFrom(true, undefined),
  target: name,
  hints,
  columns: maybe(some(name)),
  query,
})
const comment = maybe(text)
const statement = fc.oneof(
  node({ kind: just('query'), query }),
  insert,
  node({
    kind: just('create-table'),
    temporary: fc.boolean(),
    ifNotExists: fc.boolean(),
    name,
    columns: some(
      fc.oneof(
        node({
          kind: just('physical'),
          name,
          type,
          notNull: fc.boolean(),
          primaryKey: fc.boolean(),
          comment,
        }),
        node({ kind: just('metadata'), name, type, key: maybe(text), virtual: fc.boolean(), comment }),
        node({ kind: just('computed'), name, expression, comment }),
      ),
    ),
    watermark: maybe(node({ column: some(name), expression })),
    primaryKey: maybe(some(name)),
    comment,
    partitionedBy: few(name),
    options,
    like: maybe(
      fc.record({
        source: name,
        rules: few(
          fc.record({
            act: fc.constantFrom('INCLUDING', 'OVERWRITING'),
            what: fc.constantFrom('ALL', 'OPTIONS'),
          }),
        ),
      }),
    ),
    query: maybe(query),
  }),
  node({
    kind: just('create-view'),
    replace: just(false),
    ifNotExists: fc.boolean(),
    temporary: fc.boolean(),
    name,
    columns: maybe(some(name)),
    description: comment,
    query,
  }),
  node({ kind: just('statement-set'), inserts: some(insert) }),
  node({
    kind: just('explain'),
    details: fc.constantFrom([], ['PLAN FOR'], ['CHANGELOG_MODE', 'ESTIMATED_COST']),
    statement: insert,
  }),
  node({
    kind: just('drop'),
    what: fc.constantFrom('TABLE', 'VIEW'),
    name,
    ifExists: fc.constantFrom(true, undefined),
  }),
  node({ kind: just('describe'), name }),
  node({ kind: just('use'), name: some(name) }),
  node({ kind: just('set'), act: just('SET'), key: text, value: text }),
) as fc.Arbitrary<Statement> // Absent and undefined fields are the same to the printer and to `shape`.

test('parse(print(x)) = x for generated statements', () => {
  const seed = Number(process.env.FC_SEED ?? 20240131)
  fc.assert(
    fc.property(statement, (generated) => {
      const tree: Tree = { statements: [generated], span }
      const printed = printTree(tree, 'flink')
      const again = parseProgram(printed, 'flink')
      expect(again.diagnostics, printed).toEqual([])
      expect(shape(again.tree), printed).toEqual(shape(tree))
    }),
    { seed, numRuns: 300 },
  )
})
