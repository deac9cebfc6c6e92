/**
 * MySQL's character sets of several bytes besides Unicode's: the browsers' decoders (TextDecoder) read nearly all of them alike; what MySQL
 * reads in its own way stands here, by the bytes. Cost: one look-up for each character that is not ASCII.
 */
import { CdcError } from '../../errors.ts'

interface MultiByteCharset {
  /** For TextDecoder. */
  readonly label: string
  /** How many bytes the character has that begins with `lead`, which is no ASCII. */
  readonly width: (lead: number, second: number) => number
  /** First code and the characters from there on, in the order of codes. Codes are the bytes as one number. */
  readonly own: readonly (readonly [first: number, characters: string])[]
  readonly next: (code: number) => number
  /** Codes that follow a formula. */
  readonly computed?: (code: number) => string | undefined
}

const twoBytes = () => 2
/** Half-width katakana have one byte. */
const shiftWidth = (lead: number) => (lead >= 0xa1 && lead <= 0xdf ? 1 : 2)
const eucWidth = (lead: number) => (lead === 0x8f ? 3 : 2)
const plusOne = (code: number) => code + 1

const big5Next = (code: number) => {
  const second = code & 0xff
  return second === 0x7e ? code - 0x7e + 0xa1 : second === 0xfe ? code + 0x100 - 0xfe + 0x40 : code + 1
}

/** Rows 0xf5 to 0xfe of both planes: for private use. */
function eucPrivate(code: number): string | undefined {
  const [row, column] = [(code >>> 8) & 0xff, code & 0xff]
  if (row < 0xf5 || row > 0xfe || column < 0xa1 || column > 0xfe) return undefined
  return String.fromCharCode((code > 0xffff ? 0xe3ac : 0xe000) + (row - 0xf5) * 94 + column - 0xa1)
}

const charsets: { readonly [charset: string]: MultiByteCharset } = {
  gbk: { label: 'gbk', width: twoBytes, own: [], next: plusOne },
  gb2312: {
    label: 'gbk',
    width: twoBytes,
    own: [
      [0xa1a4, '・'],
      [0xa1aa, '―'],
    ],
    next: plusOne,
  },
  gb18030: {
    label: 'gb18030',
    width: (_lead, second) => (second >= 0x30 && second <= 0x39 ? 4 : 2),
    own: [
      [0xa3a0, '\ue5e5'],
      [0xa6d9, '\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793'],
      [0xa6ec, '\ue794\ue795'],
      [0xa6f3, '\ue796'],
      [0xfe59, '\ue81e'],
      [0xfe61, '\ue826'],
      [0xfe66, '\ue82b\ue82c'],
      [0xfe6d, '\ue832'],
      [0xfe7e, '\ue843'],
      [0xfe90, '\ue854'],
      [0xfea0, '\ue864'],
    ],
    next: plusOne,
  },
  sjis: {
    label: 'shift_jis',
    width: shiftWidth,
    own: [
      [0x815f, '\\〜‖'],
      [0x817c, '−'],
      [0x8191, '¢£'],
      [0x81ca, '¬'],
    ],
    next: plusOne,
  },
  cp932: { label: 'shift_jis', width: shiftWidth, own: [], next: plusOne },
  ujis: {
    label: 'euc-jp',
    width: eucWidth,
    own: [
      [0xa1c0, '\\〜‖'],
      [0xa1dd, '−'],
      [0xa1f1, '¢£'],
      [0xa2cc, '¬'],
      [0x8fa2b7, '~'],
    ],
    next: plusOne,
    computed: eucPrivate,
  },
  eucjpms: {
    label: 'euc-jp',
    width: eucWidth,
    own: [
      [0x8fa2c3, '￤'],
      [0x8ff3f3, 'ⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹⅠⅡ'],
      [
        0x8ff4a1,
        'ⅢⅣⅤⅥⅦⅧⅨⅩ＇＂㈱№℡炻仼僴凬匇匤\ufa0e咊坙\ufa0f\ufa10增寬峵嵓\ufa11德悅愠敎昻晥\ufa12\uf929栁\ufa13\ufa14橫櫢淸淲瀨\ufa15\ufa16甁皂皞\ufa17礰\ufa18\ufa19\ufa1a\ufa1b竧\ufa1c\ufa1d綠緖\ufa1e荢\ufa1f薰\ufa20\ufa21蠇\ufa22譿賴赶\ufa23\ufa24\ufa25郞\ufa26鄕\ufa27\ufa28閒\uf9dc\ufa29霻靍靑\ufa2a\ufa2b\ufa2c馞髙魲\ufa2d黑',
      ],
    ],
    next: plusOne,
    computed: eucPrivate,
  },
  euckr: {
    label: 'euc-kr',
    width: twoBytes,
    own: [[0xa2e6, '€®']],
    next: plusOne,
    computed: (code) => extendedHangul().get(code),
  },
  big5: {
    label: 'big5',
    width: twoBytes,
    own: [
      [0xa145, '•'],
      [0xa14e, '､'],
      [0xa15a, '\ufffd'],
      [0xa1c2, '‾\ufffd'],
      [0xa1c5, '\ufffd'],
      [0xa1e3, '∼'],
      [0xa1f2, '♁☉'],
      [0xa1fe, '\ufffd\ufffd／＼'],
      [0xa244, '¥'],
      [0xa246, '¢£'],
      [0xa2cc, '\ufffd'],
      [0xa2ce, '\ufffd'],
      [0xc6a1, big5Own()],
    ],
    next: big5Next,
  },
}

