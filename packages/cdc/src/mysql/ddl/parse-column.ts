/** Column definitions and key definitions of CREATE TABLE and ALTER TABLE. */
import { jsonCheckColumn } from '../schema/read-tables.ts'
import type { WrittenColumn, WrittenKey, WrittenType } from './ddl-statement.ts'
import { TokenReader } from './token-reader.ts'
import type { Token } from './tokens.ts'

/** Name, type and attributes, up to FIRST, AFTER, a comma or a closing parenthesis. */
export function parseColumn(reader: TokenReader, name = reader.name()): WrittenColumn {
  const isSerial = reader.sees('SERIAL')
  let type = parseType(reader)
  let isNullable: boolean | undefined = isSerial ? false : undefined
  let [isPrimary, isUnique, isAutoIncrement, isInvisible, isJsonChecked] = [
    false,
    isSerial,
    isSerial,
    false,
    false,
  ]
  let generated: 'virtual' | 'stored' | undefined
  while (!isColumnEnd(reader)) {
    if (reader.takes('NOT', 'NULL')) isNullable = false
    else if (reader.takes('NULL')) isNullable = true
    else if (reader.takes('DEFAULT') || reader.takes('ON', 'UPDATE')) skipTerm(reader)
    else if (reader.takes('AUTO_INCREMENT')) isAutoIncrement = true
    else if (reader.takes('SERIAL', 'DEFAULT', 'VALUE')) {
      isNullable = false
      isAutoIncrement = true
      isUnique = true
    } else if (reader.takes('UNIQUE')) {
      reader.takes('KEY')
      isUnique = true
    } else if (reader.takes('PRIMARY')) {
      reader.takes('KEY')
      isPrimary = true
    } else if (reader.takes('KEY')) isPrimary = true
    else if (reader.takes('COLLATE')) type = { ...type, collation: reader.setting() }
    else if (reader.takes('COMMENT')) reader.next()
    else if (reader.takes('INVISIBLE')) isInvisible = true
    else if (reader.takes('CHECK')) isJsonChecked ||= isJsonCheck(reader.group(), name)
    else if (reader.takes('CONSTRAINT')) {
      if (!reader.sees('CHECK')) reader.next()
    } else if (reader.takes('REFERENCES')) skipReference(reader)
    else if (reader.takes('AS', 'ROW') || reader.takes('GENERATED', 'ALWAYS', 'AS', 'ROW')) {
      // System versioning: ROW START, ROW END.
      reader.next()
      generated = 'stored'
      isNullable = false
    } else if (reader.takes('GENERATED', 'ALWAYS', 'AS') || reader.takes('AS')) {
      reader.skipOne()
      generated = 'virtual'
    } else if (reader.takes('VIRTUAL')) generated = 'virtual'
    else if (reader.takes('STORED') || reader.takes('PERSISTENT')) generated = 'stored'
    // COLUMN_FORMAT, STORAGE, SRID, ENGINE_ATTRIBUTE, VISIBLE, options of engines: nothing of columns depends on them.
    else reader.skipOne()
  }
  return {
    name,
    type,
    isNullable,
    isPrimary,
    isUnique,
    isAutoIncrement,
    isInvisible,
    generated,
    isJsonChecked,
  }
}

/** From PRIMARY, UNIQUE, KEY and so on, after an optional CONSTRAINT. Undefined: a foreign key, a check, a period. */
export function parseKey(reader: TokenReader): { key: WrittenKey; ifNotExists: boolean } | undefined {
  let symbol: string | undefined
  if (reader.takes('CONSTRAINT') && !isKeyWord(reader.peek())) symbol = reader.name()
  const kind = reader.takes('PRIMARY', 'KEY') ? 'primary' : reader.takes('UNIQUE') ? 'unique' : 'other'
  if (kind === 'other') {
    if (reader.sees('FOREIGN') || reader.sees('CHECK') || reader.sees('PERIOD')) {
      reader.skipItem()
      return undefined
    }
    if (!reader.takes('FULLTEXT') && !reader.takes('SPATIAL')) reader.takes('VECTOR')
  }
  if (kind !== 'primary' && !reader.takes('KEY')) reader.takes('INDEX')
  const ifNotExists = reader.takes('IF', 'NOT', 'EXISTS')
  let name = symbol
  if (!reader.seesMark('(') && !reader.sees('USING') && !reader.sees('TYPE')) {
    const written = reader.name()
    if (kind !== 'primary') name = written
  }
  while (!reader.seesMark('(') && !reader.isAtEnd) reader.next()
  const parts = parseKeyParts(reader.group())
  reader.skipItem()
  return { key: { kind, name: kind === 'primary' ? undefined : name, ...parts }, ifNotExists }
}

