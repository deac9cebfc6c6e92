import type { Store } from '@millrace/store'
import { initialHashRanges, VirtualClock } from '@millrace/values'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextUniformStep, type OpenShard } from '../streams/reshard-plan.ts'
import { type Kit, openKit, type Reply, startTime, testDirectory } from '../testing/kinesis-kit.ts'

const top = 2n ** 128n - 1n
const HOUR_MS = 3_600_000

interface Shard {
  readonly ShardId: string
  readonly ParentShardId?: string
  readonly AdjacentParentShardId?: string
  readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string }
  readonly SequenceNumberRange: {
    readonly StartingSequenceNumber: string
    readonly EndingSequenceNumber?: string
  }
}

const list = async (kit: Kit, input: object = {}): Promise<Shard[]> =>
  (await kit.call('ListShards', { StreamName: 's', ...input })).Shards

const isOpen = (shard: Shard): boolean => shard.SequenceNumberRange.EndingSequenceNumber === undefined
const startOf = (shard: Shard): bigint => BigInt(shard.HashKeyRange.StartingHashKey)
const endOf = (shard: Shard): bigint => BigInt(shard.HashKeyRange.EndingHashKey)

/** What clients rely on: open shards tile the ring, each child has one or two parents that end before it begins. */
function checkLineage(shards: readonly Shard[]): void {
  const byId = new Map(shards.map((shard) => [shard.ShardId, shard]))
  expect(shards.map(({ ShardId }) => ShardId)).toEqual([...byId.keys()].sort())
  let at = 0n
  for (const shard of shards.filter(isOpen).sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1))) {
    expect(startOf(shard)).toBe(at)
    at = endOf(shard) + 1n
  }
  expect(at).toBe(top + 1n)
  for (const shard of shards) {
    const parents = [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined)
    let covered = 0n
    for (const id of parents) {
      const parent = byId.get(id)
      if (parent === undefined) continue
      expect(id < shard.ShardId).toBe(true)
      const { EndingSequenceNumber } = parent.SequenceNumberRange
      expect(EndingSequenceNumber).toBeDefined()
      expect(BigInt(shard.SequenceNumberRange.StartingSequenceNumber)).toBeGreaterThan(
        BigInt(EndingSequenceNumber ?? '0'),
      )
      covered += endOf(parent) - startOf(parent) + 1n
      if (parents.length === 1) {
        expect(startOf(shard) >= startOf(parent) && endOf(shard) <= endOf(parent)).toBe(true)
      }
    }
    if (parents.length === 2 && parents.every((id) => byId.has(id))) {
      expect(covered).toBe(endOf(shard) - startOf(shard) + 1n)
    }
  }
}

test('a split gives a lower and an upper child, a merge one child of both; either order of neighbours will do', async () => {
  const kit = await openKit()
  await kit.call('CreateStream', { StreamName: 's', ShardCount: 2 })
  const split = { StreamName: 's', ShardToSplit: 'shardId-000000000000', NewStartingHashKey: '5' }
  expect(await kit.call('SplitShard', split)).toBeUndefined()
  const [first, second, lower, upper] = await list(kit)
  expect(first?.SequenceNumberRange.EndingSequenceNumber).toBeDefined()
  expect(lower).toMatchObject({
    ShardId: 'shardId-000000000002',
    ParentShardId: 'shardId-000000000000',
    HashKeyRange: { StartingHashKey: '0', EndingHashKey: '4' },
  })
  expect(upper).toMatchObject({
    ShardId: 'shardId-000000000003',
    ParentShardId: 'shardId-000000000000',
    HashKeyRange: { StartingHashKey: '5', EndingHashKey: first?.HashKeyRange.EndingHashKey },
  })
  expect(lower).not.toHaveProperty('AdjacentParentShardId')
  await kit.call('MergeShards', {
    StreamName: 's',
    ShardToMerge: second?.ShardId,
    AdjacentShardToMerge: upper?.ShardId,
  })
  expect((await list(kit)).at(-1)).toMatchObject({
    ShardId: 'shardId-000000000004',
    ParentShardId: 'shardId-000000000001',
    AdjacentParentShardId: 'shardId-000000000003',
    HashKeyRange: { StartingHashKey: '5', EndingHashKey: String(top) },
  })
  checkLineage(await list(kit))
})

