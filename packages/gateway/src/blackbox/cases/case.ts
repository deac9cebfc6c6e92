/**
 * A case of the black-box tests: one call of one operation, what has to be there before, and how it has to end. Cases know
 * the API as its documents state it and nothing of the code behind; every client runs every case that it can express.
 */
import type { Members, Signer } from '../client.ts'
import type { World } from './world.ts'

export interface BlackboxCase {
  readonly operation: string
  /** Completes "<operation> ..." or "<operation> fails ...". */
  readonly name: string
  /** The type of the error that the call ends with; absent: it succeeds. */
  readonly error?: string
  /** The server's text, where clients show or parse it. */
  readonly message?: RegExp
  /** Default owner. */
  readonly signer?: Signer
  /** Only for clients that send what no library would. */
  readonly isPlain?: boolean
  /** Prepares what the call needs (through another client) and gives its input. */
  input(world: World): Members | Promise<Members>
  /** SubscribeToShard: the records to wait for. */
  readonly records?: number
  /** Looks at the output (of SubscribeToShard: {Events}) and at what the call left behind. */
  check?(output: Members, world: World, input: Members): void | Promise<void>
}

/** A case that a call with this input succeeds, by the stream's name and by its ARN. */
export function byNameAndArn(
  operation: string,
  what: string,
  options: {
    readonly stream?: Members
    rest(world: World, stream: string): Members | Promise<Members>
    check?(output: Members, world: World, stream: string): void | Promise<void>
  },
): BlackboxCase[] {
  return (['name', 'ARN'] as const).map((by) => {
    let stream: string
    return {
      operation,
      name: `${what}, by ${by}`,
      async input(world: World) {
        stream = await world.stream(options.stream)
        const target = by === 'name' ? { StreamName: stream } : { StreamARN: world.arn(stream) }
        return { ...target, ...(await options.rest(world, stream)) }
      },
      check: (output: Members, world: World) => options.check?.(output, world, stream),
    }
  })
}
