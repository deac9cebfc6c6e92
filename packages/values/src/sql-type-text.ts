/**
 * SQL types as text: `parseSqlType('DECIMAL(5,2)')` and back. Both dialects' spellings of a type are read; where one
 * spelling means two types (FLOAT, a bare VARCHAR, TIMESTAMP or DECIMAL), the dialect decides. `formatSqlType` writes one
 * canonical spelling, so parse(format(t)) = t in the type's dialect; `formatFlinkType` writes the names of Flink SQL, for its messages and
 * TYPEOF. Also says how a column holds a type (`physicalKind`).
 *
 *   type = name [ '(' number [ ',' number ] ')' ] [ WITH LOCAL TIME ZONE ]
 *        | ARRAY '<' item '>' | MULTISET '<' item '>' | MAP '<' item ',' item '>' | ROW ( '<' | '(' ) field, ... ( '>' | ')' )
 *   item = type [ [ NOT ] NULL ]        field = name item [ COMMENT text ]
 */
import type { Field, SqlType, SqlTypeKind } from './sql-type.ts'
import { ValueError } from './value-error.ts'

/** Largest DECIMAL precision of either dialect; the binder lowers it to its own. */
export const decimalPrecisionMax = 38
/** Largest declared length of a text or binary type; STRING and BYTES mean this. */
export const textLengthMax = 0x7fff_ffff

export type TypeDialect = 'kda' | 'flink'

const plainKinds: Readonly<Record<string, SqlType>> = {
  BOOLEAN: { kind: 'BOOLEAN' },
  TINYINT: { kind: 'TINYINT' },
  SMALLINT: { kind: 'SMALLINT' },
  INT: { kind: 'INTEGER' },
  INTEGER: { kind: 'INTEGER' },
  BIGINT: { kind: 'BIGINT' },
  REAL: { kind: 'REAL' },
  FLOAT: { kind: 'DOUBLE' },
  DOUBLE: { kind: 'DOUBLE' },
  'DOUBLE PRECISION': { kind: 'DOUBLE' },
  DATE: { kind: 'DATE' },
  'INTERVAL DAY TO SECOND': { kind: 'INTERVAL_DAY' },
  'INTERVAL YEAR TO MONTH': { kind: 'INTERVAL_MONTH' },
  STRING: { kind: 'VARCHAR', length: textLengthMax },
  BYTES: { kind: 'VARBINARY', length: textLengthMax },
  NULL: { kind: 'NULL' },
}

const lengthKinds: Readonly<Record<string, 'CHAR' | 'VARCHAR' | 'BINARY' | 'VARBINARY'>> = {
  CHAR: 'CHAR',
  CHARACTER: 'CHAR',
  VARCHAR: 'VARCHAR',
  'CHARACTER VARYING': 'VARCHAR',
  'CHAR VARYING': 'VARCHAR',
  BINARY: 'BINARY',
  VARBINARY: 'VARBINARY',
  'BINARY VARYING': 'VARBINARY',
}

const timeNames: Readonly<Record<string, 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ'>> = {
  TIME: 'TIME',
  'TIME WITHOUT TIME ZONE': 'TIME',
  TIMESTAMP: 'TIMESTAMP',
  'TIMESTAMP WITHOUT TIME ZONE': 'TIMESTAMP',
  TIMESTAMP_LTZ: 'TIMESTAMP_LTZ',
  'TIMESTAMP WITH LOCAL TIME ZONE': 'TIMESTAMP_LTZ',
}

const decimalNames = new Set(['DECIMAL', 'DEC', 'NUMERIC'])

/** Types inside types deeper than this are refused. */
const nestingMax = 50

/** Reads a type in any letter case, for instance `varchar(16)`, `DECIMAL(5, 2)`, `ARRAY<ROW<a INT>>`. Throws VAL1001. */
export function parseSqlType(text: string, dialect: TypeDialect = 'kda'): SqlType {
  const reader = new TypeReader(text, dialect)
  const type = reader.type(0)
  reader.end()
  return type
}

class TypeReader {
  readonly #text: string
  readonly #dialect: TypeDialect
  #at = 0

  constructor(text: string, dialect: TypeDialect) {
    this.#text = text
    this.#dialect = dialect
  }

