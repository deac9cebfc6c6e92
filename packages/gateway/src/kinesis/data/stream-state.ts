/** What calls of the data plane need of a stream's state. */
import type { StreamInfo } from '@millrace/store'
import type { KinesisStream } from '../kinesis-context.ts'
import { streamNotFound } from '../streams/faults.ts'

/** A stream that is still being made has no shards yet, so it is not there for readers and writers. */
export function mustBeUsable({ name, account, status }: KinesisStream): void {
  if (status !== 'ACTIVE' && status !== 'UPDATING') throw streamNotFound(name, account)
}

/** Of a stream that was there when the call began. Error: ResourceNotFoundException. */
export function mustBeThere(
  info: StreamInfo | undefined,
  { name, account }: Pick<KinesisStream, 'name' | 'account'>,
): StreamInfo {
  if (info === undefined) throw streamNotFound(name, account)
  return info
}

/** As replies name it: left out where records are not encrypted. */
export function encryptionType(stream: Pick<KinesisStream, 'settings'>): 'KMS' | undefined {
  return stream.settings.encryptionKeyId === undefined ? undefined : 'KMS'
}
