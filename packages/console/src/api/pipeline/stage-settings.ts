/** The settings of a stage as names and values, in the words of docs: what a person may have changed, and what holds otherwise. */
import type { DeliverySettings } from '@millrace/lake'
import type { FunctionStage, MappingSettings } from '@millrace/runtime'
import type { KnownStage } from './stage-list.ts'

type Setting = readonly [name: string, value: string]

export function stageSettings({ definition, delivery }: KnownStage): Setting[] {
  if (definition?.kind === 'function') return functionSettings(definition)
  if (definition?.kind === 'source' && definition.open.alone !== undefined)
    return [['Reads alone', definition.open.alone]]
  if (delivery !== undefined) return deliverySettings(delivery.settings)
  return []
}

function functionSettings({ code, mapping, from }: FunctionStage): Setting[] {
  const own: Setting[] =
    code.form === 'lambda'
      ? [
          ['Function', code.lambda.functionName],
          ['Handler', code.lambda.handler],
          ['Memory', `${code.lambda.memoryMb} MB`],
          ['Timeout', duration(code.lambda.timeoutMs)],
          ['Reserved concurrency', code.lambda.reservedConcurrency?.toString() ?? 'no limit of its own'],
        ]
      : code.form === 'each'
        ? [['Records at a time', `${code.concurrency}, one for each key`]]
        : []
  const batches: Setting[] =
    code.form === 'each'
      ? []
      : [
          ['Batch size', `${mapping.batchSize} records at most`],
          ['Batching window', mapping.batchingWindowMs === 0 ? 'none' : duration(mapping.batchingWindowMs)],
          [
            'Parallelization',
            `${mapping.parallelization} ${mapping.parallelization === 1 ? 'batch' : 'batches'} of a shard at a time`,
          ],
          ['Bisect on error', mapping.bisect ? 'yes' : 'no'],
          ['Report item failures', mapping.reportItemFailures ? 'yes' : 'no'],
        ]
  return [
    ['Stream', from],
    ...own,
    ...batches,
    ['Starting position', position(mapping)],
    [
      'Retries',
      mapping.maxRetries === Number.POSITIVE_INFINITY ? 'until it succeeds' : `${mapping.maxRetries}`,
    ],
    [
      'Record age',
      mapping.maxRecordAgeMs === Number.POSITIVE_INFINITY
        ? 'any'
        : `at most ${duration(mapping.maxRecordAgeMs)}`,
    ],
    ...(mapping.tumblingWindowMs === 0
      ? []
      : [['Tumbling window', duration(mapping.tumblingWindowMs)] as const]),
    ...mapping.filters.map((filter) => ['Filter', filter] as const),
    ...(mapping.onFailure === undefined
      ? []
      : [
          [
            'On failure',
            mapping.onFailure.kind === 'stream'
              ? `stream ${mapping.onFailure.stream}`
              : mapping.onFailure.path,
          ] as const,
        ]),
  ]
}

function position({ startingPosition }: MappingSettings): string {
  return typeof startingPosition === 'string'
    ? startingPosition
    : new Date(startingPosition.atMs).toISOString()
}

function deliverySettings({ source, destination, transform, backup }: DeliverySettings): Setting[] {
  const { buffering, bucket, table } = destination
  return [
    ['Source', source.kind === 'stream' ? `stream ${source.stream}` : 'records put by clients'],
    [
      'Destination',
      destination.kind === 'iceberg'
        ? 'Iceberg table'
        : `${destination.format.kind} files, ${destination.compression}`,
    ],
    ['Bucket', bucket],
    ...(table === undefined ? [] : [['Table', `${table.database}.${table.name}`] as const]),
    ...(destination.kind === 'files' && destination.prefix !== undefined
      ? [['Prefix', destination.prefix] as const]
      : []),
    ['Buffer', `${Math.round((buffering.bytes / 2 ** 20) * 10) / 10} MiB or ${duration(buffering.ms)}`],
    ...(transform === undefined ? [] : [['Transform', transform.functionName] as const]),
    ...(backup === undefined ? [] : [['Backup', backup.bucket] as const]),
  ]
}

function duration(ms: number): string {
  if (ms % 3_600_000 === 0 && ms > 0) return `${ms / 3_600_000} h`
  if (ms % 60_000 === 0 && ms > 0) return `${ms / 60_000} min`
  return ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`
}
