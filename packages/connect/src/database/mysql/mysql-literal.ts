/**
 * Values in the text of a statement. Numbers stand as digits, since MySQL compares a number with a quoted one as floats; bytes as
 * hexadecimal literals; everything else as quoted text. The session has no sql_mode that changes how these are read.
 */
import type { Cell, TargetColumn } from '../target-table.ts'
import { Unfit } from '../unfit.ts'

const escapes: { readonly [character: string]: string } = {
  '\0': '\\0',
  '\n': '\\n',
  '\r': '\\r',
  '\x1a': '\\Z',
  "'": "''",
  '\\': '\\\\',
}
const plainNumber = /^-?\d+(\.\d+)?$/
const floatNumber = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

export function mysqlLiteral(cell: Cell, { name, type }: TargetColumn): string {
  if (cell === null) return 'NULL'
  if (cell instanceof Uint8Array)
    return `x'${Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString('hex')}'`
  switch (type.kind) {
    case 'integer':
    case 'year':
    case 'decimal':
      if (plainNumber.test(cell)) return cell
      break
    case 'float':
      if (floatNumber.test(cell)) return cell
      break
    case 'bits':
      if (/^[01]*$/.test(cell)) return `b'${cell}'`
      break
    default:
      return mysqlText(cell)
  }
  throw new Unfit(`Column "${name}" (${type.native}) has no ${cell.slice(0, 40)}.`)
}

export function mysqlText(text: string): string {
  // Control characters are what is escaped.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: see above
  return `'${text.replace(/[\0\n\r\x1a'\\]/g, (character) => escapes[character]!)}'`
}

export function mysqlIdentifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}
