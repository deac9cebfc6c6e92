/**
 * The board's side: computes the output of every racer. It asks a slow service about each message (played by a pause),
 * so it manages only so many a second, for each shard; shards are worked on side by side.
 *
 * A consumer of a stream gets each record at least once: messages that it has counted before are left out.
 */
import { awsStream, type Clock, directoryLeases, KinesisConsumer, type UserRecord } from 'millrace'
import { outputOf, type RaceMessage } from './race-message.ts'

export interface RaceConsumerOptions {
  readonly url: string
  readonly clock: Clock
  readonly stream: string
  /** Where the consumer keeps who reads which shard, and how far it has come. */
  readonly leasesDir: string
  /** Messages a second, for each shard. */
  readonly speed: number
  readonly onProblem: (message: string) => void
}

export class RaceConsumer {
  /** Output so far, by racer. */
  readonly board = new Map<string, number>()
  readonly #counted = new Set<string>()
  readonly #consumer: KinesisConsumer
  readonly #close: () => Promise<void>

  constructor({ url, clock, stream: name, leasesDir, speed, onProblem }: RaceConsumerOptions) {
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
    const stream = awsStream({ stream: name, endpoint: url, region: 'us-east-1', credentials, clock })
    const leases = directoryLeases(leasesDir)
    this.#consumer = new KinesisConsumer({
      stream,
      leases,
      clock,
      batchSize: 500,
      processRecords: async (records) => {
        await clock.sleep((records.length / speed) * 1000)
        for (const record of records) this.#count(record)
      },
      onProblem: ({ message }) => onProblem(message),
    })
    this.#close = async () => {
      await stream.close()
      await leases.close()
    }
  }

  /** Messages counted. */
  get counted(): number {
    return this.#counted.size
  }

  get shards(): readonly string[] {
    return this.#consumer.shards
  }

  start(): Promise<void> {
    return this.#consumer.start()
  }

  async stop(): Promise<void> {
    await this.#consumer.stop()
    await this.#close()
  }

  #count({ data }: UserRecord): void {
    // The only producer of the stream writes such messages.
    const message = JSON.parse(Buffer.from(data).toString()) as RaceMessage
    const { racerId, second } = message
    const id = `${racerId}/${second}`
    if (this.#counted.has(id)) return
    this.#counted.add(id)
    this.board.set(racerId, (this.board.get(racerId) ?? 0) + outputOf(message))
  }
}
