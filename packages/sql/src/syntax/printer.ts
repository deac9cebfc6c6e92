/**
 * Trees back to text. Law: parse(print(x)) = x, apart from spans. Names are quoted wherever they would not come back as
 * they are; parentheses stand only where precedence needs them; strings double their quotes, all other characters stand
 * for themselves. Expressions are in print-expression.ts, queries in print-query.ts, statements here.
 */
import { type DialectName, dialectOf } from './dialect.ts'
import { quoteString } from './print-expression.ts'
import { printHints, QueryPrinter } from './print-query.ts'
import type { CreateTable, Option, Statement, TableColumn, Tree } from './tree.ts'

export function printTree(tree: Tree, dialect: DialectName): string {
  const printer = new StatementPrinter(dialectOf(dialect))
  return tree.statements.map((statement) => `${printer.statement(statement)};\n`).join('\n')
}

/** As `printTree`, with every name in quotes, so that no word that another reader of the dialect reserves can clash. */
export function printQuoted(tree: Tree, dialect: DialectName): string {
  // A name is left bare only where folding it gives the name itself.
  const printer = new StatementPrinter({ ...dialectOf(dialect), fold: () => '' })
  return tree.statements.map((statement) => `${printer.statement(statement)};\n`).join('\n')
}

class StatementPrinter extends QueryPrinter {
  statement(statement: Statement): string {
    switch (statement.kind) {
      case 'create-stream': {
        const columns = statement.columns.map(
          (column) =>
            `  ${this.name(column.name)} ${this.type(column.type)}${column.notNull ? ' NOT NULL' : ''}`,
        )
        return `${create(statement.replace)} STREAM ${this.name(statement.name)} (\n${columns.join(',\n')}\n)${description(statement.description)}${this.#options(statement.options)}`
      }
      case 'create-pump': {
        const state = statement.stopped ? ' STOPPED' : ''
        return `${create(statement.replace)} PUMP ${this.name(statement.name)}${state}${description(statement.description)}${this.#options(statement.options)} AS\n${this.statement(statement.insert)}`
      }
      case 'create-view': {
        const columns = statement.columns === undefined ? '' : ` ${this.names(statement.columns)}`
        const comment =
          this.dialect.name === 'flink' && statement.description !== undefined
            ? ` COMMENT ${quoteString(statement.description)}`
            : description(statement.description)
        const what = `${statement.temporary === true ? 'TEMPORARY ' : ''}VIEW ${ifNotExists(statement.ifNotExists)}`
        return `${create(statement.replace)} ${what}${this.name(statement.name)}${columns}${comment} AS\n${this.query(statement.query)}`
      }
      case 'create-function': {
        const parameters = statement.parameters
          .map(({ name, type }) => `${this.name(name)} ${this.type(type)}`)
          .join(', ')
        const nulls = statement.nullOnNull ? ' RETURNS NULL ON NULL INPUT' : ''
        return `${create(statement.replace)} FUNCTION ${this.name(statement.name)} (${parameters}) RETURNS ${this.type(statement.returns)}${nulls} RETURN ${this.expression(statement.body)}`
      }
      case 'drop':
        return `DROP ${statement.temporary === true ? 'TEMPORARY ' : ''}${statement.what} ${statement.ifExists === true ? 'IF EXISTS ' : ''}${this.name(statement.name)}`
      case 'alter-pump':
        return `ALTER PUMP ${this.name(statement.name)}${statement.all === true ? '.*' : ''} ${statement.action}`
      case 'insert': {
        const columns = statement.columns === undefined ? '' : ` ${this.names(statement.columns)}`
        const hints = statement.hints === undefined ? '' : ` ${printHints(statement.hints).trimEnd()}`
        const into = statement.overwrite === true ? 'OVERWRITE' : 'INTO'
        return `INSERT ${statement.expedited ? 'EXPEDITED ' : ''}${into} ${this.name(statement.target)}${hints}${columns}\n${this.query(statement.query)}`
      }
      case 'query':
        return this.query(statement.query)
      case 'create-table':
        return this.#createTable(statement)
      case 'create-host-function': {
        const head = `CREATE ${statement.temporary ? 'TEMPORARY ' : ''}FUNCTION ${ifNotExists(statement.ifNotExists)}`
        const language = statement.language === undefined ? '' : ` LANGUAGE ${statement.language}`
        return `${head}${this.name(statement.name)} AS ${quoteString(statement.identifier)}${language}`
      }
      case 'alter-table': {
        const action =
          statement.rename !== undefined
            ? `RENAME TO ${this.name(statement.rename)}`
            : statement.reset.length > 0
              ? `RESET (${statement.reset.map(quoteString).join(', ')})`
              : `SET ${tableOptions(statement.set)}`
        return `ALTER TABLE ${this.name(statement.name)} ${action}`
      }
      case 'statement-set':
        return `EXECUTE STATEMENT SET BEGIN\n${statement.inserts.map((insert) => `${this.statement(insert)};\n`).join('')}END`
      case 'explain': {
        const details = statement.details.length === 0 ? '' : `${statement.details.join(', ')} `
        return `EXPLAIN ${details}${this.statement(statement.statement)}`
      }
      case 'show':
        return `SHOW ${statement.what}${statement.name === undefined ? '' : ` ${this.name(statement.name)}`}`
      case 'describe':
        return `DESCRIBE ${this.name(statement.name)}`
      case 'set': {
        const key = statement.key === undefined ? '' : ` ${quoteString(statement.key)}`
        const value = statement.value === undefined ? '' : ` = ${quoteString(statement.value)}`
        return `${statement.act}${key}${value}`
      }
      case 'use':
        return `USE ${statement.name.map((part) => this.name(part)).join('.')}`
    }
  }

