import { describe, expect, test } from 'vitest'
import { reasonOf } from '../testing/refusal.ts'
import { assertOneForm, compileExpressions, type RequestExpressions } from './expressions.ts'

type Values = Record<string, unknown>

function conditionReason(text: string, values?: Values, names?: Record<string, string>): string {
  return reasonOf({
    FilterExpression: text,
    ExpressionAttributeValues: values,
    ExpressionAttributeNames: names,
  }).replace(/^Invalid FilterExpression: /, '')
}

function updateReason(text: string, values?: Values, names?: Record<string, string>): string {
  return reasonOf({
    UpdateExpression: text,
    ExpressionAttributeValues: values,
    ExpressionAttributeNames: names,
  }).replace(/^Invalid UpdateExpression: /, '')
}

describe('a syntax error shows the token between its neighbours', () => {
  test.each([
    ['INVALID SYNTAX HERE', 'INVALID', 'INVALID SYNTAX'],
    ['SET MyStr = myNum + 1', '1', '+ 1'],
    ['SET path = VALUE 1', '1', 'VALUE 1'],
    ['ADD hits : incr', ':', 'hits : incr'],
    ['SET NewAttr = {"NULL": true}', '{', '= {"'],
    ['SET a = b, #, c = d', '#', ', #,'],
    ['SET _123 = :v', '_', 'SET _123'],
    ['SET a = b,', '<EOF>', ','],
    ['set a', '<EOF>', 'a'],
    ['set a=set', 'set', '=set'],
    ['remove a = b', '=', 'a = b'],
    ['add a b', 'b', 'a b'],
    ['set :a = b', ':a', 'set :a ='],
    ['set a = b + c + d', '+', 'c + d'],
    ['set a = (b + c) + d', '+', ') + d'],
    ['set a = (b.c).d + e', '.', ').d'],
    ['set (a = (b + c))', '(', 'set (a'],
    ['SET if_not_exist(a, b) = a', '(', 'if_not_exist(a'],
    ['set a = f(b + c)', '+', 'b + c'],
    ['set a[:x] = b', ':x', '[:x]'],
    ['set a-b = :v', '-', 'a-b'],
    ['set 123a = :v', '123', 'set 123a'],
    ['set a = 😀', '😀', '= 😀'],
  ])('update %j', (text, token, near) => {
    expect(updateReason(text)).toBe(`Syntax error; token: "${token}", near: "${near}"`)
  })

  test.each([
    ['things are not gonna be ok', 'are', 'things are not'],
    ['a > 4', '4', '> 4'],
    ['a', '<EOF>', 'a'],
    ['a and b', 'and', 'a and b'],
    ['a = b and c', '<EOF>', 'c'],
    ['attribute_exists(Pictures-RearView)', '-', 'Pictures-RearView'],
    ['attribute_exists(Pictures..RearView)', '.', '..RearView'],
    ['attribute_exists(asdf[a])', 'a', '[a]'],
    ['a in b, c', 'b', 'in b,'],
    ['a in ()', ')', '()'],
    ['a in (b,c,)', ')', ',)'],
    ['a > between', 'between', '> between'],
    ['(a)between(b.(c.d))and(c)', '(', '.(c'],
    ['(a)between(b.c.d)and((c)', '<EOF>', ')'],
    ['a > :things.stuff', '.', ':things.stuff'],
    ['size(a).b > a', '.', ').b'],
    ['(size(a))[0] > a', '[', ')[0'],
    ['a = b = c', '=', 'b = c'],
    ['(a = b) = c', '=', ') = c'],
    ['not a', '<EOF>', 'a'],
    ['(a) and b = c', 'and', ') and b'],
    ['a between b or c', 'or', 'b or c'],
    ['!!! INVALID', '!', '!!'],
  ])('condition %j', (text, token, near) => {
    expect(conditionReason(text)).toBe(`Syntax error; token: "${token}", near: "${near}"`)
  })

  test('projection', () => {
    expect(reasonOf({ ProjectionExpression: '!!! INVALID !!!' })).toBe(
      'Invalid ProjectionExpression: Syntax error; token: "!", near: "!!"',
    )
    expect(reasonOf({ ProjectionExpression: 'a, b c' })).toMatch(/token: "c", near: "b c"$/)
  })
})

