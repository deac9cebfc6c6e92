import { describe, expect, test } from 'vitest'
import { LakeError } from '../errors.ts'
import { compileJq } from './jq.ts'

function refusal(text: string): string {
  try {
    compileJq(text)
  } catch (error) {
    if (error instanceof LakeError) return error.message
    throw error
  }
  throw new Error(`${text} was not refused`)
}

function problem(text: string, input: unknown = null): string | undefined {
  // Inputs of these tests are JSON.
  return compileJq(text).run(input as null, { now: 0 }).problem
}

describe('a query with a mistake is refused with its place', () => {
  test.each([
    ['.a | foo', 'JQ_INVALID the jq query, line 1:6, at "foo": there is no function foo/0'],
    ['.a | lenght', 'there is no function lenght/0. Did you mean "length"?'],
    ['map(.a; .b)', 'map takes 1 arguments, not 2'],
    ['split', 'split takes 1 or 2 arguments, not 0'],
    ['.a\n| $x', 'line 2:3, at "$x": $x is not defined'],
    ['break $out', 'there is no label $out'],
    [
      '{a: 1 + 2}',
      'line 1:7, at "+ 2}": "+" cannot follow the value of an object. Put the value in parentheses',
    ],
    ['{a b}', '"b"'],
    ['[1, 2', 'at its end: ] is expected, not the end'],
    ['.a ||', '"|" cannot begin an expression'],
    ['"abc', 'the string that begins here does not end'],
    ['"a\\q"', '\\q is no escape'],
    ['"a\\(1', 'line 1:5, at "1": the expression in the string that begins here does not end'],
    ['"\\()"', 'an expression is missing'],
    ['if . then 1 end', 'if has no else. Write: if ... then ... else . end.'],
    ['1 == 2 == 3', 'comparisons do not chain'],
    ['.a = .b = 1', 'assignments do not chain'],
    ['. as [] | 1', '{ is expected'],
    ['. as [$a] ?// $a | $a', 'alternatives of patterns (?//) are not supported'],
    ['@foo', 'there is no format @foo'],
    ['import "a" as a; .', 'a query has no modules'],
    ['env.PATH', 'env is not allowed here: a query sees nothing of the machine'],
    ['$ENV.PATH', '$ENV is not allowed here'],
    ['input', 'input is not allowed here: a query sees one record at a time'],
    ['localtime', 'times are in UTC; use gmtime'],
    ['.a.[0]', 'after a dot comes a name or a string'],
    ['def f: g; def g: 1; f', 'there is no function g/0'],
    ['# nothing but this\n!', 'line 2:1, at "!"'],
    ['('.repeat(300), 'nests deeper than 200'],
    [' '.repeat(20_001), '20000 are allowed'],
  ])('%s', (text, message) => expect(refusal(text)).toContain(message))
})

describe('no query hangs or grows without end', () => {
  test.each([
    ['endless recursion', 'def f: f; f', 'steps|nests'],
    ['an endless loop', 'last(repeat(1))', 'steps|nests'],
    ['an endless range', '[range(1e18)]', 'steps'],
    ['deep recursion', 'def f: 1 + f; f', 'nests|steps'],
    ['a text that doubles', 'reduce range(100) as $i ("a"; . + .)', 'steps'],
    ['an array that doubles', 'reduce range(100) as $i ([1]; . + .)', 'steps'],
    ['a tree that doubles', 'reduce range(60) as $i ([1]; [., .]) | tojson', 'steps'],
    ['a comparison of such trees', 'reduce range(60) as $i ([1]; [., .]) | . == (.[0] | [., .])', 'steps'],
    ['a text times a number', '"abc" * 1e12', 'too long'],
    ['an index far away', '.[1e9] = 1', 'Out of bounds'],
    ['too many results', 'range(2000)', 'more than 1000 results'],
    [
      'a slow replacement',
      '[range(30000) | ("ab" * 100) | gsub("(?<x>.)"; "\\(.x)\\(.x)")] | length',
      'steps',
    ],
  ])('%s', (_, text, message) => {
    expect(problem(text)).toMatch(new RegExp(message))
  })

  test('a limit is nothing that try could catch', () => {
    expect(problem('try last(range(1e18)) catch 1')).toContain('steps')
    expect(problem('last(range(1e18))?')).toContain('steps')
    expect(problem('try (def f: 1 + f; f) catch 1')).toContain('nests')
  })

  test('an expression on which other engines backtrack for years answers', () => {
    const { results } = compileJq('("a" * 2000) | test("(a|a)*(a|aa)+(a*)*b")').run(null, { now: 0 })
    expect(results).toEqual([false])
  })
})

test('errors behind a try are not caught by it, unlike in jq 1.6', () => {
  expect(problem('(try 1 catch 2) | error("later")')).toBe('later')
  expect(problem('[.a?] | error("later")')).toBe('later')
})

test('limit(0; f) gives nothing and computes nothing', () => {
  expect(compileJq('[limit(0; error("never"))]').run(null, { now: 0 })).toEqual({
    results: [[]],
    problem: undefined,
  })
})

test('results before a failure are kept', () => {
  expect(compileJq('1, 2, error("x")').run(null, { now: 0 })).toEqual({ results: [1, 2], problem: 'x' })
})

test('now is the time that it is given', () => {
  const { results } = compileJq('now, (now | strftime("%Y-%m-%d")), (now | todate)').run(null, {
    now: Date.parse('2026-11-21T10:00:00.500Z'),
  })
  expect(results).toEqual([1795255200.5, '2026-11-21', '2026-11-21T10:00:00Z'])
})

test('keys of the prototype are no keys', () => {
  const input: unknown = JSON.parse('{"a":1}')
  const run = (text: string) => compileJq(text).run(input as null, { now: 0 }).results
  expect(run('.toString, .constructor, has("toString"), .__proto__')).toEqual([null, null, false, null])
  expect(run('{"__proto__": 1} | keys, .__proto__, (. + {b: 2} | keys)')).toEqual([
    ['__proto__'],
    1,
    ['__proto__', 'b'],
  ])
  expect(run('.["__proto__"] = 5 | tojson')).toEqual(['{"a":1,"__proto__":5}'])
  expect(JSON.stringify({})).toBe('{}')
})
