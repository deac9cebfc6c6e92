import fc from 'fast-check'
import { expect, test } from 'vitest'
import { corpus, parsedOnly } from '../laws/corpus.ts'
import { parseProgram } from './parser.ts'
import { printTree } from './printer.ts'
import type { Expression, FromItem, Identifier, Query, SelectItem, Tree, WindowSpec } from './tree.ts'
import { shape } from './tree-shape.ts'

const span = { start: 0, end: 0 }

function parsed(text: string): Tree {
  const { tree, diagnostics } = parseProgram(text, 'kda')
  expect(diagnostics, text).toEqual([])
  return tree
}

test('parse(print(parse(x))) = parse(x) for every program of the corpus', () => {
  for (const text of [...corpus, ...parsedOnly]) {
    const tree = parsed(text)
    expect(tree.statements.length).toBeGreaterThan(0)
    expect(shape(parsed(printTree(tree, 'kda')))).toEqual(shape(tree))
  }
})

const name: fc.Arbitrary<Identifier> = fc
  .oneof(
    fc.constantFrom(
      'A',
      'B',
      'ORDERS',
      'PRICE',
      'SELECT',
      'ROWTIME',
      'VALUE',
      'STEP',
      'lower case',
      'a"b',
      'ü',
      'WITHIN',
      'FLOOR',
      'STARTED',
      'IGNORE',
    ),
    fc.string({ minLength: 1, maxLength: 8 }),
  )
  .map((text) => ({ name: text, span }))

const unitNames = ['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND'] as const
const unit = fc.constantFrom(...unitNames)
/** One unit, or a unit TO a finer one. */
const units = fc.tuple(fc.nat(unitNames.length - 1), fc.nat(unitNames.length - 1)).map(([a, b]) => ({
  from: unitNames[Math.min(a, b)]!,
  to: a === b ? undefined : unitNames[Math.max(a, b)]!,
}))

