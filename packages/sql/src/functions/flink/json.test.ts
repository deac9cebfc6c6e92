import { parseSqlType } from '@millrace/values'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SqlValue } from '../../plan.ts'
import { lookupScalar } from '../index.ts'
import { parseJsonPath } from './json-path.ts'
import { jsonText, parseJson } from './json-value.ts'
import {
  callFlink,
  date,
  decimal,
  double,
  instant,
  int,
  type TypedValue,
  text,
  timestamp,
} from './testing/call-flink.ts'

const value = (name: string, ...args: TypedValue[]) => callFlink(name, args).value
const query = (json: string, path: string, ...rules: string[]) =>
  value('JSON_QUERY', text(json), text(path), ...rules.map(text))

/** JSON_VALUE with RETURNING; the rules are kind and default for EMPTY, then for ERROR. */
function jsonValue(json: string, path: string, returning = 'STRING', ...rules: SqlValue[]): SqlValue {
  const args = [json, path, ...rules]
  const types = args.map(() => parseSqlType('STRING', 'flink'))
  return lookupScalar('JSON_VALUE', 'flink')!.evaluate(args, {
    type: parseSqlType(returning, 'flink'),
    argTypes: types,
    rowtime: 0,
  })
}

describe('paths', () => {
  const document =
    '{"a": {"b": [1, {"c": "x"}, [2, 3]]}, "a.b": [0.998, 0.996], "contains blank": "right", "n": null}'
  test.each<[string, SqlValue]>([
    ['$.a.b[0]', '1'],
    ['$.a.b[1].c', 'x'],
    ['$.a.b[last][0]', '2'],
    ['$.a.b[last-1].c', 'x'],
    ['$.["a.b"][0]', '0.998'],
    ["$['contains blank']", 'right'],
    ['$."contains blank"', 'right'],
    ['lax $.missing', null],
    ['strict $.a.b[9]', null],
    ['$.n', null],
    ['$.a', null],
  ])('JSON_VALUE %s', (path, wanted) => {
    expect(jsonValue(document, path)).toBe(wanted)
  })

  test.each([
    ['$', '[1,{"a":2},3]', '[1,{"a":2},3]'],
    ['$[*]', '[1,{"a":2},3]', '[1,{"a":2},3]'],
    ['lax $[*].a', '[1,{"a":2},3]', '[2]'],
    ['$.a[*].c', '{"a":[{"c":"c1"},{"c":"c2"}]}', '["c1","c2"]'],
    ['$.*', '{"x":1,"y":[2]}', '[1,[2]]'],
    ['$[0 to 1]', '[1,2,3]', '[1,2]'],
    ['$[0, 2]', '[1,2,3]', '[1,3]'],
    ['lax $.a', '[{"a":1}]', null],
  ])('JSON_QUERY %s of %s', (path, json, wanted) => {
    expect(query(json, path)).toBe(wanted)
  })

  test.each([['a.b'], ['$.'], ['$.a['], ['$.a ? (@.b > 1)'], ['$.a.size()'], ['$[x]'], ['$.a b']])(
    '%s is refused when it is a literal',
    (path) => {
      expect(typeof parseJsonPath(path)).toBe('string')
      expect(() => value('JSON_EXISTS', text('{}'), text(path))).toThrow('refused')
    },
  )
})

describe('JSON_EXISTS', () => {
  test.each<[string, string, string, SqlValue]>([
    ['{"a": true}', '$.a', 'FALSE', true],
    ['{"a": true}', '$.b', 'FALSE', false],
    ['{"a": [{ "b": 1 }]}', '$.a[0].b', 'FALSE', true],
    ['{"a": true}', 'strict $.b', 'TRUE', true],
    ['{"a": true}', 'lax $.b', 'TRUE', false],
    ['no json', 'lax $', 'UNKNOWN', null],
  ])('%s %s %s', (json, path, onError, wanted) => {
    expect(value('JSON_EXISTS', text(json), text(path), text(onError))).toBe(wanted)
  })

  test('ERROR ON ERROR fails the row, NULL gives NULL', () => {
    expect(() => value('JSON_EXISTS', text('{}'), text('strict $.a'), text('ERROR'))).toThrow('JSON_EXISTS')
    expect(value('JSON_EXISTS', text(null), text('$'))).toBeNull()
  })
})