test('what cannot be split or merged', async () => {
  const kit = await openKit({ limits: { shardsMax: 5 } })
  await kit.call('CreateStream', { StreamName: 's', ShardCount: 3 })
  const end = initialHashRanges(3)[0]?.end ?? 0n
  const split = (shard: string, at: bigint | string): Promise<string> =>
    kit.fault('SplitShard', { StreamName: 's', ShardToSplit: shard, NewStartingHashKey: String(at) })
  const merge = (a: string, b: string): Promise<string> =>
    kit.fault('MergeShards', { StreamName: 's', ShardToMerge: a, AdjacentShardToMerge: b })
  for (const at of [0n, 1n, end, end + 1n, top]) {
    expect(await split('shardId-0', at)).toContain(
      `InvalidArgumentException: NewStartingHashKey ${at} used in SplitShard() on shard shardId-000000000000 in stream s ` +
        "under account 123456789012 is not both greater than one plus the shard's StartingHashKey 0",
    )
  }
  expect(await split('shardId-9', 5n)).toBe(
    'ResourceNotFoundException: Could not find shard shardId-000000000009 in stream s under account 123456789012.',
  )
  for (const id of ['x', 'shardId-', 'shardId-1e3', 'a-b-0']) {
    expect(await split(id, 5n), id).toContain('ResourceNotFoundException')
  }
  expect(await split('shardId-0', '340282366920938463463374607431768211456')).toContain('InvalidArgument')
  expect(await merge('shardId-0', 'shardId-2')).toContain(
    'InvalidArgumentException: Shards shardId-000000000000 and shardId-000000000002 in stream s',
  )
  expect(await merge('shardId-0', 'shardId-0')).toContain('InvalidArgumentException')
  expect(await merge('shardId-0', 'shardId-9')).toContain('ResourceNotFoundException')
  expect(await split('shardId-0', 2n)).toBe('no error')
  expect(await split('shardId-0', 5n)).toContain('InvalidArgumentException')
  expect(await merge('shardId-0', 'shardId-1')).toContain('InvalidArgumentException')
  expect(await split('shardId-1', end + 1000n)).toBe('no error')
  expect(await split('shardId-2', top - 1000n)).toContain('LimitExceededException')
  await kit.call('UpdateStreamMode', {
    StreamARN: 'arn:aws:kinesis:eu-central-1:123456789012:stream/s',
    StreamModeDetails: { StreamMode: 'ON_DEMAND' },
  })
  expect(await split('shardId-2', top - 1000n)).toContain('ValidationException')
  expect(await merge('shardId-3', 'shardId-4')).toContain('ValidationException')
  const update = { StreamName: 's', TargetShardCount: 6, ScalingType: 'UNIFORM_SCALING' }
  expect(await kit.fault('UpdateShardCount', update)).toContain('ValidationException')
})

test('UpdateShardCount has its bounds, its quota by day, and leaves uniform shards', async () => {
  const kit = await openKit({ limits: { shardsMax: 14, shardCountUpdatesPerDay: 3 } })
  await kit.call('CreateStream', { StreamName: 's', ShardCount: 5 })
  const update = (target: number): Promise<string> =>
    kit.fault('UpdateShardCount', {
      StreamName: 's',
      TargetShardCount: target,
      ScalingType: 'UNIFORM_SCALING',
    })
  for (const target of [2, 11, 20_000]) expect(await update(target)).toContain('InvalidArgumentException')
  expect(
    await kit.call('UpdateShardCount', {
      StreamName: 's',
      TargetShardCount: 3,
      ScalingType: 'UNIFORM_SCALING',
    }),
  ).toEqual({
    StreamName: 's',
    StreamARN: 'arn:aws:kinesis:eu-central-1:123456789012:stream/s',
    CurrentShardCount: 5,
    TargetShardCount: 3,
  })
  const ranges = (await list(kit, { ShardFilter: { Type: 'AT_LATEST' } }))
    .map((shard) => ({ start: startOf(shard), end: endOf(shard) }))
    .sort((a, b) => (a.start < b.start ? -1 : 1))
  expect(ranges).toEqual(initialHashRanges(3))
  expect(await update(3), 'the same count is no change').toBe('no error')
  expect(await update(6)).toBe('no error')
  expect(await update(12)).toBe('no error')
  expect(await update(13)).toContain(
    'LimitExceededException: Stream s under account 123456789012 was updated 3 times',
  )
  await kit.clock.advance(24 * HOUR_MS)
  expect(await update(15)).toContain('LimitExceededException: This request would exceed the shard limit')
  expect(await update(14)).toBe('no error')
  checkLineage(await list(kit))
})