  #createTable(table: CreateTable): string {
    const elements = table.columns.map((column) => this.#tableColumn(column))
    if (table.watermark !== undefined) {
      const column = table.watermark.column.map((part) => this.name(part)).join('.')
      elements.push(`WATERMARK FOR ${column} AS ${this.expression(table.watermark.expression)}`)
    }
    if (table.primaryKey !== undefined)
      elements.push(`PRIMARY KEY ${this.names(table.primaryKey)} NOT ENFORCED`)
    let text = `CREATE ${table.temporary ? 'TEMPORARY ' : ''}TABLE ${ifNotExists(table.ifNotExists)}${this.name(table.name)}`
    if (elements.length > 0) text += ` (\n  ${elements.join(',\n  ')}\n)`
    if (table.comment !== undefined) text += ` COMMENT ${quoteString(table.comment)}`
    if (table.partitionedBy.length > 0) text += ` PARTITIONED BY ${this.names(table.partitionedBy)}`
    if (table.options.length > 0) text += ` WITH ${tableOptions(table.options)}`
    if (table.like !== undefined) {
      const rules = table.like.rules.map(({ act, what }) => `${act} ${what}`).join(' ')
      text += ` LIKE ${this.name(table.like.source)}${rules === '' ? '' : ` (${rules})`}`
    }
    return table.query === undefined ? text : `${text} AS\n${this.query(table.query)}`
  }

  #tableColumn(column: TableColumn): string {
    const name = this.name(column.name)
    const comment = column.comment === undefined ? '' : ` COMMENT ${quoteString(column.comment)}`
    switch (column.kind) {
      case 'physical': {
        const key = column.primaryKey ? ' PRIMARY KEY NOT ENFORCED' : ''
        return `${name} ${this.type(column.type)}${column.notNull ? ' NOT NULL' : ''}${key}${comment}`
      }
      case 'metadata': {
        const from = column.key === undefined ? '' : ` FROM ${quoteString(column.key)}`
        return `${name} ${this.type(column.type)} METADATA${from}${column.virtual ? ' VIRTUAL' : ''}${comment}`
      }
      case 'computed':
        return `${name} AS ${this.expression(column.expression)}${comment}`
    }
  }

  #options(options: readonly Option[]): string {
    if (options.length === 0) return ''
    const items = options.map(
      (option) => `${this.name({ name: option.name, span: option.span })} ${quoteString(option.value)}`,
    )
    return ` OPTIONS (${items.join(', ')})`
  }
}

function create(replace: boolean): string {
  return replace ? 'CREATE OR REPLACE' : 'CREATE'
}

function description(text: string | undefined): string {
  return text === undefined ? '' : ` DESCRIPTION ${quoteString(text)}`
}

function ifNotExists(given: boolean | undefined): string {
  return given === true ? 'IF NOT EXISTS ' : ''
}

function tableOptions(options: readonly Option[]): string {
  if (options.length === 0) return '()'
  return `(\n  ${options.map(({ name, value }) => `${quoteString(name)} = ${quoteString(value)}`).join(',\n  ')}\n)`
}
