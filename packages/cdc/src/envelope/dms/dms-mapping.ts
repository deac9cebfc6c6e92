/**
 * Object mapping of DMS: what `data` is made of. `map-record-to-record`: the columns that are not excluded, then the attributes (one
 * of a column's name takes its place). `map-record-to-document`: the attributes, and the columns that are not excluded as one document
 * `_doc`. An attribute is text with `${column}` in it; as a document, a tree of such texts.
 */
import type { DatabaseKind } from '../../database/database.ts'
import type { Row } from '../../model/column-value.ts'
import type { TableSchema } from '../../model/table-schema.ts'
import type { AttributeMapping, ObjectMapping } from '../../rules/table-rules.ts'
import { compileTemplate } from '../../rules/template.ts'
import { embedJson, type Layout, layoutOf, quote, writeTree } from '../json-text.ts'
import { compileDmsRow, type DmsRowOptions, type RowText } from './dms-row.ts'

export function compileDmsData(
  database: DatabaseKind,
  schema: TableSchema,
  mapping: ObjectMapping | undefined,
  options: DmsRowOptions,
  layout: Layout,
  isIndented: boolean,
): RowText {
  if (mapping === undefined) return compileDmsRow(database, schema, options, layout)
  const isDocument = mapping.action === 'map-record-to-document'
  const left = [...schema.columns.keys()].filter((index) => {
    const { name } = schema.columns[index]!
    if (mapping.excludeColumns.includes(name)) return false
    return isDocument || !mapping.attributes.some(({ target }) => target === name)
  })
  const attributes = mapping.attributes.map((attribute) =>
    compileAttribute(schema, attribute, options.IncludeNullAndEmpty, isIndented),
  )
  const { open, comma, colon, close } = layout
  const columns = compileDmsRow(
    database,
    schema,
    options,
    isDocument ? layoutOf(isIndented, 3) : layout,
    left,
  )
  return (row) => {
    const members: string[] = []
    for (const attribute of attributes) {
      const json = attribute.json(row)
      if (json !== undefined) members.push(`${attribute.name}${colon}${json}`)
    }
    const rest = columns(row)
    if (isDocument) members.push(`"_doc"${colon}${rest}`)
    // The columns are an object already: the attributes go in before its end.
    else if (rest !== '{}') members.unshift(rest.slice(open.length, -close.length))
    return members.length === 0 ? '{}' : `${open}${members.join(comma)}${close}`
  }
}

function compileAttribute(
  schema: TableSchema,
  { target, type, subType, value }: AttributeMapping,
  withEmpty: boolean,
  isIndented: boolean,
): { readonly name: string; readonly json: (row: Row) => string | undefined } {
  const name = quote(target)
  if (type === 'document') {
    const tree = compileTree(schema, value)
    return {
      name,
      json: (row) => {
        const filled = fillTree(tree, row, withEmpty)
        return filled === undefined
          ? undefined
          : writeTree(filled, isIndented, 3, (leaf) => quote(String(leaf)))
      },
    }
  }
  const template = compileTemplate(schema, String(value))
  return {
    name,
    json: (row) => {
      const text = template(row)
      if (text === undefined || (text === '' && !withEmpty)) return undefined
      return subType === 'json' ? embedJson(text) : quote(text)
    },
  }
}

type Tree = ((row: Row) => string | undefined) | { readonly [name: string]: Tree }
type FilledTree = string | { readonly [name: string]: FilledTree }

function compileTree(schema: TableSchema, value: unknown): Tree {
  if (typeof value !== 'object' || value === null) return compileTemplate(schema, String(value))
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, compileTree(schema, member)]),
  )
}

function fillTree(tree: Tree, row: Row, withEmpty: boolean): FilledTree | undefined {
  if (typeof tree === 'function') {
    const text = tree(row)
    return text === '' && !withEmpty ? undefined : text
  }
  const members: [string, FilledTree][] = []
  for (const [name, member] of Object.entries(tree)) {
    const filled = fillTree(member, row, withEmpty)
    if (filled !== undefined) members.push([name, filled])
  }
  return members.length === 0 && !withEmpty ? undefined : Object.fromEntries(members)
}
