/**
 * Types of the lake's columns: what Parquet, the catalog and the table format have in common. `int` has 32 bits, `long` 64;
 * timestamps are microseconds, `timestamp` without a zone and `timestamptz` an instant; `time` is microseconds of the day.
 * Text forms are those of Hive DDL (`decimal(10,2)`, `array<struct<a:int>>`), read and written by `hive-type.ts`.
 */

export type LakeType =
  | { readonly kind: PrimitiveKind }
  /** precision 1 to 38, scale 0 to precision. */
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'list'; readonly element: LakeType; readonly elementId?: number }
  | {
      readonly kind: 'map'
      readonly key: LakeType
      readonly value: LakeType
      readonly keyId?: number
      readonly valueId?: number
    }
  | { readonly kind: 'struct'; readonly fields: readonly LakeColumn[] }

export type PrimitiveKind =
  | 'boolean'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'string'
  | 'binary'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'

export interface LakeColumn {
  readonly name: string
  readonly type: LakeType
  readonly isRequired?: boolean
  readonly comment?: string
  /** Of a table whose columns are told apart by numbers, so that they may be renamed; unique in the whole schema, also below. */
  readonly fieldId?: number
}

/** Columns in order; names differ also when letter case is ignored. */
export interface LakeSchema {
  readonly columns: readonly LakeColumn[]
}
