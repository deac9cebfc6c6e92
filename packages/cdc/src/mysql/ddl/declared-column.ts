/**
 * From a column as it is written to the column that the server makes of it: display widths, types that character sets and lengths
 * choose, collations of the table where none is written, NULL or not.
 */
import { charsetOf, type MysqlColumn } from '../schema/mysql-table.ts'
import { bytesMaxOf, columnType, geometryTypes, writeLabels } from '../schema/native-type.ts'
import type { ServerFacts } from '../schema/server-facts.ts'
import type { CharsetChoice, WrittenColumn, WrittenType } from './ddl-statement.ts'

export type TypeFacts = Pick<
  ServerFacts,
  'family' | 'defaultCollations' | 'characterBytes' | 'hasIntegerWidths' | 'hasExplicitTimestamps'
>

/** `tableCollation`: of columns that name none. */
export function declaredColumn(
  written: WrittenColumn,
  tableCollation: string,
  facts: TypeFacts,
): MysqlColumn {
  const { native, collation } = nativeType(written.type, tableCollation, facts)
  const isMariaJson = written.type.base === 'json' && facts.family === 'mariadb'
  const isJson = isMariaJson || (written.isJsonChecked && native === 'longtext')
  const isTimestamp = native.startsWith('timestamp')
  const isNullable =
    !written.isPrimary &&
    !written.isAutoIncrement &&
    (written.isNullable ?? (!isTimestamp || facts.hasExplicitTimestamps || written.generated !== undefined))
  return {
    name: written.name,
    type: columnType(native, collation, isJson),
    isNullable,
    ...(collation === undefined ? {} : { collation }),
    ...(written.isInvisible ? { isInvisible: true as const } : {}),
    ...(written.generated === undefined ? {} : { generated: written.generated }),
  }
}

/** The column after CONVERT TO CHARACTER SET: text keeps as many characters as it had, so that a type may become a longer one. */
export function convertedColumn(column: MysqlColumn, collation: string, facts: TypeFacts): MysqlColumn {
  const { type } = column
  if (column.collation === undefined) return column
  let native = type.native
  if (/^(tiny|medium|long)?text$/.test(native)) {
    const characters = Math.floor((bytesMaxOf.get(native) ?? 0) / bytesOf(charsetOf(column.collation), facts))
    native = textFor(characters * bytesOf(charsetOf(collation), facts))
  }
  if (collation === 'binary' && type.kind !== 'enum' && type.kind !== 'set') {
    const { collation: _, ...rest } = column
    return { ...rest, type: columnType(binaryForm(native), undefined) }
  }
  // JSON of MariaDB is a text with a check.
  return { ...column, type: columnType(native, collation, type.kind === 'json'), collation }
}

/** What a choice of character set and collation means; undefined: nothing is chosen. */
export function chosenCollation(
  { charset, collation }: CharsetChoice,
  facts: Pick<TypeFacts, 'defaultCollations'>,
  fallbackCharset: string,
): string | undefined {
  const set = charset === undefined || charset === 'default' ? undefined : canonical(charset, facts)
  if (collation !== undefined && collation !== 'default') {
    const prefix = charsetOf(collation)
    if (collation === 'binary' || facts.defaultCollations.has(canonical(prefix, facts))) {
      return canonical(prefix, facts) + collation.slice(prefix.length)
    }
    // MariaDB's UCA collations may be named without the character set.
    return `${set ?? fallbackCharset}_${collation}`
  }
  return set === undefined ? undefined : (facts.defaultCollations.get(set) ?? `${set}_general_ci`)
}

/** `utf8` is the old name of utf8mb3, or the other way round. */
function canonical(charset: string, { defaultCollations }: Pick<TypeFacts, 'defaultCollations'>): string {
  if (defaultCollations.has(charset)) return charset
  if (charset === 'utf8' && defaultCollations.has('utf8mb3')) return 'utf8mb3'
  if (charset === 'utf8mb3' && defaultCollations.has('utf8')) return 'utf8'
  return charset
}

