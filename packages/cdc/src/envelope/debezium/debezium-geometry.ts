/**
 * Geometries as Debezium's struct {wkb, srid}, points of MySQL as {x, y, wkb, srid}. MySQL stores the SRID in four bytes before the
 * WKB; PostGIS has it inside of its EWKB, behind a flag in the type.
 */
import type { DatabaseKind } from '../../database/database.ts'
import type { ColumnValue } from '../../model/column-value.ts'
import type { ColumnType } from '../../model/table-schema.ts'
import { floatText, valueText } from '../../model/value-text.ts'
import { quote } from '../json-text.ts'
import type { ConnectSchema } from './connect-schema.ts'

const sridFlag = 0x2000_0000
/** Byte order, type, x, y. */
const pointBytes = 1 + 4 + 8 + 8

const fields = [
  { type: 'bytes', field: 'wkb' },
  { type: 'int32', field: 'srid', optional: true },
] as const

export function geometryColumn(
  database: DatabaseKind,
  type: ColumnType,
): {
  readonly schema: ConnectSchema
  readonly write: (value: Exclude<ColumnValue, null | undefined>) => string
} {
  const isPoint = database !== 'postgres' && type.native === 'point'
  return {
    schema: {
      type: 'struct',
      name: isPoint ? 'io.debezium.data.geometry.Point' : 'io.debezium.data.geometry.Geometry',
      version: 1,
      fields: isPoint ? [{ type: 'double', field: 'x' }, { type: 'double', field: 'y' }, ...fields] : fields,
    },
    write: (value) => {
      if (!(value instanceof Uint8Array)) return quote(valueText(value, type))
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      if (database === 'postgres') return `{"wkb":"${bytes.toString('base64')}","srid":${ewkbSrid(bytes)}}`
      const wkb = bytes.subarray(4)
      // 0 is what MySQL has where no reference system was named.
      const srid = bytes.readUInt32LE(0) || null
      return `{${isPoint ? pointText(wkb) : ''}"wkb":"${wkb.toString('base64')}","srid":${srid}}`
    },
  }
}

function pointText(wkb: Buffer): string {
  if (wkb.length < pointBytes) return '"x":0,"y":0,'
  const at = (offset: number) => (wkb[0] === 1 ? wkb.readDoubleLE(offset) : wkb.readDoubleBE(offset))
  return `"x":${floatText(at(5), 64)},"y":${floatText(at(13), 64)},`
}

function ewkbSrid(bytes: Buffer): number | null {
  if (bytes.length < 9) return null
  const isLittle = bytes[0] === 1
  const type = isLittle ? bytes.readUInt32LE(1) : bytes.readUInt32BE(1)
  if ((type & sridFlag) === 0) return null
  return isLittle ? bytes.readUInt32LE(5) : bytes.readUInt32BE(5)
}
