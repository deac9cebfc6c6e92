import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineages } from '../testing/lineages.ts'
import { formatChangeShardId, parseChangeShardId } from './change-shard-id.ts'

test('shard ids of change streams have 28 to 65 characters and lead back to their shard, and no others do', () => {
  fc.assert(
    fc.property(lineages, (stream) => {
      const ids = stream.shardInfos.map(({ shard }) => formatChangeShardId(stream, shard))
      expect(new Set(ids).size).toBe(ids.length)
      for (const [shard, id] of ids.entries()) {
        expect(id).toMatch(/^[a-zA-Z0-9-]{28,65}$/)
        expect(parseChangeShardId(id, stream)).toBe(shard)
        expect(parseChangeShardId(`${id}0`, stream)).toBeUndefined()
        expect(parseChangeShardId(id.replace('-0', '-1'), stream)).toBeUndefined()
      }
      const past = formatChangeShardId(stream, 0).replace(/.{8}$/, 'ffffffff')
      expect(parseChangeShardId(past, stream)).toBeUndefined()
      expect(parseChangeShardId('shardId-000000000000', stream)).toBeUndefined()
    }),
  )
})
