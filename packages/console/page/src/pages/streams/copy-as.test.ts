import { expect, it } from 'vitest'
import { copyRecordAs, copyRecordsAs, copyTailAs } from './copy-as.ts'

const place = { origin: 'http://127.0.0.1:4567', region: 'eu-central-1', stream: 'orders' }
const record = { shardId: 'shardId-000000000003', sequenceNumber: '4968044318' }

const texts = (items: readonly { label: string; text: string }[]) =>
  Object.fromEntries(items.map(({ label, text }) => [label, text]))

/** The words that a shell makes of a command of plain letters, single quotes, and quotes behind a backslash. */
function words(command: string): string[] {
  const parts = command.match(/(?:'[^']*'|\\'|[^\s'\\])+/g) ?? []
  return parts.map((part) =>
    part.replaceAll(/'([^']*)'|\\'/g, (all, quoted: string | undefined) =>
      all === "\\'" ? "'" : (quoted ?? ''),
    ),
  )
}

it('a record is named by its sequence number in each of them, at the running address', () => {
  const copied = texts(copyRecordAs(place, record))
  expect(copied['millrace stream read']).toBe(
    'millrace stream read orders --from 4968044318 --limit 1 --json',
  )
  expect(copied.curl).toBe(
    "curl -s 'http://127.0.0.1:4567/admin/streams/record?stream=orders&sequenceNumber=4968044318'",
  )
  expect(copied['aws kinesis get-records']).toContain(
    '--endpoint-url http://127.0.0.1:4567 --region eu-central-1',
  )
  expect(copied['aws kinesis get-records']).toContain(
    '--shard-id shardId-000000000003 --shard-iterator-type AT_SEQUENCE_NUMBER --starting-sequence-number 4968044318',
  )
  expect(copied['SDK v3 (TypeScript)']).toContain("StartingSequenceNumber: '4968044318'")
})

it('a shell gets places and filters back as they were written, whatever is in them', () => {
  const filter = { key: 'a*', where: "$.name = 'O''Brien' and $.n > 1", text: '$(rm -rf ~) `x` "q" \\' }
  const options = { at: '5 minutes ago', filter, shardId: record.shardId }
  const copied = texts(copyRecordsAs(place, options))
  expect(words(copied['millrace stream read'] ?? '')).toEqual([
    'millrace',
    'stream',
    'read',
    'orders',
    '--from',
    '5 minutes ago',
    '--key',
    'a*',
    '--where',
    filter.where,
    '--text',
    filter.text,
    '--json',
  ])
  const [, , url = ''] = words(copied.curl ?? '')
  expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
    stream: 'orders',
    at: '5 minutes ago',
    ...filter,
  })
})

it('a tail begins at the end', () => {
  const copied = texts(copyTailAs(place, {}, record.shardId))
  expect(copied['millrace stream read']).toBe('millrace stream read orders --from latest --follow --json')
  expect(copied.curl).toBe("curl -sN 'http://127.0.0.1:4567/admin/streams/tail?stream=orders'")
  expect(copied['SDK v3 (TypeScript)']).toContain("ShardIteratorType: 'LATEST'")
})
