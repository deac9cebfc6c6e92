/**
 * Processors of a destination: which parameters each takes, and what a delivery does for them. Each kind may be given once. The
 * stages run in the service's order, whatever the order of the list. Processing that is given holds unless `Enabled` is false.
 */
import { type DeliverySettings, splitPartitionQuery, type TransformSettings } from '@millrace/lake'
import { invalidArgument } from '../faults.ts'
import type { ProcessingConfiguration } from '../shapes/s3-shapes.ts'

export interface Processing {
  readonly unpack?: NonNullable<DeliverySettings['unpack']>
  readonly transform?: TransformSettings
  /** Partition keys -> jq queries. */
  readonly queries?: Readonly<Record<string, string>>
  /** Written after each record. */
  readonly delimiter?: string
}

type Processor = NonNullable<ProcessingConfiguration['Processors']>[number]
type ProcessorType = Processor['Type']
type ParameterName = NonNullable<Processor['Parameters']>[number]['ParameterName']
type Parameters = Readonly<Partial<Record<ParameterName, string>>>

const parametersOf: Readonly<Record<ProcessorType, readonly ParameterName[]>> = {
  RecordDeAggregation: ['SubRecordType', 'Delimiter'],
  Decompression: ['CompressionFormat'],
  CloudWatchLogProcessing: ['DataMessageExtraction'],
  Lambda: ['LambdaArn', 'NumberOfRetries', 'RoleArn', 'BufferSizeInMBs', 'BufferIntervalInSeconds'],
  MetadataExtraction: ['MetadataExtractionQuery', 'JsonParsingEngine'],
  AppendDelimiterToRecord: ['Delimiter'],
}

const MB = 1024 * 1024
const lambdaArn = /^arn:[^:]*:lambda:[a-z0-9-]+:\d{12}:function:([a-zA-Z0-9_-]+)(?::[a-zA-Z0-9$_-]+)?$/

/** Error: InvalidArgumentException. */
export function processingOf(configuration: ProcessingConfiguration | undefined): Processing {
  if (configuration === undefined || configuration.Enabled === false) return {}
  const found = new Map<ProcessorType, Parameters>()
  for (const processor of configuration.Processors ?? []) {
    if (found.has(processor.Type)) {
      throw invalidArgument(`The processor ${processor.Type} is given twice; each may be given once.`)
    }
    found.set(processor.Type, readParameters(processor))
  }
  const decompression = found.get('Decompression')
  const logs = found.get('CloudWatchLogProcessing')
  if (logs !== undefined && decompression === undefined) {
    throw invalidArgument(
      'The processor CloudWatchLogProcessing needs the processor Decompression: CloudWatch Logs sends GZIP.',
    )
  }
  const subRecords = found.get('RecordDeAggregation')
  const lambda = found.get('Lambda')
  const metadata = found.get('MetadataExtraction')
  const append = found.get('AppendDelimiterToRecord')
  const unpack = {
    ...(subRecords === undefined ? {} : { subRecords: subRecordsOf(subRecords) }),
    ...(decompression === undefined ? {} : { decompression: decompressionOf(decompression) }),
    ...(logs === undefined || !extractsMessages(logs) ? {} : { logMessages: true }),
  }
  return {
    ...(Object.keys(unpack).length === 0 ? {} : { unpack }),
    ...(lambda === undefined ? {} : { transform: transformOf(lambda) }),
    ...(metadata === undefined ? {} : { queries: queriesOf(metadata) }),
    ...(append === undefined ? {} : { delimiter: unescaped(append.Delimiter ?? '\\n') }),
  }
}

function readParameters({ Type, Parameters: given }: Processor): Parameters {
  const allowed = parametersOf[Type]
  const values: Partial<Record<ParameterName, string>> = {}
  for (const { ParameterName: name, ParameterValue } of given ?? []) {
    if (!allowed.includes(name)) {
      throw invalidArgument(`The processor ${Type} has no parameter ${name}. It has: ${allowed.join(', ')}.`)
    }
    if (values[name] !== undefined)
      throw invalidArgument(`The parameter ${name} of processor ${Type} is given twice.`)
    values[name] = ParameterValue
  }
  return values
}