const acts = fc.oneof(
  fc.record({ act: fc.constant('split' as const), which: fc.nat(30), at: fc.bigInt({ min: 0n, max: top }) }),
  fc.record({ act: fc.constant('merge' as const), which: fc.nat(30) }),
  fc.record({ act: fc.constant('count' as const), target: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ act: fc.constant('wait' as const), hours: fc.integer({ min: 0, max: 30 }) }),
  fc.record({ act: fc.constant('reopen' as const) }),
)

test('after any sequence of splits, merges and counts the lineage is sound, and each filter lists what its definition says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(acts, { maxLength: 14 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: -5, max: 60 }),
      async (count, list1, pageSize, hoursAgo) => {
        const dir = testDirectory()
        const clock = new VirtualClock(startTime)
        let kit = await openKit({ dir, clock })
        await kit.call('CreateStream', { StreamName: 's', ShardCount: count })
        for (const act of list1) {
          const open = (await list(kit)).filter(isOpen).sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1))
          const chosen = 'which' in act ? open[act.which % open.length] : undefined
          if (act.act === 'split' && chosen !== undefined) {
            await kit.fault('SplitShard', {
              StreamName: 's',
              ShardToSplit: chosen.ShardId,
              NewStartingHashKey: String(startOf(chosen) + (act.at % (endOf(chosen) - startOf(chosen) + 1n))),
            })
          }
          if (act.act === 'merge' && chosen !== undefined && open.length > 1) {
            const next = open[(open.indexOf(chosen) + 1) % open.length]
            await kit.fault('MergeShards', {
              StreamName: 's',
              ShardToMerge: chosen.ShardId,
              AdjacentShardToMerge: next?.ShardId,
            })
          }
          if (act.act === 'count') {
            await kit.fault('UpdateShardCount', {
              StreamName: 's',
              TargetShardCount: act.target,
              ScalingType: 'UNIFORM_SCALING',
            })
          }
          if (act.act === 'wait') await clock.advance(act.hours * HOUR_MS)
          if (act.act === 'reopen') {
            await kit.close()
            kit = await openKit({ dir, clock })
          }
          checkLineage(await list(kit))
        }
        await checkFilters(kit, clock.now(), hoursAgo)
        await checkPages(kit, pageSize)
        await kit.close()
      },
    ),
    { numRuns: 60 },
  )
})

