/**
 * A small client of Kinesis, or of Firehose, on `fetch`: JSON 1.1 over HTTP/1.1, signed. It spares the command line an AWS SDK, which is an
 * optional package. Credentials and region come from the environment variables of the AWS tools; without them requests are
 * signed with a key that a lenient gateway takes.
 *
 * Failures: PassingFailure where the same call may succeed later; EndpointRefusal, which keeps the service's error type;
 * ENDPOINT_UNREACHABLE where nobody has ever answered.
 */
import { PassingFailure } from '@millrace/connect'
import { defaultRegion, signRequest } from '@millrace/gateway'
import type { Clock } from '@millrace/values'
import { MillraceError, messageOf } from '../../error.ts'
import { textMember } from './reply-fields.ts'

export interface ClientOptions {
  readonly url: string
  readonly clock: Clock
  /** Whose operations it calls; Kinesis unless given. */
  readonly service?: 'kinesis' | 'firehose'
  /** Where AWS_ACCESS_KEY_ID and the like stand. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A call that the service has answered with an error that waiting does not cure. */
export class EndpointRefusal extends MillraceError {
  /** The service's name for it, for example ValidationException. */
  readonly type: string
  readonly said: string

  constructor(operation: string, type: string, said: string) {
    const next = authenticationTypes.has(type)
      ? 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key that it knows, for example one of "millrace keys create".'
      : undefined
    super('ENDPOINT_REFUSED', `${operation} was refused with ${type}: ${said}`, { next })
    this.type = type
    this.said = said
  }
}

const authenticationTypes: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
])
const throttleTypes: ReadonlySet<string> = new Set([
  'KMSThrottlingException',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'ServiceUnavailableException',
  'RequestLimitExceeded',
  'ThrottlingException',
])
const targets = { kinesis: 'Kinesis_20131202', firehose: 'Firehose_20150804' } as const
const contentType = 'application/x-amz-json-1.1'

export class KinesisClient {
  readonly url: string
  readonly #target: URL
  readonly #clock: Clock
  readonly #region: string
  readonly #service: 'kinesis' | 'firehose'
  readonly #credentials: { readonly keyId: string; readonly secret: string; readonly sessionToken?: string }
  #hasAnswered = false
  /** Ms of the last reply's Date header, which has whole seconds; undefined before the first. */
  serverTimeMs: number | undefined

  /** Error: USAGE for a URL that is none. */
  constructor({ url, clock, env, service = 'kinesis' }: ClientOptions) {
    this.#service = service
    this.url = url.replace(/\/$/, '')
    this.#target = parseUrl(url)
    this.#clock = clock
    this.#region = env.AWS_REGION || env.AWS_DEFAULT_REGION || regionOf(this.#target) || defaultRegion
    const { AWS_ACCESS_KEY_ID: keyId, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: sessionToken } = env
    const credentials = { keyId: keyId || 'millrace', secret: secret || 'millrace' }
    this.#credentials = keyId && sessionToken ? { ...credentials, sessionToken } : credentials
  }

  /** The reply of one call. */
  async call(operation: string, input: object, signal?: AbortSignal): Promise<unknown> {
    const response = await this.open(operation, input, signal)
    try {
      const text = await response.text()
      return text === '' ? {} : JSON.parse(text)
    } catch (error) {
      throw new PassingFailure(`the reply to ${operation} broke off: ${messageOf(error)}.`, {
        isThrottle: false,
        cause: error,
      })
    }
  }

  /** A call whose good reply is read as it comes. */
  async open(operation: string, input: object, signal?: AbortSignal): Promise<Response> {
    const body = JSON.stringify(input)
    const path = this.#target.pathname + this.#target.search
    const headers = signRequest(
      {
        method: 'POST',
        url: path,
        headers: {
          host: this.#target.host,
          'content-type': contentType,
          'x-amz-target': `${targets[this.#service]}.${operation}`,
        },
        body,
      },
      {
        credentials: this.#credentials,
        region: this.#region,
        service: this.#service,
        time: this.#clock.now(),
      },
    )
    // fetch sends its own, which is the same.
    delete headers.host
    let response: Response
    try {
      response = await fetch(this.#target, {
        method: 'POST',
        headers,
        body,
        ...(signal === undefined ? {} : { signal }),
      })
    } catch (error) {
      throw this.#networkFailure(operation, error)
    }
    this.#hasAnswered = true
    const date = Date.parse(response.headers.get('date') ?? '')
    if (!Number.isNaN(date)) this.serverTimeMs = date
    if (response.ok) return response
    throw await failureOf(operation, response)
  }

  #networkFailure(operation: string, error: unknown): Error {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    const why = messageOf(cause) || String(cause)
    if (this.#hasAnswered)
      return new PassingFailure(`${operation} was not answered: ${why}.`, { isThrottle: false, cause: error })
    return new MillraceError('ENDPOINT_UNREACHABLE', `nobody answers at ${this.url} (${why}).`, {
      cause: error,
    })
  }
}

async function failureOf(operation: string, response: Response): Promise<Error> {
  const text = await response.text().catch(() => '')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const named = response.headers.get('x-amzn-errortype') ?? textMember(value, '__type') ?? ''
  // namespace#Type:url
  const type = named.replace(/^.*#/, '').replace(/:.*$/, '') || `HTTP ${response.status}`
  const said = textMember(value, 'message') ?? textMember(value, 'Message') ?? text.slice(0, 200)
  if (throttleTypes.has(type) || response.status >= 500)
    return new PassingFailure(`${operation}: ${type}: ${said}`, { isThrottle: throttleTypes.has(type) })
  return new EndpointRefusal(operation, type, said)
}

function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return parsed
  throw new MillraceError('USAGE', `the endpoint is ${JSON.stringify(url)}.`, {
    next: 'Give it as a URL, like http://127.0.0.1:4567.',
  })
}

/** The region in the name of an endpoint of the service itself. */
function regionOf({ hostname }: URL): string | undefined {
  return /^(?:kinesis|firehose)[a-z-]*\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(hostname)?.[1]
}
