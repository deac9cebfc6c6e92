/** Log formats over lines as servers write them. */
import { expect, test } from 'vitest'
import { fastFormat } from './fast-format.ts'
import { type LogFormat, logReader, webLogPattern } from './log-format.ts'

function web(format: string, line: string) {
  return logReader({ kind: 'regex', pattern: webLogPattern(format), strict: false })(line)
}

const common = '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326'
const fields = [
  '127.0.0.1',
  '-',
  'frank',
  '[10/Oct/2000:13:55:36 -0700]',
  'GET /a.gif HTTP/1.0',
  '200',
  '2326',
]

test('logs of web servers: named formats and formats of Apache', () => {
  expect(web('COMMON', common)).toEqual(fields)
  expect(web('common with vhost', `example.org ${common}`)).toEqual(['example.org', ...fields])
  const extended = `${common} "http://www.example.com/start.html" "Mozilla/4.08 [en] (\\"quoted\\")"`
  expect(web('NCSA EXTENDED', extended)).toEqual([
    ...fields,
    'http://www.example.com/start.html',
    'Mozilla/4.08 [en] (\\"quoted\\")',
  ])
  expect(web('REFERER', 'http://a/b ---> /c')).toEqual(['http://a/b', '/c'])
  expect(web('AGENT', 'Mozilla/4.08 [en] (Win98)')).toEqual(['Mozilla/4.08 [en] (Win98)'])
  expect(web('%h %>s "%r" %D', '10.0.0.1 404 "GET / HTTP/1.1" 12')).toEqual([
    '10.0.0.1',
    '404',
    'GET / HTTP/1.1',
    '12',
  ])
  expect(
    web('IIS', '2002-05-02 17:42:15 172.22.255.255 GET /d - 80 - 10.0.0.1 Mozilla 200 0 0 15'),
  ).toHaveLength(14)
  expect(web('COMMON', 'nothing of the kind')).toBeUndefined()
})

function fast(pattern: string, line: string) {
  const read = fastFormat(pattern)
  if (typeof read === 'string') throw new Error(read)
  return logReader('kind' in read ? read : { kind: 'regex', pattern: read.whole, strict: true })(line)
}

test('the fast notation: any text, classes, ranges, quotes; every character is accounted for', () => {
  expect(fast('(@)=(<Digit>+)', 'a=b=12')).toEqual(['a=b', '12'])
  expect(fast('(<0-255>).(@)', '192.x')).toEqual(['192', 'x'])
  expect(fast('(<0-255>)"."(@)', '300.x')).toBeUndefined()
  for (let n = 0; n < 300; n++)
    expect(fast('(<7-123>)', String(n)) !== undefined, String(n)).toBe(n >= 7 && n <= 123)
  expect(fast('("a.b")(.*)', 'a.bcd')).toEqual(['a.b', 'cd'])
  expect(fast('([a-z]+)', 'abc1')).toBeUndefined()
  expect(fastFormat('(<Nothing>)')).toContain('<Nothing>')
})

test('the fast parser is lazy and does not go back', () => {
  expect(fast('(.*)_+(._.*)', 'Mary_had_a_little_lamb')).toBeUndefined()
  expect(fast('(.*)_+(.*)', 'Mary____had_a_little_lamb')).toEqual(['Mary', 'had_a_little_lamb'])
  expect(fast('(.*)_+(<Alpha>.*)', 'Mary____had_a_little_lamb')).toEqual(['Mary', 'had_a_little_lamb'])
  expect(fast('(.*)_(._.*)_.*', 'Mary_had_a_little_lamb')).toEqual(['Mary_had', 'a_little'])
  expect(fast('(.*)_(._.*)_.', 'Mary_had_a_little_lamb')).toBeUndefined()
  expect(fast('(a|b)(c*)', 'bcc')).toEqual(['b', 'cc'])
  expect(fast('()x', 'x')).toEqual([''])
})

test('split fields with escapes and quotes; missing ones are NULL', () => {
  const format: LogFormat = { kind: 'split', delimiter: ',', escape: '\\', quote: '"', columns: 4 }
  expect(logReader(format)('a\\,b,"c,d",')).toEqual(['a,b', 'c,d', '', null])
  expect(logReader({ ...format, quote: '[]' })('[c,d],e')).toEqual(['c,d', 'e', null, null])
})

test('fixed positions from 0', () => {
  const columns = [
    { start: 0, length: 3 },
    { start: 4, length: undefined },
    { start: 20, length: 2 },
  ]
  expect(logReader({ kind: 'fixed', columns })('abc defg')).toEqual(['abc', 'defg', null])
})
