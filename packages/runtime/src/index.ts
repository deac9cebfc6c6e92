export * from './app-model.ts'
export { lambdaCodes, pacedBy } from './app-stages.ts'
export { BackPressure } from './back-pressure.ts'
export * from './bucket-directory.ts'
export { type CheckedSource, checkSources } from './check-sources.ts'
export { putDeadStretch } from './dead-letter.ts'
export {
  DeadLetters,
  type LetterEdit,
  type LetterPage,
  type RedriveOptions,
} from './dead-letters/dead-letters.ts'
export { type DeadLetter, fullLetterId } from './dead-letters/letter.ts'
export { defineLetterTables, type LetterCounts } from './dead-letters/letter-counts.ts'
export { causeOf, type LetterGroup } from './dead-letters/letter-groups.ts'
export type { LetterFilter, LetterPlace } from './dead-letters/letter-scan.ts'
export type { Redrive, SentLetters } from './dead-letters/redrive-letters.ts'
export type {
  RedrivenLetter,
  RedriveOutcome,
  RedriveOutcomes,
  RedriveRange,
} from './dead-letters/redrive-outcomes.ts'
export {
  type DeliveryMeter,
  type DeliveryMetric,
  type DeliveryStatistics,
  DeliveryTally,
  noDeliveryMeter,
} from './delivery-meter.ts'
export { diagnoseApp, type Finding, waitingSentence } from './diagnose-app.ts'
export type { EachContext, EachHandler, EachRecord, OnceOptions } from './each/each-api.ts'
export { codeOf, messageOf, RuntimeError, type RuntimeErrorCode, runtimeErrorCodes } from './errors.ts'
export * from './function-api.ts'
export { runInProcess } from './in-process.ts'
export { currentInvocation, type Invocation } from './invocation.ts'
export type { FunctionLogLine } from './lambda/invocation-log.ts'
export { type FunctionServices, functionArn } from './lambda/lambda-environment.ts'
export { type LambdaHost, type LambdaHostOptions, makeLambdaHost } from './lambda/lambda-host.ts'
export * from './lambda/lambda-port.ts'
export { type LogFiles, logFilesOf, loggedFunctions, parseLogLine } from './lambda/log-files.ts'
export { Latency } from './latency.ts'
export { Ledger, type LedgerCounts } from './ledger.ts'
export { defaultLimits, eachConcurrencyMax, resolveLimits, rowBytesMax } from './limits.ts'
export { type FunctionMeter, noFunctionMeter } from './mapping/function-meter.ts'
export {
  type FunctionMetric,
  type FunctionStatistics,
  FunctionTally,
} from './mapping/function-tally.ts'
export { laneOf } from './mapping/lanes.ts'
export * from './mapping/mapping-settings.ts'
export { sampleEvent } from './mapping/sample-event.ts'
export { MergedInput, type MergedStream, type Taken } from './merged-input.ts'
export type { MetricSum, MetricSums } from './metric-tally.ts'
export { type OperatorPlan, planApp, type QueryPlan } from './plan-app.ts'
export * from './preprocess-api.ts'
export { partStages, partsMax, queryNameOf } from './query-parts.ts'
export type { InputSchema } from './query-program.ts'
export { querySteps } from './query-steps.ts'
export { type QueryTime, queryTimes } from './query-times.ts'
export { RecordInputMapper } from './record-input-mapper.ts'
export * from './report.ts'
export { retryDelayMs } from './retry.ts'
export * from './run-limits.ts'
export * from './running-app.ts'
export type { Piece, Records, Stretch } from './shard-cursor.ts'
export { firstSequence, ShardLineage } from './shard-lineage.ts'
export * from './source-port.ts'
export type { Stage, StageContext, StepResult } from './stage.ts'
export {
  type FlowPlace,
  flowPlaceOf,
  type InputFlow,
  type OperatorState,
  type StageFlows,
  stageFlows,
} from './stage-flows.ts'
export { inputsOf } from './stage-inputs.ts'
export { type LoopHooks, runStage } from './stage-loop.ts'
export {
  type DeliveryPositions,
  type DeliveryShardPosition,
  neededFrom,
  readStageRecord,
  readStageRecordOf,
  type StageRecord,
  writeStageRecord,
} from './stage-record.ts'
export { startApp } from './start-app.ts'
export { type PutOptions, type PutRecord, putToStream } from './stream-put.ts'
export { mayBePacked, type RecordContent, recordContent } from './stream-records/record-content.ts'
export {
  compileRecordFilter,
  type RecordFilter,
  type RecordFilterTexts,
} from './stream-records/record-filter.ts'
export {
  newestRecordsMax,
  parseStreamPlace,
  positionsAt,
  type StreamPlace,
} from './stream-records/stream-place.ts'
export { refuseReplaced, type StreamTimes, streamTimes } from './stream-times.ts'
export { sayStretch } from './stretch-warning.ts'
export {
  allStreams,
  deadLetterTable,
  errorStreamName,
  isSystemTable,
  lateStreamName,
  redriveStreamName,
} from './system-names.ts'
export { makeTableHandle } from './table-handle.ts'
export { type AppProblem, assertValidApp, validateApp } from './validate-app.ts'
export { Warnings, warningCodes } from './warnings.ts'