export function parseKeyParts(group: readonly Token[]): { columns: readonly string[]; isPartial: boolean } {
  const reader = new TokenReader(group)
  const columns: string[] = []
  let isPartial = false
  while (!reader.isAtEnd) {
    if (reader.seesMark('(')) {
      reader.skipOne()
      isPartial = true
    } else {
      columns.push(reader.name())
      if (reader.seesMark('(')) {
        reader.skipOne()
        isPartial = true
      }
    }
    reader.skipItem()
    reader.takesMark(',')
  }
  return { columns, isPartial }
}

/** Begins an element of a table that is no column. All but two are reserved, so that no column has such a name without quotes. */
export function isKeyStart(reader: TokenReader): boolean {
  const token = reader.peek()
  if (token.kind !== 'word') return false
  if (token.text === 'PERIOD') return reader.sees('PERIOD', 'FOR')
  if (token.text === 'VECTOR') return reader.sees('VECTOR', 'INDEX') || reader.sees('VECTOR', 'KEY')
  return token.text === 'CONSTRAINT' || isKeyWord(token)
}

function isKeyWord(token: Token): boolean {
  return (
    token.kind === 'word' &&
    ['PRIMARY', 'UNIQUE', 'KEY', 'INDEX', 'FULLTEXT', 'SPATIAL', 'FOREIGN', 'CHECK'].includes(token.text)
  )
}

function isColumnEnd(reader: TokenReader): boolean {
  return (
    reader.isAtEnd ||
    reader.seesMark(',') ||
    reader.seesMark(')') ||
    reader.sees('FIRST') ||
    reader.sees('AFTER')
  )
}

function parseType(reader: TokenReader): WrittenType {
  const { base, isNational, isByte } = parseBase(reader)
  const list = reader.group()
  const numbers = list.flatMap((token) => (token.kind === 'number' ? [Number(token.text)] : []))
  const labels = list.flatMap((token) => (token.kind === 'string' ? [token.text] : []))
  let [isUnsigned, isZerofill, isBinaryCollation] = [false, false, false]
  let charset: string | undefined = isNational ? 'utf8mb3' : isByte ? 'binary' : undefined
  let collation: string | undefined
  for (;;) {
    if (reader.takes('UNSIGNED')) isUnsigned = true
    else if (reader.takes('SIGNED')) isUnsigned = false
    else if (reader.takes('ZEROFILL')) isZerofill = true
    else if (reader.takes('CHARACTER', 'SET') || reader.takes('CHARSET') || reader.takes('CHAR', 'SET')) {
      charset = reader.setting()
    } else if (reader.takes('COLLATE')) collation = reader.setting()
    else if (reader.takes('ASCII')) charset = 'latin1'
    else if (reader.takes('UNICODE')) charset = 'ucs2'
    else if (reader.takes('BYTE')) charset = 'binary'
    else if (reader.takes('BINARY')) isBinaryCollation = true
    else if (reader.takes('COMPRESSED')) {
      if (reader.takesMark('=')) reader.next()
    } else break
  }
  return { base, numbers, labels, isUnsigned, isZerofill, charset, collation, isBinaryCollation }
}

