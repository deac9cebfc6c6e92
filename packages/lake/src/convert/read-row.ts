/**
 * From one JSON object to the cells of a row: finds the members of all columns in one pass over the bytes (JsonLocator, which learns the
 * records' shapes), then reads each cell. Fields of structs are found in the same pass; objects inside of lists and maps have a reader
 * of their own for each place.
 *
 * Keys that no column asks for are ignored, what is absent is null, and a member that is there twice is refused, since nobody knows
 * which was meant; letter case and dots count as the serde says.
 */
import {
  found,
  JsonLocator,
  type JsonProblem,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
  stringFromJson,
  stringHadEscape,
} from '@millrace/values'
import type { JsonSerde } from '../delivery/delivery-settings.ts'
import type { ColumnBuilder, ListColumn, StructColumn } from '../parquet/column-builder.ts'
import type { LakeColumn, LakeType } from '../schema/lake-type.ts'
import { type CellOptions, compileScalar, type ReadCell } from './read-cell.ts'
import { refuseValue } from './refusal.ts'
import { compileTimestampFormats, openTimestamps } from './timestamp-formats.ts'

export interface RowReader {
  /** Finds the columns of the one object in bytes[start, end); the problem's offset counts from `start`. */
  locate(bytes: Uint8Array, start: number, end: number): JsonProblem | null
  /** Appends what was located, one cell to each column. False: refused, see lastRefusal(); some columns may have their cell. */
  append(columns: readonly ColumnBuilder[]): boolean
}

/** Slots of the locator at most; a schema may have about as many columns and fields. */
const slotsMax = 4096

/** Error: DELIVERY_INVALID for a timestamp format, VAL1102 for more than 4,095 columns and fields. */
export function compileRowReader(columns: readonly LakeColumn[], serde: JsonSerde): RowReader {
  const isOpen = serde.kind === 'openx'
  const context: Context = {
    isLenient: isOpen,
    timestamps: isOpen ? openTimestamps : compileTimestampFormats(serde.timestampFormats),
    fold: {
      // Hive's names have no letter case.
      ignoreCase: isOpen ? serde.caseInsensitive : true,
      dotsToUnderscores: isOpen && serde.dotsToUnderscores,
    },
    keys: isOpen ? new Map(Object.entries(serde.keys)) : new Map(),
  }
  return compileObject(columns, '', context)
}

interface Context extends CellOptions {
  readonly fold: { readonly ignoreCase: boolean; readonly dotsToUnderscores: boolean }
  /** Column -> key, of the record's own members. */
  readonly keys: ReadonlyMap<string, string>
}

/** A field of a located object: a cell, or a struct whose fields were located with it. */
type Field =
  | { readonly slot: number; readonly read: ReadCell; readonly fields: undefined }
  | {
      readonly slot: number
      readonly read: undefined
      readonly fields: readonly Field[]
      readonly path: string
      readonly type: LakeType
    }

function compileObject(columns: readonly LakeColumn[], prefix: string, context: Context): RowReader {
  const locator = new JsonLocator(true, { fold: context.fold, slotsMax })
  const compileFields = (
    list: readonly LakeColumn[],
    steps: readonly string[],
    path: string,
  ): readonly Field[] =>
    list.map(({ name, type }) => {
      const key = steps.length === 0 && prefix === '' ? (context.keys.get(name) ?? name) : name
      const inner = [...steps, key]
      const place = `${path}${name}`
      const slot = locator.addPath(inner)
      return type.kind === 'struct'
        ? { slot, read: undefined, fields: compileFields(type.fields, inner, `${place}.`), path: place, type }
        : { slot, read: compileCell(type, place, context), fields: undefined }
    })
  const fields = compileFields(columns, [], prefix)
  const { kinds, starts, ends } = locator
  const appendFields = (list: readonly Field[], targets: readonly ColumnBuilder[]): boolean => {
    const bytes = locator.bytes
    for (let i = 0; i < list.length; i++) {
      const field = list[i]!
      const column = targets[i]!
      const slot = field.slot
      const kind = kinds[slot]!
      if (kind <= found.null) column.addNull()
      else if (field.read !== undefined) {
        if (!field.read(column, kind, bytes, starts[slot]!, ends[slot]!)) return false
      } else if (kind === found.object) {
        // makeColumn made it for a struct.
        const struct = column as StructColumn
        if (!appendFields(field.fields, struct.fields)) return false
        struct.addRow()
      } else
        return refuseValue(field.path, field.type, bytes, starts[slot]!, ends[slot]!, 'an object is allowed')
    }
    return true
  }
  return {
    locate: (bytes, start, end) => locator.locate(bytes, start, end),
    append: (targets) => appendFields(fields, targets),
  }
}