const { expression } = fc.letrec<{
  expression: Expression
  leaf: Expression
  query: Query
  window: WindowSpec
  call: Expression
  from: FromItem
}>((tie) => {
  const operand = tie('expression')
  const optional = fc.option(operand, { nil: undefined })
  const node = <E extends object>(
    fields: { [K in keyof E]: fc.Arbitrary<E[K]> },
  ): fc.Arbitrary<E & { span: typeof span }> =>
    // The cast holds: fc.record makes exactly the fields that it is given, and the span is one of them.
    fc.record({ ...fields, span: fc.constant(span) }) as unknown as fc.Arbitrary<E & { span: typeof span }>
  const kind = <K extends string>(value: K): fc.Arbitrary<K> => fc.constant(value)
  const leaf: fc.Arbitrary<Expression> = fc.oneof(
    node({ kind: kind('number'), text: fc.constantFrom('0', '12', '1.5', '.5', '1e3', '2.5E-7') }),
    node({ kind: kind('string'), value: fc.string({ maxLength: 6 }) }),
    node({ kind: kind('bytes'), hex: fc.constantFrom('', '00ff') }),
    node({ kind: kind('boolean'), value: fc.constantFrom(true, false, null) }),
    node({ kind: kind('null') }),
    node({
      kind: kind('datetime'),
      type: fc.constantFrom('DATE', 'TIME', 'TIMESTAMP'),
      value: fc.string({ maxLength: 5 }),
    }),
    node({
      kind: kind('interval'),
      negative: fc.boolean(),
      value: fc.string({ maxLength: 4 }),
      units,
    }),
    node({ kind: kind('name'), parts: fc.array(name, { minLength: 1, maxLength: 3 }) }),
  )
  const logic: fc.Arbitrary<Expression> = fc
    .record({
      op: fc.constantFrom('AND' as const, 'OR' as const),
      operands: fc.array(operand, { minLength: 2, maxLength: 3 }),
    })
    // AND inside AND is one node in every parsed tree.
    .map(({ op, operands }) => ({
      kind: 'logic',
      op,
      operands: operands.flatMap((each) =>
        each.kind === 'logic' && each.op === op ? each.operands : [each],
      ),
      span,
    }))
  const callName = fc
    .constantFrom('COUNT', 'SUM', 'UPPER', 'LAG', 'FLOOR')
    .map((text) => ({ name: text, span }))
  const window: fc.Arbitrary<WindowSpec> = node({
    kind: kind('window'),
    base: fc.option(name, { nil: undefined }),
    partitionBy: fc.array(operand, { maxLength: 2 }),
    orderBy: fc.array(fc.record({ expression: operand, descending: fc.boolean(), span: fc.constant(span) }), {
      maxLength: 2,
    }),
    frame: fc.option(
      fc.record({
        unit: fc.constantFrom('RANGE' as const, 'ROWS' as const),
        from: fc.oneof(
          fc.constant({ kind: 'current-row' as const }),
          fc.constant({ kind: 'unbounded-preceding' as const }),
          operand.map((offset) => ({ kind: 'preceding' as const, offset })),
        ),
        to: fc.oneof(
          fc.constant({ kind: 'current-row' as const }),
          operand.map((offset) => ({ kind: 'following' as const, offset })),
        ),
        span: fc.constant(span),
      }),
      { nil: undefined },
    ),
  })
  const call: fc.Arbitrary<Expression> = node({
    kind: kind('call'),
    name: callName,
    args: fc.array(operand, { minLength: 1, maxLength: 2 }),
    distinct: kind(false as never).map(() => false),
    nulls: fc.constantFrom('IGNORE' as const, 'RESPECT' as const, undefined),
    filter: optional,
    over: fc.option(fc.oneof(tie('window'), name), { nil: undefined }),
  }).map((made) =>
    made.name.name === 'FLOOR'
      ? { ...made, args: made.args.slice(0, 1), nulls: undefined, filter: undefined, over: undefined }
      : made,
  )
  const compound: fc.Arbitrary<Expression> = fc.oneof(
    node({ kind: kind('unary'), op: fc.constantFrom('-', '+', 'NOT'), operand }),
    node({
      kind: kind('binary'),
      op: fc.constantFrom('+', '-', '*', '/', '%', '||', '=', '<>', '<', '>='),
      left: operand,
      right: operand,
    }),
    logic,
    node({
      kind: kind('is'),
      operand,
      negated: fc.boolean(),
      test: fc.constantFrom('NULL', 'TRUE', 'FALSE', 'UNKNOWN'),
      other: fc.constant(undefined),
    }),
    node({ kind: kind('is'), operand, negated: fc.boolean(), test: kind('DISTINCT FROM'), other: operand }),
    node({
      kind: kind('between'),
      operand,
      negated: fc.boolean(),
      symmetric: fc.boolean(),
      low: operand,
      high: operand,
    }),
    node({
      kind: kind('in'),
      operand,
      negated: fc.boolean(),
      // x IN ((SELECT ...)) is x IN (SELECT ...).
      choices: fc.oneof(
        fc
          .array(operand, { minLength: 1, maxLength: 3 })
          .filter((list) => list.length > 1 || list[0]!.kind !== 'subquery'),
        tie('query'),
      ),
    }),
    node({
      kind: kind('like'),
      op: fc.constantFrom('LIKE', 'SIMILAR TO'),
      operand,
      negated: fc.boolean(),
      pattern: operand,
      escape: optional,
    }),
    node({
      kind: kind('case'),
      operand: optional,
      branches: fc.array(fc.record({ when: operand, result: operand }), { minLength: 1, maxLength: 2 }),
      otherwise: optional,
    }),
    node({
      kind: kind('cast'),
      operand,
      type: fc.constantFrom(
        { name: 'DECIMAL', parameters: [5, 2], span },
        { name: 'DOUBLE', parameters: [], span },
        { name: 'CHARACTER VARYING', parameters: [3], span },
      ),
    }),
    node({ kind: kind('round-to-unit'), fn: fc.constantFrom('FLOOR', 'CEIL'), operand, unit }),
    node({ kind: kind('step'), operand, size: operand }),
    node({ kind: kind('extract'), unit: fc.constantFrom('HOUR', 'DOW'), operand }),
    node({
      kind: kind('substring'),
      form: kind('FROM'),
      operand,
      from: operand,
      length: optional,
      escape: fc.constant(undefined),
    }),
    node({
      kind: kind('trim'),
      where: fc.constantFrom('BOTH', 'LEADING', 'TRAILING'),
      character: optional,
      operand,
    }),
    node({ kind: kind('position'), needle: operand, haystack: operand }),
    node({ kind: kind('overlay'), operand, placing: operand, from: operand, length: optional }),
    node({
      kind: kind('temporal-difference'),
      left: operand,
      right: operand,
      units,
    }),
    node({ kind: kind('subquery'), form: fc.constantFrom('VALUE', 'EXISTS', 'CURSOR'), query: tie('query') }),
    call,
  )
  const item: fc.Arbitrary<SelectItem> = fc.oneof(
    node({ kind: kind('star'), source: fc.option(name, { nil: undefined }) }),
    node({ kind: kind('item'), expression: operand, alias: fc.option(name, { nil: undefined }) }),
  )
  const from: fc.Arbitrary<FromItem> = fc.oneof(
    { depthSize: 'small' },
    node({
      kind: kind('named'),
      name: fc.array(name, { minLength: 1, maxLength: 2 }),
      over: fc.option(fc.oneof(tie('window'), name), { nil: undefined }),
      alias: fc.option(name, { nil: undefined }),
      columns: fc.constant(undefined),
    }),
    node({
      kind: kind('join'),
      join: fc.constantFrom('INNER', 'LEFT', 'RIGHT', 'FULL'),
      natural: fc.constant(false),
      left: tie('from'),
      right: tie('from'),
      on: operand,
      using: fc.constant(undefined),
    }),
  )
  const query: fc.Arbitrary<Query> = node({
    kind: kind('select'),
    stream: fc.boolean(),
    distinct: fc.boolean(),
    items: fc.array(item, { minLength: 1, maxLength: 3 }),
    from: fc.option(tie('from'), { nil: undefined }),
    where: optional,
    groupBy: fc.option(fc.array(operand, { minLength: 1, maxLength: 2 }), { nil: undefined }),
    stagger: fc.constant(undefined),
    having: optional,
    windows: fc.array(fc.record({ name, spec: tie('window') }), { maxLength: 1 }),
    orderBy: fc.constant([]),
    within: fc.constant(undefined),
  })
  return {
    expression: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, compound),
    leaf,
    query,
    window,
    call,
    from,
  }
})

