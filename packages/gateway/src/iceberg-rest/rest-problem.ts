/** Faults as clients of the REST catalog protocol read them: `{"error": {"message", "type", "code"}}`, where code is the HTTP status. */
import type { RouteReply } from '../http/routes.ts'

export class RestProblem extends Error {
  override readonly name = 'RestProblem'
  readonly status: number
  /** The protocol's own names, which client libraries turn into their exceptions. */
  readonly type: string

  constructor(status: number, type: string, message: string) {
    super(message)
    this.status = status
    this.type = type
  }
}

export function badRequest(message: string): RestProblem {
  return new RestProblem(400, 'BadRequestException', message)
}

export function unsupported(message: string): RestProblem {
  return new RestProblem(406, 'UnsupportedOperationException', message)
}

/** By code, as errors of the lake are told apart. */
const typesByCode: Readonly<Record<string, readonly [number, string]>> = {
  NAMESPACE_EXISTS: [409, 'AlreadyExistsException'],
  NAMESPACE_MISSING: [404, 'NoSuchNamespaceException'],
  NAMESPACE_NOT_EMPTY: [409, 'NamespaceNotEmptyException'],
  ICEBERG_TABLE_EXISTS: [409, 'AlreadyExistsException'],
  ICEBERG_TABLE_MISSING: [404, 'NoSuchTableException'],
  ICEBERG_NAME_INVALID: [400, 'BadRequestException'],
  ICEBERG_RENAME_UNSUPPORTED: [406, 'UnsupportedOperationException'],
  ICEBERG_SCHEMA_INVALID: [400, 'BadRequestException'],
  ICEBERG_PARTITION_INVALID: [400, 'BadRequestException'],
  ICEBERG_VERSION_UNSUPPORTED: [400, 'BadRequestException'],
  ICEBERG_NUMBER_TOO_LARGE: [400, 'BadRequestException'],
  TABLE_CATALOG_FAILED: [400, 'BadRequestException'],
  COMMIT_INVALID: [400, 'BadRequestException'],
  COMMIT_CONFLICT: [409, 'CommitFailedException'],
  COMMIT_UNKNOWN: [500, 'CommitStateUnknownException'],
}

/** Undefined: a fault of ours. */
export function problemOf(error: unknown): RestProblem | undefined {
  if (error instanceof RestProblem) return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const known = typeof code === 'string' ? typesByCode[code] : undefined
  return known === undefined || !(error instanceof Error)
    ? undefined
    : new RestProblem(...known, error.message)
}

export function problemReply({ status, type, message }: RestProblem): RouteReply {
  return jsonReply({ error: { message, type, code: status } }, status)
}

export function jsonReply(value: unknown, status = 200): RouteReply {
  return { status, contentType: 'application/json', body: JSON.stringify(value) }
}

export const emptyReply: RouteReply = { status: 204, contentType: 'application/json', body: '' }
