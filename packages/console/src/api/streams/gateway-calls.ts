/** Calls of the gateway's own operations, so that limits, checks and metrics are those of every client. */

import { randomUUID } from 'node:crypto'
import { AdminProblem, type AdminRequest, defaultAccount, type StoreGateway } from '@millrace/gateway'

type Caller = NonNullable<AdminRequest['caller']>

/** Who may do everything: the gateway checks no signatures. */
const anybody: Caller = { keyId: 'anonymous', account: defaultAccount, authorize: () => {} }

export function callerOf({ caller }: AdminRequest): Caller {
  return caller ?? anybody
}

export function mustGateway(gateway: StoreGateway | undefined): StoreGateway {
  if (gateway !== undefined) return gateway
  throw new AdminProblem('GATEWAY_STARTING', 'The gateway is starting. Try again in a moment.', 503)
}

/** The reply's members, which are JSON. Errors: the WireError that a client would get. */
export async function callKinesis(
  gateway: StoreGateway,
  operation: 'PutRecord' | 'UpdateShardCount',
  input: object,
  request: AdminRequest,
): Promise<Readonly<Record<string, unknown>>> {
  const reply = await gateway.service.handle({
    operation,
    encoding: 'json',
    body: Buffer.from(JSON.stringify(input)),
    requestId: randomUUID(),
    signal: request.signal,
    authenticate: () => callerOf(request),
  })
  if (reply.kind !== 'value') throw new Error(`${operation} replied with ${reply.kind}`)
  // Members of an object by their names.
  return (reply.value ?? {}) as Readonly<Record<string, unknown>>
}
