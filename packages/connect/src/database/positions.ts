/**
 * How far the records of a stage came, kept in a table of the database that they are written into: a row for each lane, changed in
 * the transaction that writes the lane's records. So a record is written exactly once, whenever a process is killed, however
 * often a batch is tried.
 *
 * What identifies progress. A row belongs to a stream's uid (no other data directory has it, nor a stream made later under the same
 * name), a stage, a shard, and a lane of so many. Records of a lane come in the order of their sequences, and those of a call that
 * failed before any later ones, so everything up to `position` has been written, but for the sequences in `refused`: those are bad
 * rows, which the stage sets aside as dead letters in its own commit, after ours. If it is killed in between they come again, and
 * are tried again.
 *
 * When the stage has another number of lanes than before, what was not committed comes dealt anew. So the rows of other numbers of
 * lanes are asked as well: whether a record's lane of then had come so far. Redriven dead letters have a stream of their own,
 * and therefore rows of their own. Shards that follow others have new numbers.
 *
 * A row is locked first of all. If a process was killed while the database still commits for it, the next one waits for that. The rows
 * of other numbers of lanes are locked and read once in a process, since nobody writes them any more.
 *
 * A data directory that was restored from a copy has a history that parts from the rows here: its new records would be taken for
 * written ones. Arrival times do not decrease along a shard, so a record at or below the position that arrived later than the one
 * at the position is of another history, and refused for all (SINK_POSITIONS).
 */
import type { FunctionContext, StreamRecord } from '@millrace/runtime'
import { laneOf } from '@millrace/runtime'
import { ConnectError } from '../errors.ts'
import type { SqlDialect, SqlSession } from './sql-dialect.ts'

interface Progress {
  readonly lanes: number
  readonly lane: number
  readonly position: number
  /** When the record at the position arrived, ms. */
  readonly arrived: number
  readonly refused: ReadonlySet<number>
}

/** What a batch finds. */
export interface LockedProgress {
  /** By index of the call's records: written before. */
  isWritten(index: number): boolean
  /** In the transaction that wrote the others. `refused`: indexes of records that were not written. */
  move(refused: ReadonlySet<number>): Promise<void>
}

const columns = [
  'uid',
  'stage',
  'shard',
  'lanes',
  'lane',
  'position',
  'arrived',
  'refused',
  'stream',
] as const

export class Positions {
  readonly #dialect: SqlDialect
  /** As statements name it. */
  readonly #table: string
  #isMade = false
  /** Of other numbers of lanes, by stream, stage and shard, and the number of now. */
  readonly #others = new Map<string, readonly Progress[]>()

  constructor(dialect: SqlDialect, table: string) {
    this.#dialect = dialect
    this.#table = table
  }