describe('conditions', () => {
  const parens = 'The expression has redundant parentheses;'
  test.each([
    'a=a and a > ((views))',
    '(a)between(((b.c)).d)and(c)',
    'a > whatever((:things), ((a)))',
    'a=a AND ((a=a AND a=a)) AND a=a',
    'a=a OR ((a=a OR (a=a OR a=a)))',
    `${'('.repeat(2000)}a<b${')'.repeat(2000)}`,
  ])('%.40s has redundant parentheses', (text) => {
    expect(conditionReason(text)).toBe(parens)
  })

  test.each([
    '(a = b)',
    '(a = b and (c = d))',
    '((a = b) or (c = d))',
    '((a).b) = (c)',
    'not (a = b)',
    'not not a = b',
    '(a) in (b, (c))',
    '(attribute_exists(a)) and (size(a)) > (b)',
    'a between b and c and d between e and f',
    '(a[0].b[12] = c)',
  ])('%s is well formed', (text) => {
    expect(conditionReason(text)).toBe('compiled')
  })

  test.each([
    ['a=a and whatever((:things)) > a', 'whatever'],
    ['attRIbute_exIsts((views), #a)', 'attRIbute_exIsts'],
  ])('%s calls an unknown function', (text, name) => {
    expect(conditionReason(text)).toBe(`Invalid function name; function: ${name}`)
  })

  test.each([
    ['a=a and attribute_exists((views), (#a)) > b', 'attribute_exists'],
    ['attribute_type(things, :a) > b', 'attribute_type'],
    ['size(contains(a, b)) > a', 'contains'],
    ['size(things)', 'size'],
    ['not size(things)', 'size'],
    ['a between b and attribute_exists(things)', 'attribute_exists'],
    ['a in (b, attribute_exists(things))', 'attribute_exists'],
  ])('%s uses a function in a wrong place', (text, name) => {
    expect(conditionReason(text)).toBe(
      `The function is not allowed to be used this way in an expression; function: ${name}`,
    )
  })

  test('functions of updates are none of conditions', () => {
    expect(conditionReason('if_not_exists(a, b) = c')).toBe(
      'The function is not allowed in a condition expression; function: if_not_exists',
    )
  })

  test.each([
    ['attribute_exists(views, #a)', 'views'],
    [':a < abOrT', 'abOrT'],
  ])('%s uses a reserved word', (text, name) => {
    expect(conditionReason(text)).toBe(`Attribute name is a reserved keyword; reserved keyword: ${name}`)
  })

  test.each([
    ['attribute_exists(#Pictures.RearView, :a) and a=a', '#Pictures'],
    ['begins_with(Pictures.#RearView)', '#RearView'],
    ['(a)between(b.c[45].#d)and(:a)', '#d'],
    ['#_ > a', '#_'],
  ])('%s uses an undefined name', (text, name) => {
    expect(conditionReason(text)).toBe(
      `An expression attribute name used in the document path is not defined; attribute name: ${name}`,
    )
  })

  test.each([
    ['begins_with(:hello, #a, #b)', ':hello'],
    [':a < :b', ':a'],
    [':_ > a', ':_'],
  ])('%s uses an undefined value', (text, name) => {
    expect(conditionReason(text)).toBe(
      `An expression attribute value used in expression is not defined; attribute value: ${name}`,
    )
  })

  test.each<[string, string, number]>([
    ['attribute_exists(things, a) and a=a', 'attribute_exists', 2],
    ['attribute_type(things)', 'attribute_type', 1],
    ['begins_with(things, size(a), b)', 'begins_with', 3],
    ['size(things, a) > b', 'size', 2],
    [`a in (${Array.from({ length: 101 }, (_, i) => `b${i}`)})`, 'IN', 101],
  ])('%.40s has a wrong number of operands', (text, name, count) => {
    expect(conditionReason(text)).toBe(
      `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${count}`,
    )
  })

  test.each<[string, string, Record<string, unknown>]>([
    ['attribute_type(a, size(a)) and a=a and a=:a', 'attribute_type', { N: '1' }],
    ['attribute_type(a, :a)', 'attribute_type', { BOOL: true }],
    ['begins_with(a, size(a)) and a=:a', 'begins_with', { N: '1' }],
    ['begins_with(:a, a)', 'begins_with', { SS: ['1'] }],
    ['size(size(a)) > :a', 'size', { N: '1' }],
    ['attribute_not_exists(size(:a))', 'size', { N: '1' }],
    ['size(:a) > a', 'size', { NULL: true }],
    ['a < :a', '<', { L: [] }],
    [':a >= a', '>=', { BOOL: true }],
    ['a between :a and b', 'BETWEEN', { M: {} }],
  ])('%s has an operand of a wrong type', (text, name, value) => {
    expect(conditionReason(text, { ':a': value })).toBe(
      `Incorrect operand type for operator or function; operator or function: ${name}, operand type: ${Object.keys(value)[0]}`,
    )
  })

  test.each<[string, string, Values?]>([
    [
      'attribute_type(a, b)',
      'Incorrect operand type for operator or function; operator or function: attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}',
    ],
    [
      'attribute_type(a, :a)',
      'Invalid attribute type name found; type: 1, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}',
      { ':a': { S: '1' } },
    ],
    [
      'attribute_exists(:a) and a=a',
      'Operator or function requires a document path; operator or function: attribute_exists',
      { ':a': { S: '1' } },
    ],
    [
      'attribute_not_exists(size(:a))',
      'Operator or function requires a document path; operator or function: attribute_not_exists',
      { ':a': { S: '1' } },
    ],
    [
      'a between :b and :a',
      'The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}',
      { ':a': { S: 'a' }, ':b': { N: '1' } },
    ],
    [
      'a between :b and :a',
      'The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}',
      { ':a': { S: 'a' }, ':b': { S: 'b' } },
    ],
    ['', 'The expression can not be empty;'],
    ['a = b '.repeat(700), 'Expression size has exceeded the maximum allowed size; expression size: 4200'],
    [`a<b ${'or a<b '.repeat(200)}`, 'The expression contains too many operators; operator count: 301'],
    [
      `a<b ${'or (a<b '.repeat(450)}${')'.repeat(450)}`,
      'The expression contains too many operators; operator count: 301',
    ],
    [`${'not '.repeat(1000)}a<b`, 'The expression contains too many operators; operator count: 301'],
    [`a < ${'f('.repeat(500)}b${')'.repeat(500)}`, 'Invalid function name; function: f'],
    [`a${'.b'.repeat(32)} = c`, 'The document path has too many nesting levels; nesting levels: 33'],
    ['a[99999999999] = c', 'List index is not within the allowable range; index: [99999999999]'],
  ])('%.40s: %s', (text, reason, values) => {
    expect(conditionReason(text, values)).toBe(reason)
  })

  test.each<[string, string, string]>([
    ['a = a AND #a = b AND :views > a', '=', '[a]'],
    ['#a <> a', '<>', '[a]'],
    ['((a=a) OR (a=a))', '=', '[a]'],
    ['a.b BETWEEN c AND a.b', 'BETWEEN', '[a, b]'],
    ['a IN (b, #a)', 'IN', '[a]'],
    ['contains(ab.bc[1].a, ab.bc[1].#a)', 'contains', '[ab, bc, [1], a]'],
    ['begins_with(ab.bc[1].a, ab.bc[1].#a)', 'begins_with', '[ab, bc, [1], a]'],
  ])('%s compares an operand with itself', (text, operator, operand) => {
    expect(conditionReason(text, undefined, { '#a': 'a' })).toBe(
      `The first operand must be distinct from the remaining operands for this operator or function; operator: ${operator}, first operand: ${operand}`,
    )
  })

  test('149 levels of parentheses with 299 operators are well formed', () => {
    expect(conditionReason(`a<b ${'or (a<b '.repeat(149)}${')'.repeat(149)}`)).toBe('compiled')
  })
})