describe('JSON_VALUE', () => {
  test('returning a type', () => {
    expect(jsonValue('{"a": true}', '$.a')).toBe('true')
    expect(jsonValue('{"a": true}', '$.a', 'BOOLEAN')).toBe(true)
    expect(jsonValue('{"a": 12}', '$.a', 'INT')).toBe(12)
    expect(jsonValue('{"a": "12"}', '$.a', 'BIGINT')).toBe(12n)
    expect(jsonValue('{"a": 1.10}', '$.a')).toBe('1.1')
    expect(jsonValue('{"a": 1e2}', '$.a', 'DOUBLE')).toBe(100)
    expect(jsonValue('{"a": 12345678901234567890}', '$.a')).toBe('12345678901234567890')
    expect(jsonValue('{"a": "x"}', '$.a', 'INT')).toBeNull()
    expect(jsonValue('{"a": "x"}', '$.a', 'INT', 'NULL', null, 'DEFAULT', -1)).toBe(-1)
  })

  test('ON EMPTY is for lax paths that find nothing, ON ERROR for strict ones and for what is no JSON', () => {
    const rules = ['DEFAULT', 'empty', 'DEFAULT', 'error'] as const
    expect(jsonValue('{"a": true}', 'lax $.b', 'STRING', ...rules)).toBe('empty')
    expect(jsonValue('{"a": true}', 'strict $.b', 'STRING', ...rules)).toBe('error')
    expect(jsonValue('{"a": true}', '$.b', 'STRING', ...rules)).toBe('error')
    expect(jsonValue('{"a": {}}', 'lax $.a', 'STRING', ...rules)).toBe('empty')
    expect(jsonValue('{"a": {}}', 'strict $.a', 'STRING', ...rules)).toBe('error')
    expect(jsonValue('{', 'lax $.a', 'STRING', ...rules)).toBe('error')
    expect(() => jsonValue('{}', 'lax $.a', 'STRING', 'ERROR', null)).toThrow('JSON_VALUE')
  })
})

describe('JSON_QUERY', () => {
  test.each<[string, string, string[], SqlValue]>([
    ['{ "a": { "b": 1 } }', '$.a', [], '{"b":1}'],
    ['[1, 2]', '$', [], '[1,2]'],
    ['{}', '$', ['CONDITIONAL'], '[{}]'],
    ['[1, 2]', '$', ['CONDITIONAL'], '[1,2]'],
    ['[1, 2]', '$', ['UNCONDITIONAL'], '[[1,2]]'],
    ['1', '$', [], null],
    ['1', '$', ['CONDITIONAL'], '[1]'],
    ['{}', 'lax $.invalid', ['WITHOUT', 'EMPTY OBJECT'], '{}'],
    ['{}', 'lax $.invalid', ['WITHOUT', 'EMPTY ARRAY'], '[]'],
    ['{}', 'strict $.invalid', ['WITHOUT', 'NULL', 'EMPTY ARRAY'], '[]'],
    ['invalid', '$', ['WITHOUT', 'NULL', 'EMPTY OBJECT'], '{}'],
  ])('%s %s %s', (json, path, rules, wanted) => {
    expect(query(json, path, ...rules)).toBe(wanted)
  })
})

