/**
 * What every schema of the lake keeps, so that files, catalog and SQL agree about it: at least one column, names that are not empty
 * and differ also without letter case (DuckDB and Hive fold it), decimals of 1 to 38 digits, keys of maps that are not nested, field
 * ids that are unique.
 */
import { LakeError } from '../errors.ts'
import type { LakeColumn, LakeSchema, LakeType } from './lake-type.ts'
import { typeDepthMax } from './type-text.ts'

const nameCharactersMax = 255

/** Error: LAKE_SCHEMA_INVALID, with the path of the column. `of` says whose schema it is, for the message. */
export function checkSchema(schema: LakeSchema, of: string): void {
  if (schema.columns.length === 0) fail(of, 'it has no columns; give it at least one')
  checkColumns(schema.columns, { of, path: '', ids: new Set(), depth: 0 })
}

interface Place {
  readonly of: string
  /** With a dot at the end. */
  readonly path: string
  readonly ids: Set<number>
  readonly depth: number
}

function checkColumns(columns: readonly LakeColumn[], place: Place): void {
  const names = new Set<string>()
  for (const { name, type, fieldId } of columns) {
    const path = `${place.path}${name}`
    if (name === '')
      fail(place.of, `a column${place.path === '' ? '' : ` of ${place.path.slice(0, -1)}`} has an empty name`)
    if (name.length > nameCharactersMax)
      fail(
        place.of,
        `the name of column "${name.slice(0, 40)}..." has more than ${nameCharactersMax} characters`,
      )
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused.
    if (/[\u0000-\u001f]/.test(name))
      fail(place.of, `the name of column ${JSON.stringify(name)} has a control character`)
    const folded = name.toLowerCase()
    if (names.has(folded))
      fail(place.of, `column "${path}" is there twice (letter case does not count); rename one of them`)
    names.add(folded)
    checkId(fieldId, path, place)
    checkType(type, path, place)
  }
}

function checkType(type: LakeType, path: string, place: Place): void {
  if (place.depth > typeDepthMax) fail(place.of, `column "${path}" is nested deeper than ${typeDepthMax}`)
  const inner = { ...place, path: `${path}.`, depth: place.depth + 1 }
  switch (type.kind) {
    case 'decimal': {
      const { precision, scale } = type
      const isFine =
        Number.isInteger(precision) &&
        precision >= 1 &&
        precision <= 38 &&
        Number.isInteger(scale) &&
        scale >= 0 &&
        scale <= precision
      if (!isFine)
        fail(
          place.of,
          `column "${path}" is decimal(${precision},${scale}); the precision is 1 to 38, the scale 0 to the precision`,
        )
      break
    }
    case 'list':
      checkId(type.elementId, `${path}.element`, place)
      checkType(type.element, `${path}.element`, inner)
      break
    case 'map':
      if (type.key.kind === 'list' || type.key.kind === 'map' || type.key.kind === 'struct')
        fail(place.of, `the keys of map "${path}" are nested; they have to be plain values`)
      checkId(type.keyId, `${path}.key`, place)
      checkId(type.valueId, `${path}.value`, place)
      checkType(type.key, `${path}.key`, inner)
      checkType(type.value, `${path}.value`, inner)
      break
    case 'struct':
      if (type.fields.length === 0) fail(place.of, `struct "${path}" has no fields; give it at least one`)
      checkColumns(type.fields, inner)
      break
  }
}

function checkId(id: number | undefined, path: string, place: Place): void {
  if (id === undefined) return
  if (!Number.isInteger(id) || id < 0 || id > 2147483647)
    fail(place.of, `the field id of "${path}" is ${id}; it is a whole number`)
  if (place.ids.has(id)) fail(place.of, `field id ${id} of "${path}" is there twice`)
  place.ids.add(id)
}

function fail(of: string, reason: string): never {
  throw new LakeError('LAKE_SCHEMA_INVALID', `The schema of ${of} cannot be used: ${reason}.`)
}
