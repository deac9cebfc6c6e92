/**
 * The output of a delivery under one edition of its settings: how records become rows, which part each row belongs to, and how a
 * part's rows become an object. Compiled once; what a stage does for each row is decided here.
 */
import type { Random } from '@millrace/values'
import { assertObjectKey } from '../objects/object-key.ts'
import type { DeliveryPrefixes } from '../prefix/delivery-prefixes.ts'
import type { Buffering } from './delivery-settings.ts'
import type { ErrorType } from './error-line.ts'
import type { PartitionValues } from './progress.ts'
import type { RowBuffer, RowFault } from './row-buffer.ts'

export interface Output {
  /** Unique within the delivery: the version, and that of the table whose schema it follows. */
  readonly id: string
  readonly version: number
  readonly buffering: Buffering
  /** Undefined: rows are not spread. */
  readonly partitioner: Partitioner | undefined
  /** Undefined: a record is one row. */
  readonly unpack: Unpack | undefined
  /** Rows may be refused when they are added: by a conversion, by a table. */
  readonly canRefuse: boolean
  readonly names: ObjectNames
  /** Of an error of conversion. */
  readonly table: Readonly<Record<string, string | null>> | undefined
  makeRows(): RowBuffer
  /** Lines of error records. */
  makeErrors(): RowBuffer
  /** Where a buffer of the destination goes is told by a key; a table needs none. */
  readonly hasKeys: boolean
}

export interface Partitioner {
  readonly activeMax: number
  /** `functionKeys`: what a transform function gave. */
  /** `arrivedAt`: what time it is for the queries, so that they say the same in a replay. */
  partition(
    row: Uint8Array,
    functionKeys: Readonly<Record<string, string>>,
    arrivedAt: number,
  ): PartitionValues | RowFault
}

export type Unpack = (data: Uint8Array) => readonly Uint8Array[] | (RowFault & { readonly type: ErrorType })

/** Keys of a delivery's objects. */
export class ObjectNames {
  readonly #delivery: string
  readonly #version: number
  readonly #prefixes: DeliveryPrefixes
  readonly #suffix: string
  readonly #random: Random

  constructor(init: {
    readonly delivery: string
    readonly version: number
    readonly prefixes: DeliveryPrefixes
    readonly suffix: string
    readonly random: Random
  }) {
    this.#delivery = init.delivery
    this.#version = init.version
    this.#prefixes = init.prefixes
    this.#suffix = init.suffix
    this.#random = init.random
  }

  /** Errors: PREFIX_VALUE, OBJECT_KEY_INVALID. */
  object(id: string, instant: number, values: PartitionValues | undefined): string {
    const prefix = this.#prefixes.objects({
      instant,
      random: this.#random,
      ...(values === undefined ? {} : { queryValues: values.query, functionValues: values.function }),
    })
    return this.#key(prefix, id, instant, this.#suffix)
  }

  /** Errors are never compressed, so they have no suffix. */
  errors(id: string, instant: number, type: ErrorType): string {
    return this.#key(this.#prefixes.errors({ instant, random: this.#random, type }), id, instant, '')
  }

  #key(prefix: string, id: string, instant: number, suffix: string): string {
    const version = this.#version
    const name = this.#prefixes.objectName({ delivery: this.#delivery, version, instant, id, suffix })
    const key = prefix + name
    assertObjectKey(key)
    return key
  }
}

/**
 * Values are closed by U+0001, which none of a partition holds: a key of an object may not, so a row with such a value is refused before
 * it gets a buffer.
 */
export function dataPart(output: Output, values: PartitionValues | undefined): string {
  let part = `${output.id}|`
  if (values === undefined) return part
  for (const key in values.query) part += `${values.query[key]}\u0001`
  for (const key in values.function) part += `${values.function[key]}\u0001`
  return part
}

export function errorPart(output: Output, type: ErrorType): string {
  return `${output.id}!${type}`
}

/** Takes the place of a partition that nobody looks into. */
export const anyPlanId = '00000000-0000-8000-8000-000000000000'
