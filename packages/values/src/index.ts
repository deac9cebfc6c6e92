export {
  AggregateBuilder,
  type AggregateBuilderOptions,
  aggregateBytesDefault,
  type PackedRecord,
  type UserRecord,
} from './aggregation/aggregate-builder.ts'
export { hasAggregateMagic } from './aggregation/aggregate-layout.ts'
export { type AggregateOutcome, AggregateReader } from './aggregation/aggregate-reader.ts'
export { aggregate, type Deaggregated, deaggregate } from './aggregation/deaggregate.ts'
export { type HashText, readExplicitHash } from './aggregation/explicit-hash.ts'
export * from './aggregation/sub-sequence.ts'
export { base64Length, readBase64, writeBase64 } from './base64.ts'
export * from './cell.ts'
export * from './clock.ts'
export { CodedError, codeOf, messageOf } from './coded-error.ts'
export * from './column.ts'
export * from './date-names.ts'
export * from './decimal.ts'
export * from './hash-range.ts'
export * from './identifiers/change-sequence-number.ts'
export * from './identifiers/change-shard-id.ts'
export * from './identifiers/firehose-arn.ts'
export * from './identifiers/sequence-number.ts'
export * from './identifiers/shard-id.ts'
export * from './identifiers/stream-arn.ts'
export * from './identifiers/table-arn.ts'
export { ByteWriter } from './json/byte-writer.ts'
export { foldKey, type KeyFold } from './json/key-fold.ts'
export { JsonKeyReader, type JsonKeyValue } from './json/key-reader.ts'
export { jsonKeyByteMax, keyText, writeJsonKey } from './json/key-text.ts'
export { found, JsonLocator, type JsonLocatorOptions } from './json/locator.ts'
export * from './json/path.ts'
export {
  type JsonColumn,
  JsonRowReader,
  type JsonRowReaderOptions,
  type MapProblem,
} from './json/row-reader.ts'
export { cellToJsonText, JsonRowWriter, rowToJsonText } from './json/row-writer.ts'
export {
  afterElement,
  type JsonProblem,
  jsonDepthMax,
  scanJson,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
  stringHadEscape,
} from './json/scan.ts'
export { stringFromJson, unescapeInto } from './json/text.ts'
export { loadOptional } from './load-optional.ts'
export * from './md5.ts'
export type * from './ports.ts'
export * from './random.ts'
export * from './spelling.ts'
export type * from './sql-type.ts'
export * from './sql-type-text.ts'
export * from './time.ts'
export * from './value-error.ts'
export * from './zone.ts'