describe('constructors', () => {
  const json: TypedValue = ['STRING', '{"x":1}']
  test.each<[string, TypedValue[], string]>([
    ['JSON_OBJECT', [text('NULL')], '{}'],
    ['JSON_OBJECT', [text('NULL'), text('K1'), text('V1'), text('K2'), int(null)], '{"K1":"V1","K2":null}'],
    ['JSON_OBJECT', [text('ABSENT'), text('K1'), int(null), text('K2'), double(1)], '{"K2":1.0}'],
    [
      'JSON_OBJECT',
      [text('NULL'), text('t'), timestamp('2021-05-27 18:53:38.120'), text('d'), date('2021-05-27')],
      '{"t":"2021-05-27T18:53:38.12","d":"2021-05-27"}',
    ],
    [
      'JSON_OBJECT',
      [text('NULL'), text('i'), instant('2021-05-27 18:53:38.123')],
      '{"i":"2021-05-27T18:53:38.123Z"}',
    ],
    ['JSON_OBJECT', [text('NULL'), text('a"b'), decimal('1.50')], '{"a\\"b":1.50}'],
    ['JSON_OBJECT', [text('NULL'), text('j'), json], '{"j":"{\\"x\\":1}"}'],
    ['JSON_ARRAY', [text('ABSENT'), int(1), text('2'), int(null)], '[1,"2"]'],
    ['JSON_ARRAY', [text('NULL'), int(1), int(null)], '[1,null]'],
    ['JSON_ARRAY', [text('ABSENT'), ['ARRAY<INT>', [1, null]]], '[[1,null]]'],
    ['JSON_ARRAY', [text('ABSENT'), ['ROW<a INT, b STRING>', [1, 'x']]], '[{"a":1,"b":"x"}]'],
    ['JSON_ARRAY', [text('ABSENT'), ['MAP<STRING, INT>', new Map([['k', 1]])]], '[{"k":1}]'],
    ['JSON_ARRAY', [text('ABSENT'), ['BYTES', new Uint8Array([84, 101, 115, 116])]], '["VGVzdA=="]'],
    ['JSON_STRING', [int(1)], '1'],
    ['JSON_STRING', [['BOOLEAN', true]], 'true'],
    ['JSON_STRING', [text('Hello, World!')], '"Hello, World!"'],
    ['JSON_STRING', [['ARRAY<INT>', [1, 2]]], '[1,2]'],
    ['JSON_QUOTE', [text('a"b\n')], '"a\\"b\\n"'],
    ['JSON_UNQUOTE', [text('"a\\"b"')], 'a"b'],
    ['JSON_UNQUOTE', [text('a"b')], 'a"b'],
    ['PARSE_JSON', [text(' { "a" : [ 1.0 ] } ')], '{"a":[1.0]}'],
  ])('%# %s', (name, args, wanted) => {
    expect(value(name, ...args)).toBe(wanted)
  })

  test('what one constructor made, another takes in as it is', () => {
    const { value: made, type } = callFlink('JSON_OBJECT', [text('NULL'), text('x'), int(1)])
    const outer = lookupScalar('JSON_ARRAY', 'flink')!
    expect(outer.evaluate(['ABSENT', made], { type, argTypes: [type, type], rowtime: 0 })).toBe('[{"x":1}]')
  })

  test('NULL and faults', () => {
    expect(value('JSON_STRING', int(null))).toBeNull()
    expect(() => value('JSON_OBJECT', text('NULL'), text(null), int(1))).toThrow('key of JSON_OBJECT is NULL')
    expect(() => value('PARSE_JSON', text('{'))).toThrow('no JSON')
    expect(value('TRY_PARSE_JSON', text('{'))).toBeNull()
  })
})

describe('IS JSON', () => {
  test.each<[string | null, boolean, boolean, boolean, boolean]>([
    // text, VALUE, SCALAR, ARRAY, OBJECT
    ['1', true, true, false, false],
    ['[]', true, false, true, false],
    ['{}', true, false, false, true],
    ['"abc"', true, true, false, false],
    ['abc', false, false, false, false],
    ['01', false, false, false, false],
    ['[1,]', false, false, false, false],
    ['"\\x"', false, false, false, false],
    [null, false, false, false, false],
  ])('%s', (of, ...wanted) => {
    for (const [i, what] of ['VALUE', 'SCALAR', 'ARRAY', 'OBJECT'].entries()) {
      expect(value(`IS JSON ${what}`, text(of)), what).toBe(wanted[i])
      expect(value(`IS NOT JSON ${what}`, text(of)), what).toBe(!wanted[i])
    }
    expect(value('IS JSON', text(of))).toBe(wanted[0])
  })
})

describe('JSON text', () => {
  test('is read as the platform reads it, and what is written reads back', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 2), (json, indent) => {
        const wanted = JSON.parse(json) as unknown
        const parsed = parseJson(JSON.stringify(wanted, undefined, indent))
        expect(JSON.parse(jsonText(parsed!))).toEqual(wanted)
      }),
    )
  })

  test('any other text is no JSON', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^[[\]{}",:0-9.eE+\-truefalsn \\]{0,12}$/)),
        (of) => {
          let isJson = true
          try {
            JSON.parse(of)
          } catch {
            isJson = false
          }
          expect(parseJson(of) !== undefined).toBe(isJson)
        },
      ),
    )
  })
})
