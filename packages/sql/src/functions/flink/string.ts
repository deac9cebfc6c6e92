/**
 * Text functions of the Flink dialect (spec 3.10). Positions are 1-based and count code points. A NULL argument gives NULL
 * unless the function says otherwise. Results are STRING.
 */
import type { SqlValue } from '../../plan.ts'
import { countOf, textOf } from '../argument-values.ts'
import { type ArgumentType, type ScalarFunction, SqlRuntimeError } from '../scalar-function.ts'
import { codePointLength, codePointSlice } from '../text.ts'
import { booleanType, integerType, keywordOf } from '../types.ts'
import { define, type Parameter } from './define.ts'
import { bytesType, stringType } from './types.ts'
import { bytesOf, decodeUtf8 } from './value-text.ts'

export const flinkString: readonly ScalarFunction[] = [
  mapping('UPPER', (text) => text.toUpperCase()),
  mapping('LOWER', (text) => text.toLowerCase()),
  mapping('INITCAP', initcap),
  mapping('REVERSE', (text) => [...text].reverse().join('')),
  textFunction('||', ['text', 'text'], ([a, b]) => textOf(a) + textOf(b)),
  textFunction('CONCAT', ['text*'], (args) => args.map(textOf).join('')),
  define({
    name: 'CONCAT_WS',
    parameters: ['text', 'text*'],
    returns: stringType,
    nullIn: 'called',
    evaluate: ([separator, ...texts]) =>
      separator === null ? null : texts.filter((text) => text !== null).join(textOf(separator)),
  }),
  define({
    name: 'CHAR_LENGTH',
    parameters: ['text'],
    returns: integerType,
    evaluate: ([a]) => codePointLength(textOf(a)),
  }),
  {
    ...textFunction('TRIM', ['text', 'text', 'text'], ([side, characters, text]) =>
      trimSet(textOf(text), textOf(characters), textOf(side)),
    ),
    forms: ['TRIM([[BOTH | LEADING | TRAILING] [characters] FROM] text)'],
    infer: inferTrim,
  },
  trimming('LTRIM', 'LEADING'),
  trimming('RTRIM', 'TRAILING'),
  trimming('BTRIM', 'BOTH'),
  padding('LPAD', (text, fill) => fill + text),
  padding('RPAD', (text, fill) => text + fill),
  textFunction('LEFT', ['text', 'integer'], ([text, n]) => codePointSlice(textOf(text), 0, countOf(n))),
  textFunction('RIGHT', ['text', 'integer'], ([text, n]) => {
    const length = codePointLength(textOf(text))
    return countOf(n) <= 0 ? '' : codePointSlice(textOf(text), Math.max(0, length - countOf(n)), length)
  }),
  textFunction('REPEAT', ['text', 'integer'], ([text, n]) =>
    limited('REPEAT', textOf(text), Math.max(0, countOf(n))),
  ),
  textFunction('REPLACE', ['text', 'text', 'text'], ([text, sought, by]) =>
    sought === '' ? textOf(text) : textOf(text).replaceAll(textOf(sought), () => textOf(by)),
  ),
  textFunction('TRANSLATE', ['text', 'text', 'text'], ([text, from, to]) =>
    translate(textOf(text), textOf(from), textOf(to)),
  ),
  textFunction('OVERLAY', ['text', 'text', 'integer', 'integer?'], ([text, by, start, length]) =>
    overlay(textOf(text), textOf(by), countOf(start), length === undefined ? undefined : countOf(length)),
  ),
  counting('POSITION', ['text', 'text'], ([sought, text]) => position(textOf(text), textOf(sought), 1)),
  counting('LOCATE', ['text', 'text', 'integer?'], ([sought, text, from]) =>
    position(textOf(text), textOf(sought), from === undefined ? 1 : countOf(from)),
  ),
  define({
    name: 'INSTR',
    parameters: ['text', 'text', 'integer?', 'integer?'],
    returns: integerType,
    evaluate: ([text, sought, from, nth]) =>
      instr(
        textOf(text),
        textOf(sought),
        from === undefined ? 1 : countOf(from),
        nth === undefined ? 1 : countOf(nth),
      ),
  }),
  substringFunction('SUBSTRING'),
  substringFunction('SUBSTR'),
  substringFunction('SUBSTRING_FROM'),
  counting('ASCII', ['text'], ([text]) => (text === '' ? 0 : (textOf(text).codePointAt(0) ?? 0) & 0xff)),
  textFunction('CHR', ['integer'], ([code]) =>
    countOf(code) < 0 ? '' : String.fromCharCode(countOf(code) % 256),
  ),
  textFunction('FROM_BASE64', ['text'], ([text]) => Buffer.from(textOf(text), 'base64').toString('utf8')),
  textFunction('TO_BASE64', ['textOrBytes'], ([value]) =>
    (typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(bytesOf(value))).toString('base64'),
  ),
  define({
    name: 'ENCODE',
    parameters: ['text', 'text'],
    returns: bytesType,
    evaluate: ([text, charset]) => encode(textOf(text), textOf(charset)),
  }),
  define({
    name: 'DECODE',
    parameters: ['bytes', 'text'],
    returns: stringType,
    evaluate: ([bytes, charset]) => decode(bytesOf(bytes), textOf(charset)),
  }),
  define({
    name: 'STARTSWITH',
    parameters: ['text', 'text'],
    returns: booleanType,
    evaluate: ([text, start]) => textOf(text).startsWith(textOf(start)),
  }),
  define({
    name: 'ENDSWITH',
    parameters: ['text', 'text'],
    returns: booleanType,
    evaluate: ([text, end]) => textOf(text).endsWith(textOf(end)),
  }),
  define({
    name: 'ELT',
    parameters: ['integer', 'textOrBytes*'],
    returns: stringType,
    nullable: 'always',
    nullIn: 'called',
    evaluate: ([index, ...texts]) => (index === null ? null : (texts[countOf(index) - 1] ?? null)),
  }),
  define({
    name: 'SPLIT_INDEX',
    parameters: ['text', 'any', 'integer'],
    forms: ['SPLIT_INDEX(text, delimiter, index from 0)', 'SPLIT_INDEX(text, code point, index from 0)'],
    returns: stringType,
    nullable: 'always',
    evaluate: ([text, delimiter, index]) => splitIndex(textOf(text), delimiter!, countOf(index)),
  }),
  define({
    name: 'SPLIT',
    parameters: ['text', 'text'],
    returns: { kind: 'ARRAY', element: stringType },
    evaluate: ([text, delimiter]) =>
      delimiter === '' ? [...textOf(text)] : textOf(text).split(textOf(delimiter)),
  }),
]