function compileCell(type: LakeType, path: string, context: Context): ReadCell {
  switch (type.kind) {
    case 'list':
      return compileList(type, path, context)
    case 'map':
      return compileMap(type, path, context)
    case 'struct':
      return compileStruct(type, path, context)
    default:
      return compileScalar(type, path, context)
  }
}

/** An object that no locator around it has looked into. */
function compileStruct(
  type: Extract<LakeType, { kind: 'struct' }>,
  path: string,
  context: Context,
): ReadCell {
  const reader = compileObject(type.fields, `${path}.`, context)
  return (column, kind, b, start, end) => {
    if (kind !== found.object) return refuseValue(path, type, b, start, end, 'an object is allowed')
    const problem = reader.locate(b, start, end)
    if (problem !== null) return refuseValue(path, type, b, start, end, problem.reason)
    const struct = column as StructColumn
    if (!reader.append(struct.fields)) return false
    struct.addRow()
    return true
  }
}

function compileList(type: Extract<LakeType, { kind: 'list' }>, path: string, context: Context): ReadCell {
  const read = compileCell(type.element, `${path}.element`, context)
  return (column, kind, b, start, end) => {
    if (kind !== found.array) return refuseValue(path, type, b, start, end, 'an array is allowed')
    const { child } = column as ListColumn
    const offset = child.length
    let p = skipSpace(b, start + 1, end)
    while (b[p] !== 93) {
      p = valueAt(b, p, end)
      if (valueKind === found.null) child.addNull()
      else if (!read(child, valueKind, b, valueStart, valueEnd)) return false
      p = skipSpace(b, p, end)
      if (b[p] === 44) p = skipSpace(b, p + 1, end)
    }
    ;(column as ListColumn).addFrom(offset)
    return true
  }
}

function compileMap(type: Extract<LakeType, { kind: 'map' }>, path: string, context: Context): ReadCell {
  // Names of members are text, whatever they stand for.
  const readKey = compileCell(type.key, `${path}.key`, { ...context, isLenient: true })
  const readValue = compileCell(type.value, `${path}.value`, context)
  return (column, kind, b, start, end) => {
    if (kind !== found.object) return refuseValue(path, type, b, start, end, 'an object is allowed')
    const entry = (column as ListColumn).child as StructColumn
    // makeColumn gives every map two fields.
    const [keys, values] = entry.fields as readonly [ColumnBuilder, ColumnBuilder]
    const offset = entry.length
    const seen = new Set<string>()
    let p = skipSpace(b, start + 1, end)
    while (b[p] !== 125) {
      const keyEnd = skipString(b, p, end)
      const isEscaped = stringHadEscape()
      const name = stringFromJson(b, p + 1, keyEnd - 1, isEscaped)
      if (seen.has(name)) return refuseValue(path, type, b, p, keyEnd, 'each key is allowed once')
      seen.add(name)
      if (!readKey(keys, isEscaped ? found.escaped : found.string, b, p + 1, keyEnd - 1)) return false
      p = valueAt(b, skipColon(b, keyEnd, end), end)
      if (valueKind === found.null) values.addNull()
      else if (!readValue(values, valueKind, b, valueStart, valueEnd)) return false
      entry.addRow()
      p = skipSpace(b, p, end)
      if (b[p] === 44) p = skipSpace(b, p + 1, end)
    }
    ;(column as ListColumn).addFrom(offset)
    return true
  }
}

let valueKind = 0
let valueStart = 0
let valueEnd = 0

/** What stands at `at` of JSON that was scanned before; returns where it ends. */
function valueAt(b: Uint8Array, at: number, end: number): number {
  const to = skipValue(b, at, end, 0)
  const first = b[at]
  valueStart = at
  valueEnd = to
  if (first === 34) {
    valueKind = stringHadEscape() ? found.escaped : found.string
    valueStart = at + 1
    valueEnd = to - 1
  } else if (first === 123) valueKind = found.object
  else if (first === 91) valueKind = found.array
  else if (first === 116) valueKind = found.true
  else if (first === 102) valueKind = found.false
  else if (first === 110) valueKind = found.null
  // Readers of numbers look for a point or an exponent themselves where it matters.
  else valueKind = isWhole(b, at, to) ? found.whole : found.number
  return to
}

function isWhole(b: Uint8Array, start: number, end: number): boolean {
  for (let p = b[start] === 45 ? start + 1 : start; p < end; p++) if (b[p]! < 48 || b[p]! > 57) return false
  return true
}