describe('updates', () => {
  const values = { ':a': { S: 'a' }, ':b': { S: 'a' } }
  const names = { '#a': 'a', '#b': 'b' }
  test.each([
    [' set #c = :c set abOrt = true ', 'Attribute name is a reserved keyword; reserved keyword: abOrt'],
    [' remove Absolute ', 'Attribute name is a reserved keyword; reserved keyword: Absolute'],
    ['set #c = if_not_exist(:c) set c = d', 'Invalid function name; function: if_not_exist'],
    ['set a = size(b)', 'The function is not allowed in an update expression; function: size'],
    ['set a = #c set c = :d', 'The "SET" section can only be used once in an update expression;'],
    ['remove #d set a = b remove e', 'The "REMOVE" section can only be used once in an update expression;'],
    ['add #d :e set a = b add e :f', 'The "ADD" section can only be used once in an update expression;'],
    [
      'delete #d :e set a = b delete #e :f',
      'The "DELETE" section can only be used once in an update expression;',
    ],
    [
      'SET #c = if_not_exists(:c)',
      'An expression attribute name used in the document path is not defined; attribute name: #c',
    ],
    [
      'SET #a = if_not_exists(:c)',
      'An expression attribute value used in expression is not defined; attribute value: :c',
    ],
    [
      'set a = if_not_exists(c)',
      'Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1',
    ],
    [
      'set a = list_append(c, b, d)',
      'Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 3',
    ],
    [
      'set a = if_not_exists(:a, c)',
      'Operator or function requires a document path; operator or function: if_not_exists',
    ],
    [
      'set a = if_not_exists(b.c, b.c)',
      'The first operand must be distinct from the remaining operands for this operator or function; operator: if_not_exists, first operand: [b, c]',
    ],
    [
      'set a = if_not_exists(if_not_exists(a, b), c)',
      'Operator or function requires a document path; operator or function: if_not_exists',
    ],
    [
      'set a = list_append(list_append(b, c), d)',
      'The function is not allowed to be used this way in an expression; function: list_append',
    ],
    ['set a = ((b))', 'The expression has redundant parentheses;'],
    ['', 'The expression can not be empty;'],
  ])('%s: %s', (text, reason) => {
    expect(updateReason(text, values, names)).toBe(reason)
  })

  test.each([
    ['set d[1] = a, d.b = a, c[1].a = a, #c = if_not_exists(a)', 'overlap', '[c, [1], a]', '[c]'],
    ['set #c[3].#d = a, #c[3] = a', 'overlap', '[c, [3], [3]]', '[c, [3]]'],
    ['set a = b remove a', 'overlap', '[a]', '[a]'],
    ['set #c[3].#d = a, #c.#d[3] = if_not_exists(a)', 'conflict', '[c, [3], [3]]', '[c, [3], [3]]'],
    ['remove a.#c set a[1] = #d', 'conflict', '[a, c]', '[a, [1]]'],
  ])('%s has paths that %s', (text, clash, one, two) => {
    expect(updateReason(text, undefined, { '#c': 'c', '#d': '[3]' })).toBe(
      `Two document paths ${clash} with each other; must remove or rewrite one of these paths; path one: ${one}, path two: ${two}`,
    )
  })

  test.each<[string, Record<string, unknown>, string, string]>([
    ['set b = list_append(:a, a), c = if_not_exists(a) add a.b :a', { S: 'a' }, 'ADD', 'STRING'],
    ['delete a.b :a', { NULL: 'yes' }, 'DELETE', 'NULL'],
    ['add a.b :a', { BOOL: '0' }, 'ADD', 'BOOLEAN'],
    ['add a.b :a', { B: 'YQ==' }, 'ADD', 'BINARY'],
    ['add a.b :a', { M: {} }, 'ADD', 'MAP'],
    ['delete a.b :a', { L: [{ N: '1' }] }, 'DELETE', 'LIST'],
    ['delete a.b :a', { N: '1' }, 'DELETE', 'NUMBER'],
  ])('%s of %j', (text, value, operator, type) => {
    expect(updateReason(text, { ':a': value })).toBe(
      `Incorrect operand type for operator or function; operator: ${operator}, operand type: ${type}, typeSet: ALLOWED_FOR_${operator}_OPERAND`,
    )
  })

  test.each<[string, Record<string, unknown>, string]>([
    ['set a = list_append(:a, a)', { S: 'a' }, 'list_append'],
    ['set a = list_append(b, :a)', { SS: ['a'] }, 'list_append'],
    ['set a = a + :a', { S: 'a' }, '+'],
    ['set a = :a - b', { L: [] }, '-'],
  ])('%s of %j', (text, value, operator) => {
    expect(updateReason(text, { ':a': value })).toBe(
      `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${Object.keys(value)[0]}`,
    )
  })

  test.each([
    'set a = ((b.c.d)+(e))',
    'SeT a = (b + c), b[1].c = if_not_exists(d, if_not_exists(e, f)) + g REMOVE h delete #a :a add #b :a',
    'set a = list_append(if_not_exists(b, c), d)',
  ])('%s is well formed', (text) => {
    const used = text.includes(':a')
    const sets = { ':a': { SS: ['a'] } }
    const more = { '#a': 'x', '#b': 'y' }
    expect(updateReason(text, used ? sets : undefined, used ? more : undefined)).toBe('compiled')
  })
})