/** Longest text that a function may make of short ones. */
const madeLengthMax = 16_777_216

function limited(name: string, text: string, times: number): string {
  if (text.length * times > madeLengthMax) {
    throw new SqlRuntimeError('ValueOutOfRange', `${name} gives more than ${madeLengthMax} characters`)
  }
  return text.repeat(times)
}

type Compute<R> = (args: readonly SqlValue[]) => R

function textFunction(
  name: string,
  parameters: readonly Parameter[],
  evaluate: Compute<string | null>,
): ScalarFunction {
  return define({ name, parameters, returns: stringType, evaluate })
}

function counting(name: string, parameters: readonly Parameter[], evaluate: Compute<number>): ScalarFunction {
  return define({ name, parameters, returns: integerType, evaluate })
}

function mapping(name: string, map: (text: string) => string): ScalarFunction {
  return textFunction(name, ['text'], ([text]) => map(textOf(text)))
}

function initcap(text: string): string {
  return text.toLowerCase().replace(/[\p{L}\p{N}]+/gu, (word) => {
    const [first = ''] = word
    return first.toUpperCase() + word.slice(first.length)
  })
}

function inferTrim(args: readonly ArgumentType[]) {
  const side = keywordOf(args[0])
  if (args.length !== 3 || (side !== 'BOTH' && side !== 'LEADING' && side !== 'TRAILING'))
    return 'TRIM takes BOTH, LEADING or TRAILING, the characters and the text'
  return textFunction('TRIM', ['text', 'text', 'text'], () => '').infer(args)
}

