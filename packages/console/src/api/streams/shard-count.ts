/** What a change of the shard count would do, said before it is done: the same plan and the same refusals as UpdateShardCount. */
import { type AdminRequest, type StoreGateway, WireError } from '@millrace/gateway'
import type { StreamInfo } from '@millrace/store'
import type { ShardCountAnswer } from '../../protocol/streams.ts'
import { callerOf } from './gateway-calls.ts'

const hashSpace = 2 ** 128

export function shardCountAnswer(
  info: StreamInfo,
  target: number,
  gateway: StoreGateway,
  request: AdminRequest,
): ShardCountAnswer {
  const current = info.shardInfos.filter(({ closedAt }) => closedAt === undefined).length
  try {
    const plan = gateway.service.planShardCount(info.name, target, callerOf(request))
    // A shard that an earlier step opens gets the next number.
    const numberOf = (shard: number) => (shard < 0 ? info.shardInfos.length - shard - 1 : shard)
    let made = 0
    const steps = plan.steps.map(({ close, open }) => ({
      closes: close.map(numberOf),
      opens: open.map(({ range, parents }) => ({
        shard: numberOf(-1 - made++),
        parents: parents.map(numberOf),
        from: Number(range.start) / hashSpace,
        width: Number(range.end - range.start + 1n) / hashSpace,
      })),
    }))
    return { current, target, steps, about: aboutSteps(current, target, steps, info.retentionMs) }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    const { type: code, message } = error
    return { current, target, refused: { code, message }, steps: [], about: 'It would be refused.' }
  }
}

function aboutSteps(
  current: number,
  target: number,
  steps: ShardCountAnswer['steps'],
  retentionMs: number,
): string {
  if (steps.length === 0) return `It has ${counted(current)} of even ranges: nothing changes.`
  const closed = steps.reduce((sum, { closes }) => sum + closes.length, 0)
  const opened = steps.reduce((sum, { opens }) => sum + opens.length, 0)
  const commits = steps.length === 1 ? 'one commit' : `${steps.length} commits`
  const hours = Math.round(retentionMs / 3_600_000)
  const kept = Number.isFinite(retentionMs) ? `for ${hours} hour${hours === 1 ? '' : 's'}` : 'for ever'
  return (
    `${counted(current)} become ${target} of even ranges in ${commits}: ${closed} close and ${opened} open. ` +
    `Closed shards keep their records ${kept} and are read to their ends; each key goes on in a child of its shard.`
  )
}

function counted(shards: number): string {
  return shards === 1 ? '1 shard' : `${shards} shards`
}