/** The order is the table's own: kana, Cyrillic with Ё in its place, circled and parenthesized numbers. */
function big5Own(): string {
  const run = (first: number, last: number) =>
    String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, i) => first + i))
  return (
    `ヾゝゞ々${run(0x3041, 0x3093)}${run(0x30a1, 0x30f6)}${run(0x414, 0x415)}Ё${run(0x416, 0x41c)}` +
    `${run(0x423, 0x435)}ё${run(0x436, 0x44f)}${run(0x2460, 0x2469)}${run(0x2474, 0x247d)}`
  )
}

let hangul: Map<number, string> | undefined

function extendedHangul(): Map<number, string> {
  hangul ??= makeExtendedHangul()
  return hangul
}

/** The syllables that KS X 1001 lacks, in Unicode's order over the codes that it leaves free (code page 949). */
function makeExtendedHangul(): Map<number, string> {
  const decoder = new TextDecoder('euc-kr')
  const standard = new Set<string>()
  for (let lead = 0xb0; lead <= 0xc8; lead++) {
    for (let second = 0xa1; second <= 0xfe; second++)
      standard.add(decoder.decode(Buffer.from([lead, second])))
  }
  const codes = new Map<number, string>()
  let syllable = 0xac00
  for (let lead = 0x81; lead <= 0xc6; lead++) {
    for (let second = 0x41; second <= 0xfe; second++) {
      if ((second > 0x5a && second < 0x61) || (second > 0x7a && second < 0x81)) continue
      if (lead >= 0xa1 && second > 0xa0) continue
      while (standard.has(String.fromCharCode(syllable))) syllable++
      if (syllable <= 0xd7a3) codes.set(lead * 256 + second, String.fromCharCode(syllable++))
    }
  }
  return codes
}

/** Undefined: not one of these. */
export function multiByteDecoder(
  charset: string,
): ((buffer: Buffer, start: number, end: number) => string) | undefined {
  if (!Object.hasOwn(charsets, charset)) return undefined
  // Owned, as just checked.
  const { label, width, own, next, computed } = charsets[charset]!
  const decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true })
  const ownByCode = new Map<number, string>()
  for (const [first, characters] of own) {
    let code = first
    for (const character of characters) {
      ownByCode.set(code, character)
      code = next(code)
    }
  }

  return (buffer, start, end) => {
    let text = ''
    let pending = start
    let at = start
    while (at < end) {
      const lead = buffer[at]!
      if (lead < 0x80) {
        at++
        continue
      }
      const count = width(lead, at + 1 < end ? buffer[at + 1]! : 0)
      if (count < 4 && at + count <= end) {
        const code = buffer.readUIntBE(at, count)
        const character = ownByCode.get(code) ?? computed?.(code)
        if (character !== undefined) {
          text += decode(buffer, pending, at) + character
          pending = at + count
        }
      }
      at += count
    }
    return text + decode(buffer, pending, end)
  }

  function decode(buffer: Buffer, start: number, end: number): string {
    if (start >= end) return ''
    try {
      return decoder.decode(buffer.subarray(start, end))
    } catch {
      throw textInvalid(charset, buffer, start, end)
    }
  }
}

export function textInvalid(charset: string, buffer: Buffer, start: number, end: number): CdcError {
  const shown = buffer.toString('hex', start, Math.min(end, start + 32))
  return new CdcError(
    'CDC_VALUE_INVALID',
    `A text of character set ${charset} has bytes that mean no character there: 0x${shown}${end - start > 32 ? '...' : ''}. ` +
      'Mend the value, or convert its column to utf8mb4.',
  )
}