describe('placeholders', () => {
  test.each<[RequestExpressions, string]>([
    [{ ExpressionAttributeNames: {} }, 'ExpressionAttributeNames must not be empty'],
    [
      { ExpressionAttributeNames: { a: 'a' }, ExpressionAttributeValues: {} },
      'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"',
    ],
    [{ ExpressionAttributeValues: {} }, 'ExpressionAttributeValues must not be empty'],
    [
      { ExpressionAttributeValues: { b: { S: 'a' } } },
      'ExpressionAttributeValues contains invalid key: Syntax error; key: "b"',
    ],
    [
      { ExpressionAttributeValues: { ':b': { a: '' } } },
      'ExpressionAttributeValues contains invalid value: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes for key :b',
    ],
    [
      { ExpressionAttributeValues: { ':b': { SS: [] } } },
      'ExpressionAttributeValues contains invalid value: One or more parameter values were invalid: An string set  may not be empty for key :b',
    ],
    [
      { ExpressionAttributeValues: { ':b': { N: 'b' } } },
      'ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: b for key :b',
    ],
    [
      {
        ConditionExpression: 'a = :b',
        ExpressionAttributeNames: { '#a': 'a', '#b': 'b' },
        ExpressionAttributeValues: { ':b': { S: 'a' } },
      },
      'Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}',
    ],
    [
      {
        UpdateExpression: 'remove a',
        ConditionExpression: 'a = :b',
        ExpressionAttributeValues: { ':a': { S: 'a' }, ':b': { S: 'a' }, ':c': { S: 'a' } },
      },
      'Value provided in ExpressionAttributeValues unused in expressions: keys: {:a, :c}',
    ],
    [{ ExpressionAttributeValues: { ':b': { S: 1 } } }, 'NUMBER_VALUE cannot be converted to String'],
    [{ ExpressionAttributeNames: { '#b': true } }, 'TRUE_VALUE cannot be converted to String'],
  ])('%j', (request, reason) => {
    expect(reasonOf(request)).toBe(reason)
  })

  test('expressions and older parameters do not mix', () => {
    const forms = {
      expressions: ['ProjectionExpression', 'FilterExpression', 'KeyConditionExpression'],
      older: ['AttributesToGet', 'QueryFilter', 'ConditionalOperator', 'KeyConditions'],
    }
    const mix = (request: Record<string, unknown>) => () => assertOneForm(request, forms)
    expect(mix({ KeyConditions: {}, FilterExpression: '' })).not.toThrow()
    expect(mix({ KeyConditions: {}, KeyConditionExpression: '', QueryFilter: {} })).toThrow(
      'Non-expression parameters: {QueryFilter, KeyConditions} Expression parameters: {KeyConditionExpression}',
    )
    expect(mix({ ExpressionAttributeNames: {} })).toThrow(
      'ExpressionAttributeNames can only be specified when using expressions',
    )
    expect(mix({ ProjectionExpression: 'a', ExpressionAttributeValues: {} })).toThrow(
      'ExpressionAttributeValues can only be specified when using expressions: FilterExpression and KeyConditionExpression are null',
    )
  })
})

describe('projections', () => {
  test.each([
    ['a, views', 'Attribute name is a reserved keyword; reserved keyword: views'],
    ['a, #b', 'An expression attribute name used in the document path is not defined; attribute name: #b'],
    [
      'a.b, a',
      'Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a]',
    ],
    [
      'a[0], a.b',
      'Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, [0]], path two: [a, b]',
    ],
  ])('%s', (text, reason) => {
    expect(reasonOf({ ProjectionExpression: text })).toBe(`Invalid ProjectionExpression: ${reason}`)
  })

  test('keep places, and what was picked out of lists moves together', () => {
    const projection = compileExpressions({
      ProjectionExpression: 'a.c[2], a.c[0].x, b, a.q, d[7]',
    }).projection
    expect(
      projection?.of({
        a: {
          M: { c: { L: [{ M: { x: { N: '1' }, y: { N: '2' } } }, { N: '3' }, { N: '4' }] }, e: { N: '5' } },
        },
        d: { L: [{ N: '1' }] },
        z: { N: '9' },
      }),
    ).toEqual({ a: { M: { c: { L: [{ M: { x: { N: '1' } } }, { N: '4' }] } } } })
  })
})
