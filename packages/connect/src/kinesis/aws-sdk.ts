/**
 * The AWS clients, which are optional packages: loaded when a stream or a table elsewhere is first used, and never
 * before. Where one is missing, the error says what to install.
 */
import { loadOptional } from '@millrace/values'
import { ConnectError } from '../errors.ts'

/** Where a service is, and who asks. */
export interface AwsEndpoint {
  readonly region: string
  /** Another place than AWS, like http://127.0.0.1:4567. */
  readonly endpoint?: string
  /** By default those that the AWS tools find: environment, files, the machine's role. */
  readonly credentials?: AwsCredentials
  /** Further settings of the AWS client, such as a `requestHandler` with a proxy. */
  readonly client?: { readonly [setting: string]: unknown }
}

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export type KinesisSdk = typeof import('@aws-sdk/client-kinesis')
export type DynamoSdk = typeof import('@aws-sdk/client-dynamodb')

export function loadKinesisSdk(): Promise<KinesisSdk> {
  return loadPackage(
    '@aws-sdk/client-kinesis',
    'A Kinesis stream elsewhere',
    () => import('@aws-sdk/client-kinesis'),
  )
}

export function loadDynamoSdk(user = 'A lease table in DynamoDB'): Promise<DynamoSdk> {
  return loadPackage('@aws-sdk/client-dynamodb', user, () => import('@aws-sdk/client-dynamodb'))
}

/** Error: AWS_SDK_MISSING. Other failures of the import are passed on. */
export function loadPackage<T>(name: string, user: string, load: () => Promise<T>): Promise<T> {
  return loadOptional(name, load, (cause) => {
    const message = `${user} needs the package ${name}, which is not installed. Run: npm install ${name}`
    return new ConnectError('AWS_SDK_MISSING', message, { cause })
  })
}

/** Settings of a client. Retries are its user's affair, which knows what to repeat and waits by its own clock. */
export function clientSettings({ region, endpoint, credentials, client }: AwsEndpoint) {
  return {
    region,
    maxAttempts: 1,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    ...client,
  }
}

/** Name of an error as the service gives it, by which it is told apart: classes differ between copies of the SDK. */
export function awsErrorName(error: unknown): string {
  return error instanceof Error ? error.name : ''
}

const passing: ReadonlySet<string> = new Set([
  'InternalFailure',
  'InternalFailureException',
  'InternalServerError',
  'KMSThrottlingException',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestTimeout',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'SlowDown',
  'ThrottlingException',
  'TimeoutError',
])
const passingCodes: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ERR_HTTP2_GOAWAY_SESSION',
  'ERR_HTTP2_INVALID_SESSION',
  'ERR_HTTP2_SESSION_ERROR',
  'ERR_HTTP2_STREAM_CANCEL',
  'ERR_HTTP2_STREAM_ERROR',
])

/** Whether the same call may succeed later: throttles, faults of the server, and lost connections. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (passing.has(error.name)) return true
  const { code, $metadata, cause } = error as { code?: unknown; $metadata?: unknown; cause?: unknown }
  if (passingCodes.has(code)) return true
  const status = ($metadata as { httpStatusCode?: unknown } | undefined)?.httpStatusCode
  if (typeof status === 'number' && status >= 500) return true
  return cause !== undefined && cause !== error && isPassing(cause)
}
