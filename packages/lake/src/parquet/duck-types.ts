/** DuckDB's type objects for ours, as its API wants them for columns that we hand over. */
import type { DuckDBType } from '@duckdb/node-api'
import type { LakeType } from '../schema/lake-type.ts'

/** The module is large and loaded when first used, so it is passed in. */
export function duckType(duck: typeof import('@duckdb/node-api'), type: LakeType): DuckDBType {
  switch (type.kind) {
    case 'boolean':
      return duck.BOOLEAN
    case 'int':
      return duck.INTEGER
    case 'long':
      return duck.BIGINT
    case 'float':
      return duck.FLOAT
    case 'double':
      return duck.DOUBLE
    case 'string':
      return duck.VARCHAR
    case 'binary':
      return duck.BLOB
    case 'date':
      return duck.DATE
    case 'time':
      return duck.TIME
    case 'timestamp':
      return duck.TIMESTAMP
    case 'timestamptz':
      return duck.TIMESTAMPTZ
    case 'decimal':
      return duck.DECIMAL(type.precision, type.scale)
    case 'list':
      return duck.LIST(duckType(duck, type.element))
    case 'map':
      return duck.MAP(duckType(duck, type.key), duckType(duck, type.value))
    case 'struct':
      return new duck.DuckDBStructType(
        type.fields.map((field) => field.name),
        type.fields.map((field) => duckType(duck, field.type)),
      )
  }
}