/** The definitions of the API reference, over what the store knows. */
async function checkFilters(kit: Kit, now: number, hoursAgo: number): Promise<void> {
  const info = kit.store.stream('s')!
  const horizon = Math.max(now - 24 * HOUR_MS, info.createdAt)
  const unexpired = info.shardInfos.filter(
    ({ closedAt }) => closedAt === undefined || closedAt >= now - 24 * HOUR_MS,
  )
  const openAt = (time: number) =>
    unexpired.filter(
      ({ createdAt, closedAt }) => createdAt <= time && (closedAt === undefined || closedAt >= time),
    )
  const asked = now - hoursAgo * HOUR_MS
  const time = Math.max(asked, horizon)
  const half = unexpired[Math.floor(unexpired.length / 2)]!.shard
  const id = (shard: number): string => `shardId-${String(shard).padStart(12, '0')}`
  const expected = {
    FROM_TRIM_HORIZON: unexpired,
    AT_TRIM_HORIZON: openAt(horizon),
    AT_LATEST: unexpired.filter(({ closedAt }) => closedAt === undefined),
    AFTER_SHARD_ID: unexpired.filter(({ shard }) => shard > half),
    AT_TIMESTAMP: openAt(time),
    FROM_TIMESTAMP: unexpired.filter(({ closedAt }) => closedAt === undefined || closedAt >= time),
  }
  for (const [type, shards] of Object.entries(expected)) {
    const filter = {
      Type: type,
      ...(type === 'AFTER_SHARD_ID' ? { ShardId: id(half) } : {}),
      ...(type.endsWith('TIMESTAMP') ? { Timestamp: new Date(asked) } : {}),
    }
    const listed = await list(kit, { ShardFilter: filter })
    expect(
      listed.map(({ ShardId }) => ShardId),
      `${type} ${hoursAgo} h ago`,
    ).toEqual(shards.map(({ shard }) => id(shard)))
  }
  const { StreamDescription } = await kit.call('DescribeStream', { StreamName: 's', Limit: 10_000 })
  expect(StreamDescription.Shards).toEqual(await list(kit))
}

async function checkPages(kit: Kit, size: number): Promise<void> {
  const filter = { ShardFilter: { Type: 'FROM_TRIM_HORIZON' } }
  const paged: Shard[] = []
  let page: Reply = await kit.call('ListShards', { StreamName: 's', MaxResults: size, ...filter })
  for (;;) {
    expect(page.Shards.length).toBeLessThanOrEqual(size)
    paged.push(...page.Shards)
    if (page.NextToken === undefined) break
    page = await kit.call('ListShards', { NextToken: page.NextToken, MaxResults: size })
  }
  expect(paged).toEqual(await list(kit))
}

test('tokens of pages carry the filter, expire after 300 s, and no other text is one', async () => {
  const kit = await openKit()
  await kit.call('CreateStream', { StreamName: 's', ShardCount: 4 })
  const first = await kit.call('ListShards', {
    StreamName: 's',
    MaxResults: 1,
    ShardFilter: { Type: 'AFTER_SHARD_ID', ShardId: 'shardId-000000000000' },
  })
  expect(first.Shards[0].ShardId).toBe('shardId-000000000001')
  const { NextToken } = first
  const rest = await kit.call('ListShards', { NextToken })
  expect(rest.Shards.map((shard: Shard) => shard.ShardId)).toEqual([
    'shardId-000000000002',
    'shardId-000000000003',
  ])
  for (const other of [
    { StreamName: 's' },
    { ExclusiveStartShardId: 'shardId-000000000000' },
    { StreamCreationTimestamp: new Date(startTime) },
  ]) {
    expect(await kit.fault('ListShards', { NextToken, ...other })).toContain('InvalidArgumentException')
  }
  const forged = Buffer.from(NextToken, 'base64url').toString().replace('AFTER_SHARD_ID', 'AFTER')
  const old = Buffer.from('[1,-1e300,"ListShards","",null,null,null]').toString('base64url')
  const deep = Buffer.from('['.repeat(700_000)).toString('base64url')
  const tokens = [
    'x',
    '[]',
    'bnVsbA',
    NextToken.slice(2),
    Buffer.from(forged).toString('base64url'),
    old,
    deep,
  ]
  for (const token of tokens) {
    expect(await kit.fault('ListShards', { NextToken: token }), token.slice(0, 80)).toContain(
      'InvalidArgumentException',
    )
  }
  expect(await kit.fault('ListStreams', { NextToken })).toContain('InvalidArgumentException')
  await kit.clock.advance(300_000)
  expect(await kit.fault('ListShards', { NextToken })).toBe('no error')
  await kit.clock.advance(1)
  expect(await kit.fault('ListShards', { NextToken })).toContain('ExpiredNextTokenException')
})