function nativeType(
  type: WrittenType,
  tableCollation: string,
  facts: TypeFacts,
): { native: string; collation: string | undefined } {
  const plain = (native: string) => ({ native, collation: undefined })
  const sign = type.isZerofill ? ' unsigned zerofill' : type.isUnsigned ? ' unsigned' : ''
  const [first, second] = type.numbers
  switch (type.base) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
      return plain(`${type.base}${integerWidth(type, facts)}${sign}`)
    case 'serial':
      return plain(facts.hasIntegerWidths ? 'bigint(20) unsigned' : 'bigint unsigned')
    case 'bool':
      return plain('tinyint(1)')
    case 'decimal':
      return plain(`decimal(${first || 10},${second ?? 0})${sign}`)
    case 'float':
    case 'double': {
      if (second !== undefined) return plain(`${type.base}(${first},${second})${sign}`)
      return plain(`${type.base === 'float' && (first ?? 0) > 24 ? 'double' : type.base}${sign}`)
    }
    case 'bit':
      return plain(`bit(${first || 1})`)
    case 'year':
      return plain(facts.hasIntegerWidths ? `year(${first ?? 4})` : 'year')
    case 'time':
    case 'datetime':
    case 'timestamp':
      return plain(first ? `${type.base}(${first})` : type.base)
    case 'vector':
      return plain(`vector(${first ?? 2048})`)
    case 'binary':
      return plain(`binary(${first ?? 1})`)
    case 'varbinary':
      return plain((first ?? 0) > 65_535 ? blobFor(first!) : `varbinary(${first ?? 0})`)
    case 'blob':
      return plain(first === undefined ? 'blob' : blobFor(first))
    case 'json':
      if (facts.family === 'mysql') return plain('json')
      return { native: 'longtext', collation: 'utf8mb4_bin' }
    case 'geometrycollection':
      return plain(facts.family === 'mysql' && !facts.hasIntegerWidths ? 'geomcollection' : type.base)
  }
  if (textTypes.has(type.base)) return textType(type, tableCollation, facts)
  if (geometryTypes.has(type.base)) return plain(type.base)
  return plain(type.numbers.length === 0 ? type.base : `${type.base}(${type.numbers.join(',')})`)
}

const textTypes: ReadonlySet<string> = new Set([
  'char',
  'varchar',
  'tinytext',
  'text',
  'mediumtext',
  'longtext',
  'enum',
  'set',
])

function textType(type: WrittenType, tableCollation: string, facts: TypeFacts) {
  const chosen = chosenCollation(type, facts, charsetOf(tableCollation)) ?? tableCollation
  const charset = charsetOf(chosen)
  const [length] = type.numbers
  // The attribute BINARY is the binary collation of text, unless another one is named.
  const isBinary = type.isBinaryCollation && type.collation === undefined && charset !== 'binary'
  const collation = isBinary ? `${charset}_bin` : chosen
  const bytes = bytesOf(charset, facts)
  let native: string
  if (type.base === 'enum' || type.base === 'set') {
    // Spaces at the end of labels go, as in CHAR.
    const labels = type.labels.map((label) => (charset === 'binary' ? label : label.replace(/ +$/, '')))
    return { native: `${type.base}(${writeLabels(labels)})`, collation }
  }
  if (type.base === 'char') native = `char(${length ?? 1})`
  else if (type.base === 'varchar') {
    // Too long for a row: a text instead, where the server is not strict.
    native = (length ?? 0) * bytes > 65_535 ? textFor((length ?? 0) * bytes) : `varchar(${length ?? 0})`
  } else native = type.base === 'text' && length !== undefined ? textFor(length * bytes) : type.base
  return collation === 'binary' ? { native: binaryForm(native), collation: undefined } : { native, collation }
}

/** Widths are shown by MariaDB and older MySQL always, by newer ones for zerofill and tinyint(1) only. */
function integerWidth({ base, numbers, isUnsigned, isZerofill }: WrittenType, facts: TypeFacts): string {
  const [written] = numbers
  const [signed, unsigned] = integerWidths.get(base) ?? [11, 10]
  const width = written || (isUnsigned || isZerofill ? unsigned : signed)
  if (facts.hasIntegerWidths || isZerofill) return `(${width})`
  return base === 'tinyint' && written === 1 && !isUnsigned ? '(1)' : ''
}

const integerWidths: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['tinyint', [4, 3]],
  ['smallint', [6, 5]],
  ['mediumint', [9, 8]],
  ['int', [11, 10]],
  ['bigint', [20, 20]],
])

function bytesOf(charset: string, { characterBytes }: Pick<TypeFacts, 'characterBytes'>): number {
  return characterBytes.get(charset) ?? 1
}

function textFor(bytes: number): string {
  return blobFor(bytes).replace('blob', 'text')
}

function blobFor(bytes: number): string {
  return bytes <= 255
    ? 'tinyblob'
    : bytes <= 65_535
      ? 'blob'
      : bytes <= 16_777_215
        ? 'mediumblob'
        : 'longblob'
}

/** What CHARACTER SET binary makes of a type of text. */
function binaryForm(native: string): string {
  return native.replace(/^(var)?char/, (_, variable = '') => `${variable}binary`).replace(/text$/, 'blob')
}
