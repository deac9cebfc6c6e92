/** Checks of a delivery's settings that hold whoever makes it. The API of Firehose and the app's builder are narrower still. */
import { LakeError } from '../errors.ts'
import { compilePartitionQueries } from '../jq/partition-query.ts'
import { compileDeliveryPrefixes, type DeliveryPrefixes } from '../prefix/delivery-prefixes.ts'
import { compileUnpack } from '../unpack/unpack.ts'
import type { BackupSettings, Buffering, DeliverySettings } from './delivery-settings.ts'

/** Stream names are built on it, with up to ten characters more. */
const namePattern = /^[A-Za-z0-9_.-]{1,64}$/
const bufferBytesMax = 1024 * 1024 * 1024
const bufferMsMax = 900_000
export const activePartitionsMax = 10_000
/** Lambda's own limit is 6 MB for an event of base64 text. */
const transformBytesMax = 4 * 1024 * 1024

/** Error: DELIVERY_INVALID. */
export function checkDeliveryName(name: string): void {
  if (!namePattern.test(name)) {
    throw new LakeError(
      'DELIVERY_INVALID',
      `a delivery cannot have the name ${JSON.stringify(name)}. Use 1 to 64 letters, digits, "-", "_" and ".".`,
    )
  }
}

/** Errors: DELIVERY_INVALID, JQ_INVALID, and those of prefixes. */
export function checkSettings(name: string, settings: DeliverySettings): void {
  const { destination, transform, partitioning, backup } = settings
  checkBuffering(name, 'buffering', destination.buffering)
  if (transform !== undefined) {
    checkRange(name, 'transform.retries', transform.retries, 0, 300)
    checkRange(name, 'transform.bufferBytes', transform.bufferBytes, 1, transformBytesMax)
    checkRange(name, 'transform.bufferMs', transform.bufferMs, 0, bufferMsMax)
  }
  if (partitioning !== undefined)
    checkRange(name, 'partitioning.activeMax', partitioning.activeMax, 1, activePartitionsMax)
  if (destination.kind === 'iceberg') {
    if (partitioning !== undefined)
      throw invalid(name, 'dynamic partitioning is for files; a table has partitions of its own')
  } else if (destination.format.kind === 'parquet' && destination.compression !== 'UNCOMPRESSED') {
    throw invalid(
      name,
      `Parquet files are compressed inside, so compression must be UNCOMPRESSED, not ${destination.compression}`,
    )
  }
  compileUnpack(settings.unpack)
  if (partitioning !== undefined) compilePartitionQueries(partitioning.queries)
  prefixesOf(settings)
  if (backup !== undefined) {
    checkBuffering(name, 'backup.buffering', backup.buffering)
    backupPrefixesOf(backup)
  }
}

/** Error: DELIVERY_INVALID, if one cannot follow the other. */
export function checkChange(
  name: string,
  owner: 'app' | 'api',
  before: DeliverySettings,
  after: DeliverySettings,
): void {
  if (JSON.stringify(before.source) !== JSON.stringify(after.source))
    throw invalid(name, 'its source cannot change. Make another delivery')
  if (before.backup !== undefined && after.backup === undefined)
    throw invalid(name, 'its backup cannot be switched off')
  if (before.destination.kind !== after.destination.kind)
    throw invalid(name, 'its destination cannot change between files and a table. Make another delivery')
  if (owner === 'api' && (before.partitioning === undefined) !== (after.partitioning === undefined))
    throw invalid(name, 'dynamic partitioning is switched on or off when a delivery is made')
}

/** Error: PREFIX_INVALID. */
export function prefixesOf({ destination, partitioning, transform }: DeliverySettings): DeliveryPrefixes {
  const { errorPrefix, timeZone } = destination
  const prefix = destination.kind === 'files' ? destination.prefix : undefined
  return compileDeliveryPrefixes({
    prefix,
    errorPrefix,
    timeZone,
    partitioning: partitioning && {
      queryKeys: Object.keys(partitioning.queries),
      hasFunction: transform !== undefined,
    },
  })
}

export function backupPrefixesOf({ prefix, errorPrefix, timeZone }: BackupSettings): DeliveryPrefixes {
  return compileDeliveryPrefixes({
    ...(prefix === undefined ? {} : { prefix }),
    ...(errorPrefix === undefined ? {} : { errorPrefix }),
    timeZone,
  })
}

function checkBuffering(name: string, what: string, { bytes, ms }: Buffering): void {
  checkRange(name, `${what}.bytes`, bytes, 1, bufferBytesMax)
  checkRange(name, `${what}.ms`, ms, 0, bufferMsMax)
}

function checkRange(name: string, what: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw invalid(name, `${what} is ${value}; allowed is a whole number from ${min} to ${max}`)
}

function invalid(name: string, problem: string): LakeError {
  return new LakeError('DELIVERY_INVALID', `delivery "${name}": ${problem}.`)
}