test('a filter has to have what its type needs, and a list the stream that it means', async () => {
  const kit = await openKit()
  await kit.call('CreateStream', { StreamName: 's', ShardCount: 1 })
  const fault = (input: object): Promise<string> => kit.fault('ListShards', { StreamName: 's', ...input })
  for (const filter of [
    { Type: 'AFTER_SHARD_ID' },
    { Type: 'AT_TIMESTAMP' },
    { Type: 'FROM_TIMESTAMP', ShardId: 'x', Timestamp: new Date(0) },
    { Type: 'AT_LATEST', Timestamp: new Date(0) },
  ]) {
    expect(await fault({ ShardFilter: filter })).toContain('InvalidArgumentException')
  }
  expect(await kit.fault('ListShards', {})).toBe(
    'InvalidArgumentException: Either NextToken or StreamName should be provided.',
  )
  expect(await fault({ StreamCreationTimestamp: new Date(startTime + 400) })).toBe('no error')
  expect(await fault({ StreamCreationTimestamp: new Date(startTime - 1000) })).toContain('ResourceNotFound')
})

test('closed shards are listed until their records have expired, and then are not there for any call', async () => {
  const kit = await openKit()
  await kit.call('CreateStream', { StreamName: 's', ShardCount: 1 })
  const split = { StreamName: 's', ShardToSplit: 'shardId-0', NewStartingHashKey: '1000' }
  await kit.call('SplitShard', split)
  await kit.clock.advance(24 * HOUR_MS)
  expect(await list(kit)).toHaveLength(3)
  await kit.clock.advance(1)
  const left = await list(kit)
  expect(left.map(({ ShardId }) => ShardId)).toEqual(['shardId-000000000001', 'shardId-000000000002'])
  expect(left[0]?.ParentShardId, 'a parent may have expired').toBe('shardId-000000000000')
  expect(await kit.fault('SplitShard', split)).toContain('ResourceNotFoundException')
  // A longer retention does not bring back what has expired.
  await kit.call('IncreaseStreamRetentionPeriod', { StreamName: 's', RetentionPeriodHours: 48 })
  expect(await list(kit)).toEqual(left)
})

const stepLaw = fc.record({
  start: fc.integer({ min: 1, max: 40 }),
  splits: fc.array(fc.record({ which: fc.nat(50), at: fc.bigInt({ min: 0n, max: top }) }), { maxLength: 10 }),
  target: fc.integer({ min: 1, max: 60 }),
})

test('every way to uniform shards ends after a few steps, whatever the shards were', () => {
  fc.assert(
    fc.property(stepLaw, ({ start, splits, target }) => {
      let open: OpenShard[] = initialHashRanges(start).map((range, shard) => ({ shard, range }))
      let next = start
      for (const { which, at } of splits) {
        const { shard, range } = open[which % open.length]!
        const border = range.start + (at % (range.end - range.start + 1n))
        if (border === range.start) continue
        open = open.flatMap((each) =>
          each.shard === shard
            ? [
                { shard: next++, range: { start: range.start, end: border - 1n } },
                { shard: next++, range: { start: border, end: range.end } },
              ]
            : [each],
        )
      }
      let steps = 0
      for (
        let step = nextUniformStep(open, target);
        step !== undefined;
        step = nextUniformStep(open, target)
      ) {
        const closed = new Set(step.close)
        for (const child of step.open)
          expect(child.parents.length === 1 || child.parents.length === 2).toBe(true)
        open = [
          ...open.filter(({ shard }) => !closed.has(shard)),
          ...step.open.map(({ range }) => ({ shard: next++, range })),
        ].sort((a, b) => (a.range.start < b.range.start ? -1 : 1))
        expect(++steps).toBeLessThan(9)
      }
      expect(open.map(({ range }) => range)).toEqual(initialHashRanges(target))
    }),
  )
})

/** Lets so many writes of the store pass and then fails, as if the process had ended there. */
function stoppingAfter(writes: number): { wrap: (store: Store) => Store; stopped: () => boolean } {
  let left = writes
  const wrap = (store: Store): Store =>
    new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          const isWrite = ['commit', 'reshard', 'deleteStream', 'defineStream'].includes(String(name))
          if (isWrite && left-- <= 0) throw new Error('stopped')
          return Reflect.apply(member, target, args)
        }
      },
    })
  return { wrap, stopped: () => left < 0 }
}