function parseBase(reader: TokenReader): { base: string; isNational: boolean; isByte: boolean } {
  const found = (base: string, more: { isNational?: true; isByte?: true } = {}) => {
    return { base, isNational: more.isNational ?? false, isByte: more.isByte ?? false }
  }
  if (reader.takes('LONG')) {
    if (reader.takes('VARBINARY') || reader.takes('BYTE')) return found('mediumblob')
    // `LONG CHARACTER SET x` is a LONG with a character set.
    const isVarying = reader.takes('CHAR', 'VARYING') || reader.takes('CHARACTER', 'VARYING')
    if (!isVarying && !reader.takes('VARCHARACTER')) reader.takes('VARCHAR')
    return found('mediumtext')
  }
  if (reader.takes('NATIONAL')) {
    const isVarying = reader.takes('VARCHAR') || reader.takes('VARCHARACTER')
    if (!isVarying && !reader.takes('CHARACTER')) reader.takes('CHAR')
    return found(isVarying || reader.takes('VARYING') ? 'varchar' : 'char', { isNational: true })
  }
  if (reader.takes('NCHAR')) {
    const isVarying = reader.takes('VARYING') || reader.takes('VARCHAR') || reader.takes('VARCHARACTER')
    return found(isVarying ? 'varchar' : 'char', { isNational: true })
  }
  if (reader.takes('NVARCHAR')) return found('varchar', { isNational: true })
  if (reader.takes('DOUBLE')) {
    reader.takes('PRECISION')
    return found('double')
  }
  // `CHAR SET x` is a character set, `CHAR VARYING` a type.
  if (reader.takes('CHARACTER', 'VARYING') || reader.takes('CHAR', 'VARYING')) return found('varchar')
  const word = reader.next().text
  return found(synonyms.get(word) ?? word.toLowerCase())
}

const synonyms: ReadonlyMap<string, string> = new Map([
  ['INT1', 'tinyint'],
  ['BOOL', 'bool'],
  ['BOOLEAN', 'bool'],
  ['INT2', 'smallint'],
  ['INT3', 'mediumint'],
  ['MIDDLEINT', 'mediumint'],
  ['INT4', 'int'],
  ['INTEGER', 'int'],
  ['INT8', 'bigint'],
  ['DEC', 'decimal'],
  ['FIXED', 'decimal'],
  ['NUMERIC', 'decimal'],
  ['NUMBER', 'decimal'],
  ['FLOAT4', 'float'],
  ['FLOAT8', 'double'],
  ['REAL', 'double'],
  ['CHARACTER', 'char'],
  ['VARCHARACTER', 'varchar'],
  ['VARCHAR2', 'varchar'],
  ['CLOB', 'longtext'],
  ['RAW', 'varbinary'],
  ['GEOMCOLLECTION', 'geometrycollection'],
])

/** A default, or what ON UPDATE sets: a literal with its sign and introducer, a call, a column, an expression in parentheses. */
function skipTerm(reader: TokenReader): void {
  if (reader.seesMark('+') || reader.seesMark('-')) reader.next()
  // The name of a sequence follows.
  if (!reader.takes('NEXT', 'VALUE', 'FOR')) reader.takes('PREVIOUS', 'VALUE', 'FOR')
  const isWord = reader.peek().kind === 'word'
  reader.skipOne()
  // `_utf8mb4 'x'`, `DATE '2024-01-01'`, `b'0'`, and strings that stand side by side.
  if (isWord || reader.peek().kind === 'string') while (reader.peek().kind === 'string') reader.next()
  while (reader.takesMark('.')) reader.next()
  if (isWord && reader.seesMark('(')) reader.skipOne()
}

function skipReference(reader: TokenReader): void {
  reader.name()
  if (reader.takesMark('.')) reader.name()
  if (reader.seesMark('(')) reader.skipOne()
  for (;;) {
    if (reader.takes('MATCH')) reader.next()
    else if (reader.takes('ON', 'DELETE') || reader.sees('ON', 'UPDATE')) {
      reader.takes('ON', 'UPDATE')
      if (!reader.takes('SET', 'NULL') && !reader.takes('SET', 'DEFAULT') && !reader.takes('NO', 'ACTION')) {
        reader.next()
      }
    } else break
  }
}

function isJsonCheck(group: readonly Token[], name: string): boolean {
  const text = group.map((token) =>
    token.kind === 'name' ? `\`${token.text.replaceAll('`', '``')}\`` : token.raw,
  )
  return jsonCheckColumn(text.join(''))?.toLowerCase() === name.toLowerCase()
}
