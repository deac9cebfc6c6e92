import { describe, expect, test } from 'vitest'
import type { SqlValue } from '../../plan.ts'
import { callFlink, decimal, double, int, type TypedValue, text } from './testing/call-flink.ts'

const strings = (...values: (string | null)[]) => values.map(text)
const url = 'http://user:pw@facebook.com:80/path1/p.php?k1=v1&k2=v2#Ref1'

// Most examples are those of Flink's documentation.
const cases: readonly (readonly [string, readonly TypedValue[], SqlValue])[] = [
  ['||', strings('a', 'b'), 'ab'],
  ['||', strings('a', null), null],
  ['CONCAT', strings('AA', 'BB', 'CC'), 'AABBCC'],
  ['CONCAT', strings('AA', null), null],
  ['CONCAT_WS', strings('~', 'AA', null, 'BB', '', 'CC'), 'AA~BB~~CC'],
  ['CONCAT_WS', strings(null, 'AA'), null],
  ['CHAR_LENGTH', strings('a\u{1f600}b'), 3],
  ['UPPER', strings('straße'), 'STRASSE'],
  ['LOWER', strings('ABC'), 'abc'],
  ['INITCAP', strings('hello WORLD-x'), 'Hello World-X'],
  ['REVERSE', strings('a\u{1f600}b'), 'b\u{1f600}a'],
  ['TRIM', strings('BOTH', ' ', '  a '), 'a'],
  ['TRIM', strings('LEADING', 'xy', 'xyxa'), 'a'],
  ['TRIM', strings('TRAILING', 'x', 'axx'), 'a'],
  ['LTRIM', strings(' This is a test String.'), 'This is a test String.'],
  ['RTRIM', strings('axyx', 'xy'), 'a'],
  ['BTRIM', strings(' a '), 'a'],
  ['LPAD', [text('hi'), int(4), text('??')], '??hi'],
  ['LPAD', [text('hi'), int(1), text('??')], 'h'],
  ['LPAD', [text('hi'), int(-1), text('??')], null],
  ['LPAD', [text('hi'), int(5), text('')], null],
  ['RPAD', [text('hi'), int(7), text('abc')], 'hiabcab'],
  ['LEFT', [text('abc'), int(2)], 'ab'],
  ['LEFT', [text('abc'), int(-2)], ''],
  ['RIGHT', [text('abc'), int(2)], 'bc'],
  ['RIGHT', [text('abc'), int(0)], ''],
  ['REPEAT', [text('ab'), int(2)], 'abab'],
  ['REPEAT', [text('ab'), int(-1)], ''],
  ['REPLACE', strings('hello world', 'world', 'flink'), 'hello flink'],
  ['REPLACE', strings('ababab', 'abab', 'z'), 'zab'],
  ['REPLACE', strings('a', 'a', '$&'), '$&'],
  ['TRANSLATE', strings('www.example.com', 'wmpl.', 'WM'), 'WWWexaMecoM'],
  ['OVERLAY', [text('xxxxxtest'), text('xxxx'), int(6)], 'xxxxxxxxx'],
  ['OVERLAY', [text('xxxxxtest'), text('xxxx'), int(6), int(2)], 'xxxxxxxxxst'],
  ['OVERLAY', [text('abc'), text('x'), int(9)], 'abc'],
  ['POSITION', strings('b', 'abc'), 2],
  ['POSITION', strings('z', 'abc'), 0],
  ['LOCATE', [text('a'), text('banana'), int(3)], 4],
  ['LOCATE', strings('x', 'banana'), 0],
  ['INSTR', strings('banana', 'na'), 3],
  ['INSTR', [text('banana'), text('a'), int(1), int(3)], 6],
  ['INSTR', [text('banana'), text('a'), int(-1), int(2)], 4],
  ['SUBSTRING', [text('hello'), int(2)], 'ello'],
  ['SUBSTRING', [text('hello'), int(2), int(3)], 'ell'],
  ['SUBSTRING', [text('hello'), int(-3), int(2)], 'll'],
  ['SUBSTRING', [text('hello'), int(0), int(2)], 'he'],
  ['SUBSTRING', [text('hello'), int(9)], ''],
  ['SUBSTRING', [text('hello'), int(1), int(-1)], null],
  ['SUBSTR', [text('hello'), int(4)], 'lo'],
  ['SUBSTRING_FROM', [text('hello'), int(2), int(2)], 'el'],
  ['ASCII', strings('abc'), 97],
  ['ASCII', strings(''), 0],
  ['CHR', [int(97)], 'a'],
  ['CHR', [int(353)], 'a'],
  ['CHR', [int(-1)], ''],
  ['TO_BASE64', strings('hello world'), 'aGVsbG8gd29ybGQ='],
  ['FROM_BASE64', strings('aGVsbG8gd29ybGQ='), 'hello world'],
  ['ENCODE', strings('é', 'UTF-16BE'), new Uint8Array([0, 0xe9])],
  ['ENCODE', strings('é', 'US-ASCII'), new Uint8Array([0x3f])],
  ['DECODE', [['BYTES', new Uint8Array([0, 0xe9])], text('UTF-16BE')], 'é'],
  ['DECODE', [['BYTES', new Uint8Array([0xe9])], text('ISO-8859-1')], 'é'],
  ['STARTSWITH', strings('abc', 'ab'), true],
  ['ENDSWITH', strings('abc', ''), true],
  ['ELT', [int(2), text('a'), text('b')], 'b'],
  ['ELT', [int(3), text('a'), text('b')], null],
  ['SPLIT_INDEX', [text('https://www.nexmark.com/a/b/c/item.htm'), text('/'), int(3)], 'a'],
  ['SPLIT_INDEX', [text('a,,b'), text(','), int(1)], ''],
  ['SPLIT_INDEX', [text('a,b'), text(','), int(2)], null],
  ['SPLIT_INDEX', [text('a,b'), text(','), int(-1)], null],
  ['SPLIT_INDEX', [text('a,b'), int(44), int(1)], 'b'],
  ['SPLIT', strings('a,,b', ','), ['a', '', 'b']],
  ['SPLIT', strings('ab', ''), ['a', 'b']],
  ['REGEXP', strings('foobar', 'o+b'), true],
  ['REGEXP', strings('foobar', ''), false],
  ['REGEXP_EXTRACT', [text('foothebar'), text('foo(.*?)(bar)'), int(2)], 'bar'],
  ['REGEXP_EXTRACT', [text('a&channel_id=42&b'), text('(&|^)channel_id=([^&]*)'), int(2)], '42'],
  ['REGEXP_EXTRACT', strings('abc', 'x'), null],
  ['REGEXP_EXTRACT', strings('abc', 'b.'), 'bc'],
  ['REGEXP_EXTRACT', [text('ab'), text('a'), int(3)], null],
  ['REGEXP_EXTRACT_ALL', [text('a1b2'), text('([a-z])([0-9])'), int(2)], ['1', '2']],
  ['REGEXP_REPLACE', strings('foobar', 'oo|ar', ''), 'fb'],
  ['REGEXP_REPLACE', strings('ab', 'b', '$0'), 'a$0'],
  ['REGEXP_COUNT', strings('banana', 'an'), 2],
  ['REGEXP_INSTR', strings('banana', 'n'), 3],
  ['REGEXP_SUBSTR', strings('banana', 'n.'), 'na'],
  [
    'STR_TO_MAP',
    strings('k1=v1,k2=v2'),
    new Map([
      ['k1', 'v1'],
      ['k2', 'v2'],
    ]),
  ],
  [
    'STR_TO_MAP',
    strings('k1:v1;k2', ';', ':'),
    new Map([
      ['k1', 'v1'],
      ['k2', null],
    ]),
  ],
  [
    'STR_TO_MAP',
    strings('a$b', '\\$', '='),
    new Map([
      ['a', null],
      ['b', null],
    ]),
  ],
  ['LIKE', strings('abc', 'a%'), true],
  ['LIKE', strings('a%c', 'a!%c', '!'), true],
  ['SIMILAR TO', strings('abc', '(a|b)+c'), true],
  ['SIMILAR TO', strings('abc', '(a|b)+'), false],
  ['PARSE_URL', strings(url, 'HOST'), 'facebook.com'],
  ['PARSE_URL', strings(url, 'PATH'), '/path1/p.php'],
  ['PARSE_URL', strings(url, 'QUERY'), 'k1=v1&k2=v2'],
  ['PARSE_URL', strings(url, 'QUERY', 'k1'), 'v1'],
  ['PARSE_URL', strings(url, 'QUERY', 'k3'), null],
  ['PARSE_URL', strings(url, 'REF'), 'Ref1'],
  ['PARSE_URL', strings(url, 'PROTOCOL'), 'http'],
  ['PARSE_URL', strings(url, 'FILE'), '/path1/p.php?k1=v1&k2=v2'],
  ['PARSE_URL', strings(url, 'AUTHORITY'), 'user:pw@facebook.com:80'],
  ['PARSE_URL', strings(url, 'USERINFO'), 'user:pw'],
  ['PARSE_URL', strings('no url', 'HOST'), null],
  ['URL_ENCODE', strings('a b&ü*'), 'a+b%26%C3%BC*'],
  ['URL_DECODE', strings('a+b%26%C3%BC'), 'a b&ü'],
  ['URL_DECODE', strings('%zz'), null],
  ['MD5', strings('abc'), '900150983cd24fb0d6963f7d28e17f72'],
  ['SHA1', strings('abc'), 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  ['SHA256', strings('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['SHA2', [text('abc'), int(224)], '23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7'],
  ['MD5', [['BYTES', new Uint8Array([97, 98, 99])]], '900150983cd24fb0d6963f7d28e17f72'],
  ['PRINTF', [text('%s has %05d, %.2f%%'), text('x'), int(-42), decimal('2.345')], 'x has -0042, 2.35%'],
  ['PRINTF', [text('%2$s %1$-4s|'), text('a'), text('b')], 'b a   |'],
  ['PRINTF', [text('%,d %x'), int(1234567), int(-1)], '1,234,567 ffffffff'],
  ['PRINTF', [text('%d'), text('a')], null],
  ['PRINTF', [text('%s'), text(null)], 'null'],
  ['PRINTF', [text('%e'), double(12345.678)], '1.234568e+04'],
]

describe('text functions', () => {
  test.each(cases)('%# %s', (name, args, wanted) => {
    expect(callFlink(name, args).value).toEqual(wanted)
  })

  test('NULL in, NULL out', () => {
    const calledWithNull = new Set(['CONCAT_WS', 'ELT', 'PRINTF'])
    for (const [name, args] of cases) {
      if (calledWithNull.has(name)) continue
      for (const i of args.keys()) {
        const withNull = args.map((argument, j): TypedValue => (i === j ? [argument[0], null] : argument))
        if (name === 'TRIM' && i === 0) continue
        expect(callFlink(name, withNull).value, `${name} ${i}`).toBeNull()
      }
    }
  })

  test('what is wrong is refused at once where it is a literal, or fails the row', () => {
    expect(() => callFlink('REGEXP_COUNT', strings('a', '('))).toThrow('refused')
    expect(() => callFlink('UPPER', [int(1)])).toThrow('argument 1 of UPPER is text, not INT')
    expect(() => callFlink('UPPER', [])).toThrow('UPPER takes 1 argument, not 0')
    expect(() => callFlink('SHA2', [text('a'), int(1)])).toThrow('224, 256, 384 or 512')
    expect(() => callFlink('REPEAT', [text('abc'), int(2147483647)])).toThrow('more than')
    expect(() => callFlink('ENCODE', strings('a', 'EBCDIC'))).toThrow('no charset')
  })
})
