/**
 * The change streams of tables as the Streams API sees them: which table's stream an ARN names, and its shards.
 *
 * A stream is there while it is switched on. Shards are those of the stream in the store; their ids are longer than those
 * of Kinesis, because clients refuse ids of fewer than 28 characters.
 */
import type { ShardInfo, StreamInfo } from '@millrace/store'
import type { ChangeSpec } from '@millrace/tables'
import {
  changeStreamArn,
  endingChangeSequenceNumber,
  parseChangeStreamArn,
  startingChangeSequenceNumber,
} from '@millrace/values'
import type { WireError } from '../../wire/wire-error.ts'
import type { Caller } from '../../wire/wire-service.ts'
import type { DynamoContext } from '../dynamodb-context.ts'
import { notFound, validation } from '../faults.ts'
import type { DynamoTable } from '../tables/table-directory.ts'

export interface ChangeStream {
  readonly arn: string
  readonly table: DynamoTable
  readonly changes: ChangeSpec
  /** As the store has it. */
  readonly info: StreamInfo
}

/** Errors: AccessDeniedException, ValidationException, ResourceNotFoundException. */
export function mustChangeStream(
  arn: string,
  caller: Caller,
  context: DynamoContext,
  action: string,
): ChangeStream {
  const parsed = parseChangeStreamArn(arn)
  if (parsed === undefined) throw validation(`Invalid StreamArn: ${arn} is not the ARN of a table's stream`)
  caller.authorize(action, arn)
  const isHere = parsed.region === context.region && parsed.account === caller.account
  const table = isHere ? context.directory.named(parsed.table, caller.account) : undefined
  const stream = table === undefined ? undefined : changeStreamOf(table, context)
  if (stream === undefined || stream.arn !== arn) throw streamNotFound(arn)
  return stream
}

/** Undefined where the table's stream is off. */
export function changeStreamOf(
  table: DynamoTable,
  { store, region }: Pick<DynamoContext, 'store' | 'region'>,
): ChangeStream | undefined {
  const { changes } = table.info.settings
  const info = changes === undefined ? undefined : store.stream(changes.stream)
  if (changes === undefined || info === undefined) return undefined
  const arn = changeStreamArn({ region, account: table.account }, { table: table.name, label: changes.label })
  return { arn, table, changes, info }
}

export function streamNotFound(arn: string): WireError {
  return notFound(`Requested resource not found: Stream: ${arn} not found`)
}

/** `shardId-`, the time of its making in 20 digits, `-` and its number in 8 hex digits. */
export function changeShardId({ shard, createdAt }: ShardInfo): string {
  const time = String(Math.floor(createdAt)).padStart(20, '0')
  return `shardId-${time}-${shard.toString(16).padStart(8, '0')}`
}

/** Undefined: the stream has no such shard. */
export function findShard({ info }: ChangeStream, id: string): ShardInfo | undefined {
  const number = /^shardId-[0-9]{20}-([0-9a-f]{8})$/.exec(id)?.[1]
  const shard = number === undefined ? undefined : info.shardInfos[Number.parseInt(number, 16)]
  return shard !== undefined && changeShardId(shard) === id ? shard : undefined
}

export function shardDescription({ info }: ChangeStream, shard: ShardInfo): object {
  const [parent] = shard.parents
  return {
    ShardId: changeShardId(shard),
    SequenceNumberRange: {
      StartingSequenceNumber: startingChangeSequenceNumber(info, shard.shard),
      EndingSequenceNumber: endingChangeSequenceNumber(info, shard.shard),
    },
    ParentShardId: parent === undefined ? undefined : changeShardId(info.shardInfos[parent]!),
  }
}
