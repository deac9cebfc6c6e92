/**
 * The port between the black-box cases and the client libraries that run them. A case speaks in one form, whatever the
 * client: blobs are Uint8Array, timestamps are Date, absent members are absent. An adapter converts to what its library
 * takes and back from what it gives.
 */
export type Members = Readonly<Record<string, unknown>>

/**
 * Who signs. owner: may do everything. denied: a key whose policy allows nothing. unknown: a key that the server has not.
 * wrong: the owner's id with another secret. nobody: no signature at all (raw clients only).
 */
export type Signer = 'owner' | 'denied' | 'unknown' | 'wrong' | 'nobody'

export interface Credentials {
  readonly id: string
  readonly secret: string
}

export interface BlackboxClient {
  /** Name and version, as the compatibility table shows them. */
  readonly title: string
  /**
   * plain: sends any input as it is, well-formed or not, with or without a signature.
   * library: a vendor's client; inputs have the types that its model asks for.
   */
  readonly kind: 'plain' | 'library'
  /** Why the client cannot make this call at all; undefined: it can. */
  lacks(operation: string): string | undefined
  /** Rejects with a ClientFault for an error that the server has answered. */
  call(operation: string, input: Members, signer: Signer): Promise<Members>
  /** The first events of a subscription, until they hold `records` records or the subscription ends. */
  subscribe(input: Members, signer: Signer, records: number): Promise<readonly Members[]>
  close(): Promise<void>
}

/** An error of the server as the client library has shown it. */
export class ClientFault extends Error {
  override readonly name = 'ClientFault'
  readonly type: string
  readonly status: number
  /** The library has a class of its own for this error, or a way to catch it by name. */
  readonly isModelled: boolean

  constructor(type: string, message: string, options: { status: number; isModelled: boolean }) {
    super(message)
    this.type = type
    this.status = options.status
    this.isModelled = options.isModelled
  }
}

const timestamps = new Set([
  'ApproximateArrivalTimestamp',
  'ConsumerCreationTimestamp',
  'EarliestAllowedEndAt',
  'EndedAt',
  'StartedAt',
  'StreamCreationTimestamp',
])

/**
 * A reply in JSON as the cases want it. Only these members are blobs or timestamps in replies of the API; a timestamp is
 * epoch seconds, or text where the client prints for people.
 */
export function fromJson(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => fromJson(item, name))
  if (name === 'Data' && typeof value === 'string') return new Uint8Array(Buffer.from(value, 'base64'))
  if (timestamps.has(name))
    return typeof value === 'number' ? new Date(value * 1000) : new Date(String(value))
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date)
    return value
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined)
  return Object.fromEntries(members.map(([key, member]) => [key, fromJson(member, key)]))
}