function trimming(name: string, side: string): ScalarFunction {
  return textFunction(name, ['text', 'text?'], ([text, characters]) =>
    trimSet(textOf(text), characters === undefined ? ' ' : textOf(characters), side),
  )
}

/** Cuts off characters of the set from the sides. */
function trimSet(text: string, characters: string, side: string): string {
  const set = new Set(characters)
  const points = [...text]
  let [start, end] = [0, points.length]
  if (side !== 'TRAILING') while (start < end && set.has(points[start]!)) start++
  if (side !== 'LEADING') while (end > start && set.has(points[end - 1]!)) end--
  return points.slice(start, end).join('')
}

/** Pads to a length or cuts to it. NULL for a length below 0, or when there is nothing to pad with. */
function padding(name: string, join: (text: string, fill: string) => string): ScalarFunction {
  return define({
    name,
    parameters: ['text', 'integer', 'text'],
    returns: stringType,
    nullable: 'always',
    evaluate: ([text, wanted, pad]) => {
      const [length, characters] = [countOf(wanted), codePointLength(textOf(text))]
      if (length < 0) return null
      if (length <= characters) return codePointSlice(textOf(text), 0, length)
      if (pad === '') return null
      const missing = length - characters
      const fill = limited(name, textOf(pad), Math.ceil(missing / codePointLength(textOf(pad))))
      return join(textOf(text), codePointSlice(fill, 0, missing))
    },
  })
}

function translate(text: string, from: string, to: string): string {
  const targets = [...to]
  const table = new Map<string, string>()
  for (const [i, character] of [...from].entries()) {
    if (!table.has(character)) table.set(character, targets[i] ?? '')
  }
  return [...text].map((character) => table.get(character) ?? character).join('')
}

/** A start outside the text leaves the text as it is. */
function overlay(text: string, by: string, start: number, length: number | undefined): string {
  const characters = codePointLength(text)
  if (start < 1 || start > characters) return text
  const count = length ?? codePointLength(by)
  const rest = count < 0 ? '' : codePointSlice(text, start - 1 + count, characters)
  return codePointSlice(text, 0, start - 1) + by + rest
}

/** The place of `sought` in `text` from character `from` on; 0 if there is none. */
function position(text: string, sought: string, from: number): number {
  if (from < 1) return 0
  const start = codePointSlice(text, 0, from - 1).length
  if (start > text.length) return 0
  const index = text.indexOf(sought, start)
  return index < 0 ? 0 : codePointLength(text.slice(0, index)) + 1
}

/** A negative `from` counts from the end and searches toward the start. */
function instr(text: string, sought: string, from: number, nth: number): number {
  if (nth < 1) throw new SqlRuntimeError('ValueOutOfRange', `the occurrence of INSTR is above 0, not ${nth}`)
  if (from === 0) return 0
  const points = [...text]
  const wanted = [...sought]
  const matches = (at: number) => wanted.every((character, i) => points[at + i] === character)
  let left = nth
  const step = from > 0 ? 1 : -1
  const last = points.length - wanted.length
  for (
    let at = from > 0 ? from - 1 : Math.min(points.length + from, last);
    at >= 0 && at <= last;
    at += step
  ) {
    if (matches(at) && --left === 0) return at + 1
  }
  return 0
}

