/**
 * The protocol's token endpoint (OAuth 2, RFC 6749 and 8693): the id and secret of an access key, or a token that still holds, for a
 * new token. Faults are those of OAuth, not of the protocol: `{"error", "error_description"}`.
 */
import type { RouteReply, RouteRequest } from '../http/routes.ts'
import { jsonReply } from './rest-problem.ts'

export function answerToken(request: RouteRequest): RouteReply {
  if (request.method !== 'POST') return fault(405, 'invalid_request', 'The token endpoint takes POST.')
  const form = new URLSearchParams(Buffer.from(request.body).toString('utf8'))
  const proof = proofOf(request, form)
  if (proof === undefined) {
    return fault(
      400,
      'unsupported_grant_type',
      'grant_type has to be client_credentials with client_id and client_secret, or token-exchange with a subject_token.',
    )
  }
  const issued = request.issueToken(proof)
  if (issued === undefined) {
    return fault(
      401,
      'invalid_client',
      'The id and secret, or the token, are not those of an access key here.',
    )
  }
  return jsonReply({
    access_token: issued.token,
    token_type: 'bearer',
    expires_in: issued.expiresSeconds,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    scope: form.get('scope') ?? 'catalog',
  })
}

function proofOf(request: RouteRequest, form: URLSearchParams): string | undefined {
  switch (form.get('grant_type')) {
    case 'client_credentials': {
      const [id, secret] = [form.get('client_id'), form.get('client_secret')]
      return id !== null && secret !== null ? `${id}:${secret}` : basicOf(request)
    }
    case 'urn:ietf:params:oauth:grant-type:token-exchange':
      return form.get('subject_token') ?? undefined
    default:
      return undefined
  }
}

/** RFC 6749, 2.3.1: id and secret may stand in the header instead. */
function basicOf(request: RouteRequest): string | undefined {
  const encoded = /^basic +([\w+/=]+)$/i.exec(request.header('authorization') ?? '')?.[1]
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8')
}

function fault(status: number, error: string, description: string): RouteReply {
  return jsonReply({ error, error_description: description }, status)
}
