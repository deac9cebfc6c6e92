/**
 * The racers' side: each second one message of every racer, put in calls of 500. The devices report on the second, and
 * the network brings their messages up to 200 ms late. What a shard refuses is put again after a while, until it is taken.
 */
import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import type { Clock, Random } from 'millrace'
import { messageOf, type RaceMessage } from './race-message.ts'

const callRecordsMax = 500
const lateMaxMs = 200
const retryAfterMs = 100

export interface RaceProducerOptions {
  readonly client: KinesisClient
  readonly clock: Clock
  readonly random: Random
  readonly stream: string
  readonly racers: number
  readonly seconds: number
  readonly key: 'racerId' | 'raceId'
}

export class RaceProducer {
  readonly #options: RaceProducerOptions
  /** For each message, from the time it was due until a shard took it; by the second in which it was due. */
  readonly waits: number[][] = []

  constructor(options: RaceProducerOptions) {
    this.#options = options
  }

  /** Resolves when every message of the race is in the stream. */
  async run(): Promise<void> {
    const { clock, random, racers, seconds } = this.#options
    const startMs = clock.now()
    const puts: Promise<void>[] = []
    for (let second = 0; second < seconds; second++) {
      await clock.sleep(startMs + second * 1000 + random.next() * lateMaxMs - clock.now())
      const messages = Array.from({ length: racers }, (_, racer) => messageOf(racer, second, startMs))
      for (let at = 0; at < racers; at += callRecordsMax)
        puts.push(this.#put(messages.slice(at, at + callRecordsMax)))
    }
    await Promise.all(puts)
  }

  async #put(messages: readonly RaceMessage[]): Promise<void> {
    const { client, clock, random, stream, key } = this.#options
    const dueAt = clock.now()
    const second = messages[0]?.second ?? 0
    this.waits[second] ??= []
    const waits = this.waits[second]
    for (let rest = messages; rest.length > 0; ) {
      const Records = rest.map((message) => ({
        PartitionKey: message[key],
        Data: Buffer.from(JSON.stringify(message)),
      }))
      const { Records: results = [] } = await client.send(
        new PutRecordsCommand({ StreamName: stream, Records }),
      )
      const refused = rest.filter((_, i) => results[i]?.ErrorCode !== undefined)
      const wait = clock.now() - dueAt
      for (let taken = rest.length - refused.length; taken > 0; taken--) waits.push(wait)
      rest = refused
      if (rest.length > 0) await clock.sleep(retryAfterMs * (0.5 + random.next()))
    }
  }
}