  /** Before the transaction: makes the table, where it is missing. The account need not be allowed to where it is there. */
  async prepare(session: SqlSession): Promise<void> {
    if (this.#isMade) return
    const look = () => session.rows(`SELECT uid FROM ${this.#table} WHERE 1 = 0`)
    try {
      await look()
    } catch (error) {
      if (this.#dialect.failureOf(error).kind !== 'changed') throw error
      // Where two do so at once, Postgres lets one of them fail, and the table is there.
      await session.run(this.#dialect.createPositions(this.#table)).catch(async (failure: unknown) => {
        await look().catch(() => {
          throw failure
        })
      })
    }
    this.#isMade = true
  }

  /** In a transaction, before all else. */
  async lock(
    session: SqlSession,
    records: readonly StreamRecord[],
    { stage, log }: Pick<FunctionContext, 'stage' | 'log'>,
  ): Promise<LockedProgress> {
    const { uid, stream, shard, lanes, lane, sequences } = log
    const place = [uid, stage, String(shard)]
    const key = [...place, String(lanes), String(lane)]
    const read = async () => {
      const rows = await session.rows(
        `SELECT lanes, lane, position, arrived, refused FROM ${this.#table} WHERE ${this.#where(columns.slice(0, 5))} FOR UPDATE`,
        key,
      )
      return rows[0]
    }
    let row = await read()
    if (row === undefined) {
      const insert = this.#dialect.insertIfMissing(this.#table, columns)
      await session.run(insert, [...key, '-1', '0', '', stream])
      row = await read()
    }
    if (row === undefined)
      throw new ConnectError('SINK_POSITIONS', `${this.#table} does not keep the row of ${key.join(', ')}.`)
    const own = progressOf(row)
    const others = await this.#othersOf(session, place, lanes)
    return {
      isWritten: (index) => {
        const [record, sequence] = [records[index]!, sequences[index]!]
        if (hasWritten(own, sequence)) {
          this.#refuseOtherHistory(own, record, stage, log)
          return true
        }
        if (others.length === 0) return false
        const bytes = Buffer.from(record.partitionKey)
        return others.some(
          (other) =>
            hasWritten(other, sequence) && laneOf(bytes, 0, bytes.length, other.lanes) === other.lane,
        )
      },
      move: async (refused) => {
        const last = sequences.length - 1
        const position = Math.max(own.position, sequences[last] ?? -1)
        const arrived = position === own.position ? own.arrived : Math.floor(records[last]!.arrivalTimeMs)
        // What is below the first record is settled in our store: it comes no more.
        const kept = (sequences[0] ?? 0) > own.position ? new Set<number>() : new Set(own.refused)
        for (const [index, sequence] of sequences.entries()) {
          if (refused.has(index)) kept.add(sequence)
          else kept.delete(sequence)
        }
        const values = [String(position), String(arrived), [...kept].join(','), ...key]
        const sets = ['position', 'arrived', 'refused'].map(
          (column, i) => `${this.#dialect.identifier(column)} = ${this.#dialect.placeholder(i)}`,
        )
        await session.run(
          `UPDATE ${this.#table} SET ${sets.join(', ')} WHERE ${this.#where(columns.slice(0, 5), 3)}`,
          values,
        )
      },
    }
  }

  async #othersOf(
    session: SqlSession,
    place: readonly string[],
    lanes: number,
  ): Promise<readonly Progress[]> {
    const name = JSON.stringify([...place, lanes])
    let others = this.#others.get(name)
    if (others === undefined) {
      const rows = await session.rows(
        `SELECT lanes, lane, position, arrived, refused FROM ${this.#table}
         WHERE ${this.#where(columns.slice(0, 3))} AND lanes <> ${this.#dialect.placeholder(3)} FOR UPDATE`,
        [...place, String(lanes)],
      )
      others = rows.map(progressOf)
      this.#others.set(name, others)
    }
    return others
  }

  #where(names: readonly string[], from = 0): string {
    const { identifier, placeholder } = this.#dialect
    return names.map((name, i) => `${identifier(name)} = ${placeholder(from + i)}`).join(' AND ')
  }

  #refuseOtherHistory(
    { arrived, position }: Progress,
    record: StreamRecord,
    stage: string,
    { stream, uid, shard }: FunctionContext['log'],
  ): void {
    // Redriven records stand in a log whose order is not that of their arrival.
    if (stream !== record.stream || Math.floor(record.arrivalTimeMs) <= arrived) return
    throw new ConnectError(
      'SINK_POSITIONS',
      `${this.#table} says that stage "${stage}" has written shard ${shard} of stream "${stream}" up to sequence ${position}, which arrived at ${new Date(arrived).toISOString()}; ` +
        `but sequence ${record.sequence} arrived at ${new Date(record.arrivalTimeMs).toISOString()}. So the positions are of another history of this stream: ` +
        `the data directory was put back from a copy. If what is in the database may stay, and the stream is to go on, delete the rows with uid '${uid}' there.`,
    )
  }
}

function hasWritten({ position, refused }: Progress, sequence: number): boolean {
  return sequence <= position && !refused.has(sequence)
}

function progressOf(row: readonly (string | null)[]): Progress {
  const [lanes, lane, position, arrived, refused] = row
  return {
    lanes: Number(lanes),
    lane: Number(lane),
    position: Number(position),
    arrived: Number(arrived),
    refused: new Set(
      (refused ?? '')
        .split(',')
        .filter((text) => text !== '')
        .map(Number),
    ),
  }
}
