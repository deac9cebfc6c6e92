/**
 * What one types elsewhere to get the same records: the command line, the AWS CLI, curl, a program with the SDK. The address is that of
 * the running gateway. Pure, so that each text can be tried in a test.
 */
import type { FilterTexts } from './filter-bar.tsx'

export interface CopyPlace {
  /** Of the page: http://127.0.0.1:4567. */
  readonly origin: string
  readonly region: string
  readonly stream: string
}

export interface CopyItem {
  readonly label: string
  readonly text: string
}

/** Of one record. */
export function copyRecordAs(
  place: CopyPlace,
  { shardId, sequenceNumber }: { readonly shardId: string; readonly sequenceNumber: string },
): readonly CopyItem[] {
  const { origin, stream } = place
  const query = new URLSearchParams({ stream, sequenceNumber })
  return [
    {
      label: 'millrace stream read',
      text: `millrace stream read ${quoted(stream)} --from ${sequenceNumber} --limit 1 --json`,
    },
    {
      label: 'aws kinesis get-records',
      text: awsCli(place, shardId, `AT_SEQUENCE_NUMBER --starting-sequence-number ${sequenceNumber}`, 1),
    },
    { label: 'curl', text: `curl -s ${quoted(`${origin}/admin/streams/record?${query}`)}` },
    {
      label: 'SDK v3 (TypeScript)',
      text: sdk(
        place,
        shardId,
        `ShardIteratorType: 'AT_SEQUENCE_NUMBER',\n  StartingSequenceNumber: '${sequenceNumber}',`,
        1,
      ),
    },
  ]
}

/** Of what is listed: from a place on, filtered. The clients of AWS have no filter, and read one shard. */
export function copyRecordsAs(
  place: CopyPlace,
  { at, filter, shardId }: { readonly at: string; readonly filter: FilterTexts; readonly shardId: string },
): readonly CopyItem[] {
  const { origin, stream } = place
  const given = Object.entries(filter).filter(([, value]) => value !== undefined && value !== '')
  const flags = given.map(([name, value]) => ` --${name} ${quoted(String(value))}`).join('')
  const query = new URLSearchParams({ stream, at, ...Object.fromEntries(given) })
  const isTime = /^\d{4}-/.test(at)
  return [
    {
      label: 'millrace stream read',
      text: `millrace stream read ${quoted(stream)} --from ${quoted(at)}${flags} --json`,
    },
    {
      label: 'aws kinesis get-records',
      text: awsCli(place, shardId, isTime ? `AT_TIMESTAMP --timestamp ${quoted(at)}` : 'TRIM_HORIZON', 100),
    },
    { label: 'curl', text: `curl -s ${quoted(`${origin}/admin/streams/records?${query}`)}` },
    {
      label: 'SDK v3 (TypeScript)',
      text: sdk(
        place,
        shardId,
        isTime
          ? `ShardIteratorType: 'AT_TIMESTAMP',\n  Timestamp: new Date('${at}'),`
          : "ShardIteratorType: 'TRIM_HORIZON',",
        100,
      ),
    },
  ]
}

/** Of new records as they come. */
export function copyTailAs(place: CopyPlace, filter: FilterTexts, shardId: string): readonly CopyItem[] {
  const { origin, stream } = place
  const given = Object.entries(filter).filter(([, value]) => value !== undefined && value !== '')
  const flags = given.map(([name, value]) => ` --${name} ${quoted(String(value))}`).join('')
  const query = new URLSearchParams({ stream, ...Object.fromEntries(given) })
  return [
    {
      label: 'millrace stream read',
      text: `millrace stream read ${quoted(stream)} --from latest --follow${flags} --json`,
    },
    { label: 'aws kinesis get-records', text: awsCli(place, shardId, 'LATEST', 100) },
    { label: 'curl', text: `curl -sN ${quoted(`${origin}/admin/streams/tail?${query}`)}` },
    { label: 'SDK v3 (TypeScript)', text: sdk(place, shardId, "ShardIteratorType: 'LATEST',", 100) },
  ]
}

function awsCli(
  { origin, region, stream }: CopyPlace,
  shardId: string,
  position: string,
  limit: number,
): string {
  const endpoint = `--endpoint-url ${quoted(origin)} --region ${region}`
  return (
    `aws kinesis get-records ${endpoint} --limit ${limit} --shard-iterator "$(aws kinesis get-shard-iterator ${endpoint} ` +
    `--stream-name ${quoted(stream)} --shard-id ${shardId} --shard-iterator-type ${position} ` +
    '--query ShardIterator --output text)"'
  )
}

function sdk(
  { origin, region, stream }: CopyPlace,
  shardId: string,
  position: string,
  limit: number,
): string {
  return `import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient } from '@aws-sdk/client-kinesis'

const client = new KinesisClient({ endpoint: '${origin}', region: '${region}' })
const { ShardIterator } = await client.send(new GetShardIteratorCommand({
  StreamName: '${stream}',
  ShardId: '${shardId}',
  ${position}
}))
const { Records } = await client.send(new GetRecordsCommand({ ShardIterator, Limit: ${limit} }))
for (const { PartitionKey, Data } of Records ?? []) console.log(PartitionKey, new TextDecoder().decode(Data))
`
}

/** For a shell of Unix: what needs no quotes gets none. */
function quoted(text: string): string {
  return /^[A-Za-z0-9_.:/@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
