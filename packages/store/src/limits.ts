/** Limits on what comes from outside, and how they relate. */

/** Most data bytes of one record: what Kinesis allows (10 MiB). */
export const RECORD_DATA_BYTES_MAX = 10_485_760
/** What the store itself takes: room for what is wrapped around such a record on its way back from the dead letters. */
export const STORED_DATA_BYTES_MAX = RECORD_DATA_BYTES_MAX + 65_536
/** Most key bytes of one record: 256 characters of up to 4 bytes. */
export const RECORD_KEY_BYTES_MAX = 1_024
/**
 * A batch is closed before it grows over this, unless one record alone does: 16 pages of LMDB less the header of the first,
 * so that a full batch leaves no page nearly empty.
 */
export const BATCH_BYTES_TARGET = 16 * 16_384 - 24
/** Most records of one batch, so that offsets and headers stay small beside the data. */
export const BATCH_RECORDS_MAX = 16_384
/** Most bytes of an encoded item key; LMDB with 16 KiB pages takes keys of up to about 4,000 bytes. */
export const ITEM_KEY_BYTES_MAX = 3_584
/** Most bytes of one item, stage value or state blob. LMDB addresses values with 32 bits; this leaves room. */
export const BLOB_BYTES_MAX = 0x4000_0000
/** A table and an index of the longest names in DynamoDB (255 each) make one name together, with room for a prefix. */
export const NAME_BYTES_MAX = 544
/** Batches that one retention transaction removes at most, so that no commit waits long for it. */
export const RETENTION_BATCHES_MAX = 128
