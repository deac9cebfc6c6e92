/**
 * An error as clients of the wire see it: a type that their libraries act on, and a sentence for people. Types and texts
 * are the services' own (spec: error tables of the API references), so they carry no code of ours.
 */
export class WireError extends Error {
  override readonly name = 'WireError'
  /** For example ResourceNotFoundException. */
  readonly type: string
  /** HTTP status: 400 for every fault of the client, unless the protocol says otherwise. */
  readonly status: number
  /** What the error's body says beside type and text. */
  readonly members: Readonly<Record<string, unknown>> | undefined

  constructor(
    type: string,
    message: string,
    options: { status?: number; cause?: unknown; members?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.type = type
    this.status = options.status ?? 400
    this.members = options.members
  }
}
