/**
 * An update of a destination: members that are given replace those that were, as wholes; the rest stays. Dynamic partitioning is
 * decided at creation, and a backup that is on stays on.
 */
import { invalidArgument } from '../faults.ts'
import type { ExtendedS3Configuration, ExtendedS3Update } from '../shapes/s3-shapes.ts'

/** Error: InvalidArgumentException. */
export function mergeUpdate(
  before: ExtendedS3Configuration,
  update: ExtendedS3Update,
): ExtendedS3Configuration {
  const { S3BackupUpdate: backupUpdate, ...members } = update
  const merged: ExtendedS3Configuration = {
    ...before,
    ...members,
    // Where the update has them they are texts.
    RoleARN: members.RoleARN ?? before.RoleARN,
    BucketARN: members.BucketARN ?? before.BucketARN,
  }
  const partitions = (of: ExtendedS3Configuration): boolean =>
    of.DynamicPartitioningConfiguration?.Enabled === true
  if (partitions(merged) !== partitions(before)) {
    throw invalidArgument(
      `Dynamic partitioning is ${partitions(before) ? 'on' : 'off'} and stays so: it can be switched on when a Firehose stream is created, and never off.`,
    )
  }
  if (before.S3BackupMode === 'Enabled' && merged.S3BackupMode === 'Disabled') {
    throw invalidArgument('S3BackupMode is Enabled and cannot be changed to Disabled.')
  }
  if (backupUpdate === undefined) return merged
  const { RoleARN, BucketARN } = { ...before.S3BackupConfiguration, ...backupUpdate }
  if (RoleARN === undefined || BucketARN === undefined) {
    throw invalidArgument('S3BackupUpdate needs RoleARN and BucketARN where there was no backup before.')
  }
  return {
    ...merged,
    S3BackupConfiguration: { ...before.S3BackupConfiguration, ...backupUpdate, RoleARN, BucketARN },
  }
}
