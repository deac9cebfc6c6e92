/** Logs recorded of servers that tests need not have, and forms of them that older servers write, decode to what the servers held. */
import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { checksumBytes, eventType, headerBytes } from '../binlog/event-header.ts'
import { decodeAll, eventLines, readRecorded, recordedLogs } from './testing/recorded-log.ts'

/** The same event with another type or body. */
function rewritten(event: Buffer, type: number, body: Buffer): Buffer {
  const whole = Buffer.concat([event.subarray(0, headerBytes), body, Buffer.alloc(checksumBytes)])
  whole[4] = type
  whole.writeUInt32LE(whole.length, 9)
  whole.writeUInt32LE(crc32(whole.subarray(0, -checksumBytes)), whole.length - checksumBytes)
  return whole
}

const bodyOf = (event: Buffer) => event.subarray(headerBytes, event.length - checksumBytes)

describe.each(recordedLogs)('a recorded log of $name', (recorded) => {
  const events = readRecorded(recorded)
  const { family } = recorded
  const golden = readFileSync(
    new URL(`./testing/recorded/${recorded.file}.golden.txt`, import.meta.url),
    'utf8',
  )
    .trimEnd()
    .split('\n')

  it('decodes to the rows that the server had', async () => {
    const { events: given, statements } = await decodeAll(family, events)
    expect([...eventLines(given), ...statements]).toEqual(golden)
  })

  it('decodes to the same without GTIDs, as servers without them write it', async () => {
    const gtids: readonly number[] = [
      eventType.gtid,
      eventType.gtidTagged,
      eventType.mariadbGtid,
      eventType.previousGtids,
      eventType.mariadbGtidList,
    ]
    // MariaDB's GTID stands for BEGIN; without it the rows begin the transaction.
    const without = events.filter((event) => !gtids.includes(event[4]!))
    const { events: given, position } = await decodeAll(family, without)
    const strip = (line: string) => line.replace(/"[^"]*"\]$/, '')
    expect(eventLines(given).map(strip)).toEqual(golden.slice(0, given.length).map(strip))
    expect(given[0]?.transaction?.id).toMatch(/^log\.000001:\d+$/)
    expect(position.gtids).toBeUndefined()
  })

  it('decodes to the same with rows of version 1', async () => {
    const versions = new Map<number, number>([
      [eventType.writeRows, eventType.writeRowsV1],
      [eventType.updateRows, eventType.updateRowsV1],
      [eventType.deleteRows, eventType.deleteRowsV1],
    ])
    let count = 0
    const old = events.map((event) => {
      const version = versions.get(event[4]!)
      if (version === undefined) return event
      count++
      const body = bodyOf(event)
      const extraBytes = body.readUInt16LE(8)
      return rewritten(event, version, Buffer.concat([body.subarray(0, 8), body.subarray(8 + extraBytes)]))
    })
    // MariaDB writes that version itself.
    expect(count > 0).toBe(family === 'mysql')
    const { events: given } = await decodeAll(family, old)
    expect(eventLines(given)).toEqual(golden.slice(0, given.length))
  })

  it('ends at the end of the file, with the transactions of it behind', async () => {
    const { position } = await decodeAll(family, events)
    // The last event says which file comes next.
    expect(position.offset).toBe(4)
    expect(position.file).not.toBe('log.000001')
    expect(position.gtids).toMatch(family === 'mysql' ? /^[0-9a-f-]{36}:\d+-\d+:tag_a:1$/ : /^0-78-\d+$/)
  })
})

describe('a compressed transaction', () => {
  it('is charged to batches by what it unpacks to, so that they stay small', async () => {
    const events = readRecorded(recordedLogs[0]!)
    const packed = events.filter((event) => event[4] === eventType.transactionPayload)
    expect(packed).toHaveLength(1)
    const { unpackedBytes } = await decodeAll('mysql', events)
    // A thousand characters of each of two rows, which take no room when packed.
    expect(unpackedBytes).toBeGreaterThan(2000 + packed[0]!.length)
  })
})

describe('what is not read', () => {
  const recorded = recordedLogs[0]!
  const events = readRecorded(recorded)

  it('is refused with what to switch off: parts of JSON values', async () => {
    const updates = events.map((event) =>
      event[4] === eventType.updateRows
        ? rewritten(event, eventType.partialUpdateRows, bodyOf(event))
        : event,
    )
    await expect(decodeAll('mysql', updates)).rejects.toThrow(
      /CDC_LOG_UNSUPPORTED .*rec\.types.*SET GLOBAL binlog_row_value_options = ''/,
    )
  })

  it('is refused where a later server has events that must not be left out', async () => {
    const strange = rewritten(events[2]!, 99, Buffer.from([1, 2, 3]))
    await expect(decodeAll('mysql', [...events.slice(0, 2), strange])).rejects.toThrow(
      /CDC_LOG_UNSUPPORTED .*type 99 at log\.000001:/,
    )
    strange.writeUInt16LE(0x80, 17)
    const ignorable = rewritten(strange, 99, Buffer.from([1, 2, 3]))
    await expect(decodeAll('mysql', [...events.slice(0, 2), ignorable])).resolves.toBeDefined()
  })

  it('is an incident: the tables have to be loaded again', async () => {
    const incident = rewritten(events[2]!, eventType.incident, Buffer.from([1, 0, 0]))
    await expect(decodeAll('mysql', [...events.slice(0, 2), incident])).rejects.toThrow(/CDC_POSITION_LOST/)
  })
})
