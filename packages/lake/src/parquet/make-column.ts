/** The column that holds values of a type. */
import type { LakeType } from '../schema/lake-type.ts'
import {
  BooleanColumn,
  type ColumnBuilder,
  DoubleColumn,
  FloatColumn,
  Int16Column,
  Int32Column,
  Int64Column,
  Int128Column,
  ListColumn,
  StructColumn,
  TextColumn,
} from './column-builder.ts'

export function makeColumn(type: LakeType): ColumnBuilder {
  switch (type.kind) {
    case 'boolean':
      return new BooleanColumn()
    case 'int':
    case 'date':
      return new Int32Column()
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return new Int64Column()
    case 'float':
      return new FloatColumn()
    case 'double':
      return new DoubleColumn()
    case 'string':
    case 'binary':
      return new TextColumn()
    case 'decimal':
      return makeDecimalColumn(type.precision)
    case 'list':
      return new ListColumn(makeColumn(type.element))
    case 'map':
      return new ListColumn(new StructColumn([makeColumn(type.key), makeColumn(type.value)]))
    case 'struct':
      return new StructColumn(type.fields.map((field) => makeColumn(field.type)))
  }
}

export type DecimalColumn = Int16Column | Int32Column | Int64Column | Int128Column

export function makeDecimalColumn(precision: number): DecimalColumn {
  if (precision <= 4) return new Int16Column()
  if (precision <= 9) return new Int32Column()
  return precision <= 18 ? new Int64Column() : new Int128Column()
}