  type(depth: number): SqlType {
    if (depth > nestingMax) throw this.#fail(`Types nest at most ${nestingMax} deep.`)
    const words = [this.#word()]
    const first = words[0]!
    if (first === 'ARRAY' || first === 'MULTISET') {
      this.#expect('<')
      const element = this.#item(depth)
      this.#expect('>')
      return { kind: first, element }
    }
    if (first === 'MAP') {
      this.#expect('<')
      const key = this.#item(depth)
      this.#expect(',')
      const value = this.#item(depth)
      this.#expect('>')
      return { kind: 'MAP', key, value }
    }
    if (first === 'ROW') return this.#row(depth)
    const more = this.#moreWords()
    const parameters = this.#parameters()
    const name = [first, ...more, ...(parameters.length > 0 ? this.#moreWords() : [])].join(' ')
    return this.#plain(name, parameters)
  }

  end(): void {
    if (this.#skipSpace() < this.#text.length) {
      throw this.#fail('Write a name with its lengths, such as VARCHAR(16) or DECIMAL(5,2).')
    }
  }

  #row(depth: number): SqlType {
    const close = this.#skip('<') ? '>' : this.#skip('(') ? ')' : undefined
    if (close === undefined) throw this.#fail('Write the fields of ROW, such as ROW<a INT, b STRING>.')
    const fields: Field[] = []
    if (this.#skip(close)) return { kind: 'ROW', fields }
    do {
      const name = this.#name()
      const type = this.type(depth + 1)
      const nullable = this.#nullability()
      if (this.#matches(/COMMENT\b/iy) !== undefined) this.#matches(/'(?:[^']|'')*'/y)
      fields.push({ name, type, nullable })
    } while (this.#skip(','))
    this.#expect(close)
    return { kind: 'ROW', fields }
  }

  #item(depth: number): SqlType {
    const type = this.type(depth + 1)
    this.#nullability()
    return type
  }

  /** Whether NULL is allowed; only a ROW's field remembers it. */
  #nullability(): boolean {
    if (this.#matches(/NOT\s+NULL\b/iy) !== undefined) return false
    this.#matches(/NULL\b/iy)
    return true
  }

  #plain(name: string, [first, second, third]: readonly number[]): SqlType {
    if (third !== undefined) throw this.#fail('A type takes at most two parameters.')
    const flink = this.#dialect === 'flink'
    if (decimalNames.has(name)) {
      const precision = first ?? (flink ? 10 : 18)
      const scale = second ?? 0
      if (precision < 1 || precision > decimalPrecisionMax || scale > precision) {
        throw this.#fail(`Precision is 1 to ${decimalPrecisionMax}, scale 0 to the precision.`)
      }
      return { kind: 'DECIMAL', precision, scale }
    }
    const lengthKind = lengthKinds[name]
    if (lengthKind !== undefined && second === undefined) {
      const unlimited = flink && (lengthKind === 'VARCHAR' || lengthKind === 'VARBINARY')
      const length = first ?? (unlimited ? textLengthMax : 1)
      if (length < 1 || length > textLengthMax) throw this.#fail(`A length is 1 to ${textLengthMax}.`)
      return { kind: lengthKind, length }
    }
    const time = timeNames[name]
    if (time !== undefined && second === undefined && (first ?? 0) <= 9) {
      // Fractional seconds are held in ms whatever the declared precision; 0 to 9 is what SQL allows.
      // KDA SQL has one TIMESTAMP, which shows ms whatever was declared.
      if (time === 'TIME' || (time === 'TIMESTAMP' && !flink)) return { kind: time }
      return { kind: time, precision: first ?? 6 }
    }
    const plain = plainKinds[name]
    if (plain !== undefined && first === undefined)
      return flink && name === 'FLOAT' ? { kind: 'REAL' } : plain
    throw this.#fail(
      'Known types: BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, REAL, DOUBLE, DECIMAL(p,s), CHAR(n), VARCHAR(n), STRING, BINARY(n), VARBINARY(n), BYTES, DATE, TIME, TIMESTAMP(p), TIMESTAMP_LTZ(p), ARRAY<t>, MAP<k,v>, MULTISET<t>, ROW<name t, ...>.',
    )
  }

  #parameters(): number[] {
    if (!this.#skip('(')) return []
    const parameters: number[] = []
    do {
      const digits = this.#matches(/\d{1,10}/y)
      if (digits === undefined) throw this.#fail('Parameters of a type are numbers.')
      parameters.push(Number(digits))
    } while (this.#skip(','))
    this.#expect(')')
    return parameters
  }

  /** Further words of a name such as DOUBLE PRECISION, but not a nullability that follows it. */
  #moreWords(): string[] {
    const words: string[] = []
    for (;;) {
      const word = this.#matches(/(?!NOT\b|NULL\b)[A-Za-z_]+/iy)
      if (word === undefined) return words
      words.push(word.toUpperCase())
    }
  }

  #word(): string {
    const word = this.#matches(/[A-Za-z][A-Za-z_]*/y)
    if (word === undefined)
      throw this.#fail('Write a name with its lengths, such as VARCHAR(16) or DECIMAL(5,2).')
    return word.toUpperCase()
  }

  #name(): string {
    const quoted = this.#matches(/`(?:[^`]|``)*`/y)
    if (quoted !== undefined) return quoted.slice(1, -1).replaceAll('``', '`')
    const plain = this.#matches(/[\p{L}_$][\p{L}\p{N}_$]*/uy)
    if (plain === undefined) throw this.#fail('A field of ROW begins with its name, such as ROW<a INT>.')
    return plain
  }