function subRecordsOf({ SubRecordType, Delimiter }: Parameters) {
  switch (SubRecordType) {
    case 'JSON':
      if (Delimiter !== undefined) {
        throw invalidArgument('The parameter Delimiter goes with SubRecordType DELIMITED, not with JSON.')
      }
      return { form: 'json' } as const
    case 'DELIMITED':
      if (Delimiter === undefined || !isBase64(Delimiter)) {
        throw invalidArgument(
          `SubRecordType DELIMITED needs the parameter Delimiter in base64${Delimiter === undefined ? '' : `, not "${Delimiter.slice(0, 50)}"`}. A line feed is Cg==.`,
        )
      }
      return { form: 'delimited', delimiter: Delimiter } as const
    default:
      throw wrongValue('RecordDeAggregation', 'SubRecordType', SubRecordType, 'JSON, DELIMITED')
  }
}

function decompressionOf({ CompressionFormat }: Parameters): 'gzip' {
  if (CompressionFormat !== 'GZIP')
    throw wrongValue('Decompression', 'CompressionFormat', CompressionFormat, 'GZIP')
  return 'gzip'
}

function extractsMessages({ DataMessageExtraction = 'true' }: Parameters): boolean {
  if (DataMessageExtraction !== 'true' && DataMessageExtraction !== 'false') {
    throw wrongValue('CloudWatchLogProcessing', 'DataMessageExtraction', DataMessageExtraction, 'true, false')
  }
  return DataMessageExtraction === 'true'
}

function transformOf(parameters: Parameters): TransformSettings {
  const functionName = lambdaArn.exec(parameters.LambdaArn ?? '')?.[1]
  if (functionName === undefined) {
    throw wrongValue(
      'Lambda',
      'LambdaArn',
      parameters.LambdaArn,
      'the ARN of a function, like arn:aws:lambda:us-east-1:000000000000:function:NAME',
    )
  }
  const number = (
    name: ParameterName,
    otherwise: number,
    range: { min: number; max: number; isWhole: boolean },
  ) => numberOf(name, parameters[name], otherwise, range)
  const whole = { min: 0, isWhole: true }
  return {
    functionName,
    retries: number('NumberOfRetries', 3, { ...whole, max: 300 }),
    bufferBytes: Math.round(number('BufferSizeInMBs', 1, { min: 0.2, max: 3, isWhole: false }) * MB),
    bufferMs: number('BufferIntervalInSeconds', 60, { ...whole, max: 900 }) * 1000,
  }
}

function numberOf(
  name: ParameterName,
  text: string | undefined,
  otherwise: number,
  { min, max, isWhole }: { min: number; max: number; isWhole: boolean },
): number {
  if (text === undefined) return otherwise
  const value = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max && (!isWhole || Number.isInteger(value))) return value
  throw wrongValue('Lambda', name, text, `${isWhole ? 'whole ' : ''}numbers from ${min} to ${max}`)
}

function queriesOf({
  MetadataExtractionQuery,
  JsonParsingEngine,
}: Parameters): Readonly<Record<string, string>> {
  if (JsonParsingEngine !== 'JQ-1.6') {
    throw wrongValue('MetadataExtraction', 'JsonParsingEngine', JsonParsingEngine, 'JQ-1.6')
  }
  if (MetadataExtractionQuery === undefined) {
    throw wrongValue('MetadataExtraction', 'MetadataExtractionQuery', undefined, '{key: .path, ...}')
  }
  return splitPartitionQuery(MetadataExtractionQuery)
}

/** Parameters cannot hold a line feed as itself, so it is written \n. */
function unescaped(text: string): string {
  const plain: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' }
  return text.replace(/\\([nrt\\])/g, (_, letter: string) => plain[letter] ?? letter)
}

export function escaped(text: string): string {
  const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' }
  return text.replace(/[\n\r\t\\]/g, (character) => named[character] ?? character)
}

function isBase64(text: string): boolean {
  return text.length > 0 && Buffer.from(text, 'base64').toString('base64') === text
}

function wrongValue(
  processor: ProcessorType,
  name: ParameterName,
  value: string | undefined,
  allowed: string,
) {
  const is = value === undefined ? 'is missing' : `is "${value.slice(0, 200)}"`
  return invalidArgument(`The parameter ${name} of processor ${processor} ${is}. Allowed: ${allowed}.`)
}
