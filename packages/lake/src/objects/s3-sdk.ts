/** The S3 client, an optional package: loaded when a bucket elsewhere is first used, and what its errors mean to a user. */
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { loadOptional } from '@millrace/values'
import { LakeError } from '../errors.ts'
import type { BucketPlace } from './object-store.ts'

export type S3Place = Extract<BucketPlace, { kind: 's3' }>
export type S3Sdk = typeof import('@aws-sdk/client-s3')

export interface S3Connection {
  readonly sdk: S3Sdk
  readonly client: S3Client
}

/** Error: S3_SDK_MISSING. Credentials are those that the AWS tools find: environment, files, the machine's role. */
export async function connectS3(place: S3Place, settings: S3ClientConfig = {}): Promise<S3Connection> {
  const name = '@aws-sdk/client-s3'
  const sdk = await loadOptional(
    name,
    () => import('@aws-sdk/client-s3'),
    (cause) => {
      const message = `The bucket s3://${place.bucket} needs the package ${name}, which is not installed. Run: npm install ${name}`
      return new LakeError('S3_SDK_MISSING', message, { cause })
    },
  )
  const client = new sdk.S3Client({
    region: place.region,
    // About 10 s of further attempts at what passes: throttles, faults of the server, lost connections.
    maxAttempts: 6,
    // A server that says nothing counts as a lost connection.
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 },
    ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint, forcePathStyle: true }),
    ...settings,
  })
  return { sdk, client }
}

/** Name of an error as the service gives it, by which it is told apart: classes differ between copies of the SDK. */
export function s3ErrorName(error: unknown): string {
  return error instanceof Error ? error.name : ''
}

export function s3Status(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  const { $metadata } = error as { $metadata?: { httpStatusCode?: unknown } }
  return typeof $metadata?.httpStatusCode === 'number' ? $metadata.httpStatusCode : undefined
}

/** OBJECT_STORE_FAILED, with what to do about it. */
export function s3Failure(cause: unknown, action: string, place: S3Place): LakeError {
  const where = place.endpoint === undefined ? place.region : place.endpoint
  const name = s3ErrorName(cause)
  const status = s3Status(cause)
  const said = cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : ''
  const reason = `${name}${status === undefined ? '' : ` (HTTP ${status})`}${said}`.replace(/\.$/, '')
  return new LakeError(
    'OBJECT_STORE_FAILED',
    `Cannot ${action} s3://${place.bucket} (${where}): ${reason}. ${nextStep(name, status)}`,
    { cause },
  )
}

function nextStep(name: string, status: number | undefined): string {
  if (name === 'NoSuchBucket') return 'Make the bucket first, or name another.'
  if (name === 'CredentialsProviderError') {
    return 'Give credentials as the AWS tools take them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile.'
  }
  if (status === 403) return 'Check the credentials, and what they may do with this bucket.'
  if (status === 301 || name === 'PermanentRedirect') return 'The bucket is in another region: name that one.'
  if (status === undefined) return 'Check that the endpoint can be reached.'
  return 'Try again later, or ask who runs the endpoint.'
}
