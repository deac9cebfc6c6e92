/** Encryption at rest as a state that clients see: which key, and whether a change is under way. Records are stored as they are. */
import { invalidArgument, limitExceeded } from '../faults.ts'
import type { FirehoseContext, FirehoseOperation } from '../firehose-operation.ts'
import type { DeliveryNotes, FoundDelivery } from '../found-delivery.ts'
import type { EncryptionInput } from '../shapes/input-shapes.ts'

const DAY_MS = 86_400_000

export const startDeliveryStreamEncryption: FirehoseOperation<'StartDeliveryStreamEncryption'> = (
  input,
  { caller },
  context,
) => {
  const { streams } = context
  const found = streams.changeable(input.DeliveryStreamName, caller, 'StartDeliveryStreamEncryption')
  const key = input.DeliveryStreamEncryptionConfigurationInput ?? { KeyType: 'AWS_OWNED_CMK' as const }
  checkKey(key)
  change(found, key, context)
  return {}
}

export const stopDeliveryStreamEncryption: FirehoseOperation<'StopDeliveryStreamEncryption'> = (
  input,
  { caller },
  context,
) => {
  const found = context.streams.changeable(input.DeliveryStreamName, caller, 'StopDeliveryStreamEncryption')
  change(found, undefined, context)
  return {}
}

/** Error: InvalidArgumentException. */
export function checkKey({ KeyType, KeyARN }: EncryptionInput): void {
  if ((KeyType === 'CUSTOMER_MANAGED_CMK') === (KeyARN !== undefined)) return
  throw invalidArgument(
    KeyARN === undefined
      ? 'KeyType CUSTOMER_MANAGED_CMK needs KeyARN.'
      : 'KeyARN goes with KeyType CUSTOMER_MANAGED_CMK, not with AWS_OWNED_CMK.',
  )
}

export function encryptionStatus(
  { encryption }: DeliveryNotes,
  nowMs: number,
): 'ENABLED' | 'ENABLING' | 'DISABLED' | 'DISABLING' {
  if (encryption === undefined) return 'DISABLED'
  const isChanging = nowMs < encryption.until
  if (encryption.key === undefined) return isChanging ? 'DISABLING' : 'DISABLED'
  return isChanging ? 'ENABLING' : 'ENABLED'
}

function change(
  found: FoundDelivery,
  key: EncryptionInput | undefined,
  { streams, clock, limits }: FirehoseContext,
): void {
  const { name, notes, record } = found
  if (record.settings.source.kind !== 'direct') {
    throw invalidArgument(
      `Firehose ${name} reads a stream: only of DirectPut the encryption can be changed. Encrypt the stream instead.`,
    )
  }
  const now = clock.now()
  const calls = (notes.encryptionCalls ?? []).filter((time) => time > now - DAY_MS)
  if (calls.length >= limits.encryptionStartsPerDay) {
    throw limitExceeded(
      `The encryption of Firehose ${name} was changed ${calls.length} times in 24 hours, as often as it may be.`,
    )
  }
  // Without a limit nobody asks for the times.
  const kept = limits.encryptionStartsPerDay === Number.POSITIVE_INFINITY ? [] : [...calls, now]
  streams.annotate(found, {
    ...notes,
    encryption: { key, until: now + limits.statusMs },
    encryptionCalls: kept,
  })
}
