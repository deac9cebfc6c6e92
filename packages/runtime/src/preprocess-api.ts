/**
 * Preprocessing of a query's input records: a TypeScript function that sees each record before the schema mapping.
 * The record is read lazily from its bytes, so that a function which looks at one field costs one field.
 */
export type JsonScalar = string | number | boolean | null

export interface PreprocessRecord {
  readonly partitionKey: string
  readonly arrivalTimeMs: number
  readonly data: Uint8Array
  /** The value at a JSONPath like `$.metadata.table-name`; undefined if absent. Objects and arrays come back parsed. */
  get(path: string): unknown
  /** The whole payload, parsed. */
  json<T = unknown>(): T
  /** Adds (or hides) a top-level member that the schema mapping sees as `$.name`. Returns the record. */
  set(name: string, value: JsonScalar): this
}

/**
 * Returns the record (Ok), another JSON value to be mapped instead of it (Ok with new data), or `dropped` (counted as
 * filtered). Throwing makes the record ProcessingFailed: it goes to the error stream and the pipeline goes on.
 */
export type Preprocess = (
  record: PreprocessRecord,
) => PreprocessRecord | { readonly [name: string]: unknown } | typeof dropped

export const dropped: unique symbol = Symbol.for('millrace.dropped')