test('a stop between any two writes of UpdateShardCount leaves a stream that is uniform after the next start', async () => {
  for (const [from, to] of [
    [5, 3],
    [3, 5],
    [4, 8],
    [8, 4],
  ] as const) {
    for (let writes = 0; ; writes++) {
      const dir = testDirectory()
      const clock = new VirtualClock(startTime)
      let kit = await openKit({ dir, clock })
      await kit.call('CreateStream', { StreamName: 's', ShardCount: from })
      await kit.close()
      const { wrap, stopped } = stoppingAfter(writes)
      kit = await openKit({ dir, clock, wrap, limits: { statusMs: 100 } })
      const update = { StreamName: 's', TargetShardCount: to, ScalingType: 'UNIFORM_SCALING' }
      await kit
        .call('UpdateShardCount', update)
        .catch((error: Error) => expect(error.message).toBe('stopped'))
      const done = !stopped()
      await kit.close()
      kit = await openKit({ dir, clock })
      const open = kit.store.stream('s')?.shardInfos.filter(({ closedAt }) => closedAt === undefined)
      expect(open, 'made good before any call').toHaveLength(writes === 0 ? from : to)
      const shards = await list(kit)
      checkLineage(shards)
      // The first write notes the target; from then on the change is made good.
      expect(shards.filter(isOpen), `${writes} writes`).toHaveLength(writes === 0 ? from : to)
      await clock.advance(100)
      expect(await kit.fault('UpdateShardCount', update)).toBe('no error')
      checkLineage(await list(kit))
      await kit.close()
      if (done) break
    }
  }
})

test('a stop between any two writes of CreateStream and DeleteStream leaves a whole stream or none', async () => {
  for (const statusMs of [0, 100]) {
    for (let writes = 0; ; writes++) {
      const dir = testDirectory()
      const clock = new VirtualClock(startTime)
      const { wrap, stopped } = stoppingAfter(writes)
      const limits = { statusMs }
      const acknowledged: string[] = []
      // Opening makes the table, which is no write of those that are counted.
      let kit = await openKit({ dir, clock, wrap, limits })
      const survive = async (what: string, work: () => Promise<unknown>): Promise<void> => {
        try {
          await work()
          acknowledged.push(what)
        } catch (error) {
          expect((error as Error).message).toMatch(/stopped/)
        }
      }
      await survive('create', () =>
        kit.call('CreateStream', { StreamName: 's', ShardCount: 2, MaxRecordSizeInKiB: 2048 }),
      )
      if (acknowledged.includes('create')) {
        await clock.advance(statusMs)
        const arn = 'arn:aws:kinesis:eu-central-1:123456789012:stream/s'
        await survive('register', () =>
          kit.call('RegisterStreamConsumer', { StreamARN: arn, ConsumerName: 'c' }),
        )
        if (acknowledged.includes('register')) {
          await survive('delete', () =>
            kit.call('DeleteStream', { StreamName: 's', EnforceConsumerDeletion: true }),
          )
          await clock.advance(statusMs)
        }
      }
      const done = !stopped()
      await kit.close()
      kit = await openKit({ dir, clock, limits })
      await clock.advance(statusMs)
      const { StreamNames } = await kit.call('ListStreams', {})
      if (acknowledged.length === 2) expect([[], ['s']]).toContainEqual(StreamNames)
      if (acknowledged.length === 1) expect(StreamNames).toEqual(['s'])
      if (acknowledged.length === 3) expect(StreamNames).toEqual([])
      if (StreamNames.length === 1) {
        const { StreamDescriptionSummary } = await kit.call('DescribeStreamSummary', { StreamName: 's' })
        expect(StreamDescriptionSummary).toMatchObject({
          StreamStatus: 'ACTIVE',
          OpenShardCount: 2,
          MaxRecordSizeInKiB: 2048,
        })
      } else {
        expect(kit.store.streams()).toEqual([])
        expect(kit.store.table('system.kinesis')?.items, `${writes} writes`).toBe(0)
      }
      await kit.call('CreateStream', { StreamName: 'other', ShardCount: 1 })
      await kit.close()
      if (done) break
    }
  }
})