/** A start below 0 counts from the end; a length below 0 gives NULL. */
function substringFunction(name: string): ScalarFunction {
  return define({
    name,
    parameters: ['text', 'integer', 'integer?'],
    forms: ['SUBSTRING(text, start [, length])', 'SUBSTRING(text FROM start [FOR length])'],
    returns: stringType,
    nullable: 'always',
    evaluate: ([text, start, length]) => {
      const characters = codePointLength(textOf(text))
      const count = length === undefined ? characters : countOf(length)
      if (count < 0) return null
      const from =
        countOf(start) > 0 ? countOf(start) - 1 : countOf(start) < 0 ? characters + countOf(start) : 0
      if (from < 0 || from >= characters) return ''
      return codePointSlice(textOf(text), from, Math.min(characters, from + count))
    },
  })
}

/** Tokens between delimiters count from 0, empty ones too; an integer delimiter is a code point. */
function splitIndex(text: string, delimiter: NonNullable<SqlValue>, index: number): string | null {
  if (index < 0) return null
  const by = typeof delimiter === 'string' ? delimiter : pointText(countOf(delimiter))
  if (by === undefined || text === '') return null
  // As in Java's library, nothing as a delimiter means blanks.
  if (by === '') return text.split(/\s/u)[index] ?? null
  let start = 0
  for (let i = 0; i < index; i++) {
    const end = text.indexOf(by, start)
    if (end < 0) return null
    start = end + by.length
  }
  const end = text.indexOf(by, start)
  return end < 0 ? text.slice(start) : text.slice(start, end)
}

function pointText(code: number): string | undefined {
  return code > 0 && code <= 255 ? String.fromCharCode(code) : undefined
}

const charsets: Readonly<Record<string, BufferEncoding>> = {
  'US-ASCII': 'ascii',
  ASCII: 'ascii',
  'ISO-8859-1': 'latin1',
  'UTF-8': 'utf8',
  UTF8: 'utf8',
  'UTF-16LE': 'utf16le',
}

const charsetNames = 'US-ASCII, ISO-8859-1, UTF-8, UTF-16BE, UTF-16LE, UTF-16'

function encode(text: string, charset: string): Uint8Array {
  const name = charset.toUpperCase()
  if (name === 'UTF-16BE') return swapped(Buffer.from(text, 'utf16le'))
  // Java's UTF-16 begins with the mark of big endian.
  if (name === 'UTF-16') return swapped(Buffer.from(`\ufeff${text}`, 'utf16le'))
  if (name === 'UTF-8' || name === 'UTF8' || name === 'UTF-16LE')
    return new Uint8Array(Buffer.from(text, charsetOf(charset)))
  const last = charsetOf(charset) === 'ascii' ? 0x7f : 0xff
  return Uint8Array.from([...text].map((character) => orQuestionMark(character.codePointAt(0)!, last)))
}

function orQuestionMark(code: number, last: number): number {
  return code <= last ? code : 0x3f
}

function decode(bytes: Uint8Array, charset: string): string {
  const name = charset.toUpperCase()
  if (name === 'UTF-8' || name === 'UTF8') return decodeUtf8(bytes)
  const buffer = Buffer.from(bytes)
  if (name === 'UTF-16' && bytes[0] === 0xff && bytes[1] === 0xfe)
    return buffer.subarray(2).toString('utf16le')
  if (name === 'UTF-16' && bytes[0] === 0xfe && bytes[1] === 0xff)
    return Buffer.from(swapped(buffer.subarray(2))).toString('utf16le')
  if (name === 'UTF-16' || name === 'UTF-16BE') return Buffer.from(swapped(buffer)).toString('utf16le')
  if (charsetOf(charset) === 'ascii')
    return [...bytes].map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : '\ufffd')).join('')
  return buffer.toString(charsetOf(charset))
}

function swapped(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length - (bytes.length % 2))
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    copy[i] = bytes[i + 1]!
    copy[i + 1] = bytes[i]!
  }
  return copy
}

function charsetOf(charset: string): BufferEncoding {
  const found = charsets[charset.toUpperCase()]
  if (found === undefined)
    throw new SqlRuntimeError(
      'CoercionError',
      `'${charset.slice(0, 40)}' is no charset; known are ${charsetNames}`,
    )
  return found
}