  #expect(sign: string): void {
    if (!this.#skip(sign)) throw this.#fail(`A '${sign}' is missing.`)
  }

  #skip(sign: string): boolean {
    if (!this.#text.startsWith(sign, this.#skipSpace())) return false
    this.#at += sign.length
    return true
  }

  #matches(form: RegExp): string | undefined {
    form.lastIndex = this.#skipSpace()
    const match = form.exec(this.#text)
    if (match === null) return undefined
    this.#at = form.lastIndex
    return match[0]
  }

  #skipSpace(): number {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? '-')) this.#at++
    return this.#at
  }

  #fail(allowed: string): ValueError {
    return new ValueError('VAL1001', `"${this.#text.slice(0, 80)}" is not an SQL type. ${allowed}`)
  }
}

export function formatSqlType(type: SqlType): string {
  switch (type.kind) {
    case 'DECIMAL':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return `${type.kind}(${type.length})`
    case 'INTERVAL_DAY':
      return 'INTERVAL DAY TO SECOND'
    case 'INTERVAL_MONTH':
      return 'INTERVAL YEAR TO MONTH'
    case 'TIMESTAMP':
      return type.precision === undefined ? 'TIMESTAMP' : `TIMESTAMP(${type.precision})`
    case 'TIMESTAMP_LTZ':
      return `TIMESTAMP_LTZ(${type.precision ?? 3})`
    default:
      return formatNested(type, formatSqlType) ?? type.kind
  }
}

/** The type as Flink SQL names it: INT, FLOAT, STRING, BYTES, TIMESTAMP(3), DECIMAL(5, 2). */
export function formatFlinkType(type: SqlType): string {
  switch (type.kind) {
    case 'INTEGER':
      return 'INT'
    case 'REAL':
      return 'FLOAT'
    case 'DECIMAL':
      return `DECIMAL(${type.precision}, ${type.scale})`
    case 'VARCHAR':
      return type.length === textLengthMax ? 'STRING' : `VARCHAR(${type.length})`
    case 'VARBINARY':
      return type.length === textLengthMax ? 'BYTES' : `VARBINARY(${type.length})`
    case 'TIME':
      return 'TIME(0)'
    case 'TIMESTAMP':
      return `TIMESTAMP(${type.precision ?? 3})`
    case 'INTERVAL_DAY':
      return 'INTERVAL DAY TO SECOND(3)'
    default:
      return formatNested(type, formatFlinkType) ?? formatSqlType(type)
  }
}

function formatNested(type: SqlType, format: (type: SqlType) => string): string | undefined {
  switch (type.kind) {
    case 'ARRAY':
    case 'MULTISET':
      return `${type.kind}<${format(type.element)}>`
    case 'MAP':
      return `MAP<${format(type.key)}, ${format(type.value)}>`
    case 'ROW': {
      const fields = type.fields.map(
        (field) =>
          `\`${field.name.replaceAll('`', '``')}\` ${format(field.type)}${field.nullable ? '' : ' NOT NULL'}`,
      )
      return `ROW<${fields.join(', ')}>`
    }
    default:
      return undefined
  }
}

/** How a column holds values of the type: as float64 numbers or as slices of byte pages. */
export function physicalKind(type: SqlType): 'number' | 'text' {
  return physicalKinds[type.kind]
}

const physicalKinds = {
  BOOLEAN: 'number',
  TINYINT: 'number',
  SMALLINT: 'number',
  INTEGER: 'number',
  BIGINT: 'number',
  REAL: 'number',
  DOUBLE: 'number',
  DECIMAL: 'number',
  CHAR: 'text',
  VARCHAR: 'text',
  BINARY: 'text',
  VARBINARY: 'text',
  DATE: 'number',
  TIME: 'number',
  TIMESTAMP: 'number',
  INTERVAL_DAY: 'number',
  INTERVAL_MONTH: 'number',
  NULL: 'number',
  TIMESTAMP_LTZ: 'number',
  ARRAY: 'text',
  MULTISET: 'text',
  MAP: 'text',
  ROW: 'text',
} as const satisfies Record<SqlTypeKind, 'number' | 'text'>