test('parse(print(x)) = x for generated trees', () => {
  const seed = Number(process.env.FC_SEED ?? 20240131)
  fc.assert(
    fc.property(expression, (generated) => {
      const select: Query = {
        kind: 'select',
        stream: true,
        distinct: false,
        items: [{ kind: 'item', expression: generated, alias: undefined, span }],
        from: undefined,
        where: generated,
        groupBy: undefined,
        stagger: undefined,
        having: undefined,
        windows: [],
        orderBy: [],
        within: undefined,
        span,
      }
      const tree: Tree = { statements: [{ kind: 'query', query: select, span }], span }
      const text = printTree(tree, 'kda')
      const again = parseProgram(text, 'kda')
      expect(again.diagnostics, text).toEqual([])
      expect(shape(again.tree), text).toEqual(shape(tree))
    }),
    { seed, numRuns: 600 },
  )
})

test('every span of a tree lies inside its text and inside its parent', () => {
  for (const text of [...corpus, ...parsedOnly]) {
    const check = (part: unknown, outer: { start: number; end: number }): void => {
      if (typeof part !== 'object' || part === null) return
      let inner = outer
      if ('span' in part) {
        // The cast holds: `span` of a tree node is always a Span.
        inner = part.span as { start: number; end: number }
        expect(inner.start).toBeGreaterThanOrEqual(outer.start)
        expect(inner.end).toBeLessThanOrEqual(outer.end)
        expect(inner.end).toBeGreaterThanOrEqual(inner.start)
      }
      for (const value of Object.values(part)) if (value !== inner) check(value, inner)
    }
    check(parsed(text), { start: 0, end: text.length })
  }
})
