/** What calls of the data plane need of a stream's state. */
import { WireError } from '../../wire/wire-error.ts'
import type { KinesisStream } from '../kinesis-context.ts'

/** A stream that is still being made has no shards yet, so it is not there for readers and writers. */
export function mustBeUsable(stream: KinesisStream): void {
  if (stream.status === 'ACTIVE' || stream.status === 'UPDATING') return
  throw new WireError(
    'ResourceNotFoundException',
    `Stream ${stream.name} under account ${stream.account} not found.`,
  )
}

/** As replies name it: left out where records are not encrypted. */
export function encryptionType(stream: KinesisStream): 'KMS' | undefined {
  return stream.settings.encryptionKeyId === undefined ? undefined : 'KMS'
}
