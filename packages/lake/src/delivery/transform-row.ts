/** A row as a function sees it. */
export interface TransformRow {
  readonly recordId: string
  readonly arrivedAt: number
  readonly data: Uint8Array
  /** Of rows of a Kinesis source. */
  readonly kinesis:
    | {
        readonly sequenceNumber: string
        readonly subsequenceNumber: number
        readonly partitionKey: string
        readonly shardId: string
      }
    | undefined
}
