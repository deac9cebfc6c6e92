/**
 * An upload in parts: begin, up to four parts at once, complete. The object appears with the last call, whole. Whatever fails before
 * that aborts the upload, so that its parts do not stay.
 */
import type { CompletedPart, CreateMultipartUploadCommandInput } from '@aws-sdk/client-s3'
import type { S3Connection } from './s3-sdk.ts'

export interface BodyReader {
  readonly bytes: number
  /** Bytes [from, to). */
  read(from: number, to: number): Promise<Uint8Array>
  close(): Promise<void>
}

const partBytesMin = 16 << 20
/** S3's limit for the parts of an object. */
const partsMax = 10_000
const partsAtOnce = 4

export async function putInParts(
  { sdk, client }: S3Connection,
  input: CreateMultipartUploadCommandInput,
  body: BodyReader,
  { ifAbsent }: { ifAbsent: boolean },
): Promise<{ readonly ETag?: string | undefined }> {
  const { Bucket, Key } = input
  const { UploadId } = await client.send(
    new sdk.CreateMultipartUploadCommand({ ...input, ChecksumAlgorithm: 'CRC32' }),
  )
  const upload = { Bucket, Key, UploadId }
  try {
    const Parts = await sendParts({ sdk, client }, upload, body)
    return await client.send(
      new sdk.CompleteMultipartUploadCommand({
        ...upload,
        MultipartUpload: { Parts },
        ...(ifAbsent ? { IfNoneMatch: '*' } : {}),
      }),
    )
  } catch (cause) {
    // Where this fails as well, the first fault says more; a lifecycle rule of the bucket may clear up.
    await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch(() => undefined)
    throw cause
  }
}

async function sendParts(
  { sdk, client }: S3Connection,
  upload: { Bucket: string | undefined; Key: string | undefined; UploadId: string | undefined },
  body: BodyReader,
): Promise<CompletedPart[]> {
  const partBytes = Math.max(partBytesMin, Math.ceil(body.bytes / partsMax))
  const count = Math.ceil(body.bytes / partBytes)
  const done: CompletedPart[] = []
  let next = 0
  let isFailed = false
  async function sendInTurn(): Promise<void> {
    while (next < count && !isFailed) {
      const index = next++
      const from = index * partBytes
      try {
        const Body = await body.read(from, Math.min(from + partBytes, body.bytes))
        const PartNumber = index + 1
        const { ETag, ChecksumCRC32 } = await client.send(
          new sdk.UploadPartCommand({ ...upload, PartNumber, Body, ChecksumAlgorithm: 'CRC32' }),
        )
        done[index] = { PartNumber, ETag, ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }) }
      } catch (cause) {
        isFailed = true
        throw cause
      }
    }
  }
  // All end before the upload may be aborted: a part that arrives later would stay.
  const ends = await Promise.allSettled(Array.from({ length: Math.min(partsAtOnce, count) }, sendInTurn))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return done
}
