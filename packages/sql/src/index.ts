export { type BindOptions, type BindResult, bindProgram } from './binder/bind-program.ts'
export { CaseFileError, parseCase, type SqlCase } from './cases/case-file.ts'
export type { CaseVariant } from './cases/case-result.ts'
export { type Constructs, constructPage, constructRows, type NamedCase } from './cases/constructs.ts'
export { plainValue } from './cases/expectation.ts'
export { type CaseVerdict, runCase } from './cases/run-case.ts'
export { type BindFlinkOptions, bindFlinkProgram } from './changelog/binder/bind-flink-program.ts'
export { parseDuration } from './changelog/binder/durations.ts'
export {
  type FlinkExecution,
  FlinkSession,
  type FlinkSessionOptions,
  type FlinkStatementResult,
} from './changelog/binder/session.ts'
export { type CompileChangelogOptions, compileChangelog } from './changelog/compile-changelog.ts'
export { explainChangelog } from './changelog/explain.ts'
export { decoderOf, encoderOf, fieldsEncoder, formats, physicalFields } from './changelog/format/format.ts'
export {
  type DecodeProblem,
  type Decoder,
  type Encoder,
  FormatError,
} from './changelog/format/format-contract.ts'
export { nodesInOrder } from './changelog/graph.ts'
export type * from './changelog/instance.ts'
export { lookupTables } from './changelog/lookup-tables.ts'
export { optimizeChangelog } from './changelog/optimizer/optimize-changelog.ts'
export {
  type ParallelKeys,
  type ParallelProblem,
  parallelKeys,
  parallelProblem,
} from './changelog/parallel-keys.ts'
export { keyTextClass, partitionKeyNames, partitionKeyText } from './changelog/partition-key.ts'
export type { ChangelogProgram, Sink, TableColumnInfo, TableInfo } from './changelog/plan.ts'
export { replayProblem } from './changelog/replay-problem.ts'
export { type Row, type RowKind, rowKind, rowKindText } from './changelog/row.ts'
export { codes, type DiagnosticCode } from './diagnostic/codes.ts'
export type { Diagnostic, Note } from './diagnostic/diagnostic.ts'
export { renderDiagnostic, renderDiagnostics } from './diagnostic/render.ts'
export { type CompileOptions, compileProgram } from './engine/compile-program.ts'
export * from './engine-port.ts'
export { explainProgram } from './explain.ts'
export { type Fingerprints, fingerprint, fingerprints } from './fingerprint.ts'
export { type FunctionForms, functionForms } from './functions/function-forms.ts'
export {
  compileLinearRegex,
  type LinearRegex,
  type LinearRegexFlags,
} from './functions/regex/linear-regex.ts'
export { type StepMeter, stepsMax as regexStepsMax } from './functions/regex/program.ts'
export { PatternError } from './functions/regex/tree.ts'
export type * from './host-function.ts'
export { knownFunctions } from './known-functions.ts'
export { discoverSchema } from './mapping/discover-schema.ts'
export { type DiscoveredTable, discoverTable } from './mapping/discover-table.ts'
export {
  type MappedRows,
  type MappingError,
  makeRecordMapper,
  type RecordMapper,
  type RecordSchema,
  recordFields,
} from './mapping/record-mapper.ts'
export { optimizeProgram } from './optimizer/optimize.ts'
export type * from './plan.ts'
export type * from './span.ts'
export { changelogSteps } from './steps/changelog-steps.ts'
export { programSteps } from './steps/kda-steps.ts'
export type { PlanStep } from './steps/plan-step.ts'
export { type DialectName, dialectOf } from './syntax/dialect.ts'
export { parseProgram } from './syntax/parser.ts'
export { printTree } from './syntax/printer.ts'
export { SourceText } from './syntax/source-text.ts'
export { splitStatements } from './syntax/split-statements.ts'
export type { Tree } from './syntax/tree.ts'
export {
  type TranslateOptions,
  type TranslateRelation,
  type Translation,
  translateToFlink,
} from './translate/translate-to-flink.ts'
export type { TranslationNote } from './translate/translation-note.ts'
