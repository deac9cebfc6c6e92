/** The race, at a real endpoint under virtual time: trouble on one shard, and what cures it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testGateway } from 'millrace/testing'
import { expect, test } from 'vitest'
import { type RaceOptions, type RaceResult, race } from './race.ts'
import { messageOf, outputOf } from './race-message.ts'

interface Raced extends RaceResult {
  readonly alarms: readonly string[]
}

const racers = 1000

async function runRace(options: Pick<RaceOptions, 'key' | 'seconds' | 'shards'>): Promise<Raced> {
  const leasesDir = mkdtempSync(join(tmpdir(), 'millrace-race-'))
  const alarms: string[] = []
  await using endpoint = await testGateway({
    limits: 'aws',
    alarms: join(import.meta.dirname, 'alarms.json'),
    onAlarm: (line) => alarms.push(line),
  })
  const { url, clock } = endpoint
  // The minute in which the race begins is over when it has recovered: alarms are decided by whole minutes.
  await endpoint.advance(20_000)
  try {
    let isOver = false
    const racing = race({
      url,
      clock,
      leasesDir,
      print: () => {},
      racers,
      speed: 800,
      ...options,
    }).finally(() => {
      isOver = true
    })
    racing.catch(() => {})
    while (!isOver) await endpoint.advance(500)
    const result = await racing
    // The minute of the last message, and one without any.
    await endpoint.advance(120_000)
    return { ...result, alarms }
  } finally {
    rmSync(leasesDir, { recursive: true, force: true })
  }
}

/** The board as it must be, from the messages alone. */
function boardOf(seconds: number): Map<string, number> {
  const board = new Map<string, number>()
  for (let second = 0; second < seconds; second++) {
    for (let racer = 0; racer < racers; racer++) {
      const message = messageOf(racer, second, 0)
      board.set(message.racerId, (board.get(message.racerId) ?? 0) + outputOf(message))
    }
  }
  return board
}

function expectSameBoard(board: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): void {
  expect(board.size).toBe(expected.size)
  for (const [racerId, output] of expected) expect(board.get(racerId)).toBeCloseTo(output, 6)
}

test('one shard is too few for a race by racer; a second one while it runs cures it, and nothing is lost', async () => {
  const seconds = 60
  const { before, after, board, alarms } = await runRace({ key: 'racerId', seconds, shards: 2 })
  expectSameBoard(board, boardOf(seconds))

  expect(before.shards.size).toBe(1)
  expect(before.refused).toBeGreaterThan(100)
  expect(before.iteratorAgeMs).toBeGreaterThan(2000)
  expect(before.takenAfterMs).toBeGreaterThan(0)

  expect(after.shards.size).toBe(2)
  expect(after.refused).toBe(0)
  expect(after.iteratorAgeMs).toBeLessThan(1000)
  for (const { taken } of after.shards.values()) {
    expect(taken / after.seconds).toBeGreaterThan(400)
    expect(taken / after.seconds).toBeLessThan(600)
  }

  const states = (name: string) =>
    alarms.filter((line) => line.includes(name)).map((line) => line.split(' ')[0])
  expect(states('results-are-late')).toEqual(['ALARM', 'OK'])
  expect(states('racers-are-throttled')).toEqual(['ALARM', 'OK'])
})

test('a race by race id stays on one shard, so a second one cures nothing', async () => {
  const seconds = 15
  const { before, after, board } = await runRace({ key: 'raceId', seconds, shards: 2 })
  expectSameBoard(board, boardOf(seconds))
  expect(before.refused).toBeGreaterThan(30)
  expect(after.shards.size).toBe(1)
  expect(after.refused).toBeGreaterThan(30)
  expect(after.iteratorAgeMs).toBeGreaterThan(before.iteratorAgeMs)
})
