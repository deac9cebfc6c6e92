/**
 * MySQL's compressed transaction (binlog_transaction_compression): fields (packed type, packed bytes, packed value) up to type 0, then the
 * payload, zstd: the events of the transaction one after the other, without checksums.
 *   fields: 1 bytes of the payload | 2 compression (0 zstd, 255 none) | 3 bytes of the events
 */
import { CdcError } from '../../errors.ts'
import { type LogBytes, logInvalid } from './log-bytes.ts'

/** Larger ones no server writes (max_allowed_packet); bounds what a damaged length can allocate. */
const payloadBytesMax = 1 << 30

/** The cursor stands behind the event's header. */
export async function readTransactionPayload(bytes: LogBytes): Promise<Buffer> {
  let compression = 255
  let eventBytes = 0
  for (let type = bytes.packed(); type !== 0; type = bytes.packed()) {
    const end = bytes.packed() + bytes.at
    if (type === 2) compression = bytes.packed()
    else if (type === 3) eventBytes = bytes.packed()
    if (bytes.at > end || end > bytes.end) bytes.take(Number.POSITIVE_INFINITY)
    bytes.at = end
  }
  const payload = bytes.view(bytes.left)
  if (compression === 255) return Buffer.from(payload)
  if (compression !== 0) {
    throw new CdcError(
      'CDC_LOG_UNSUPPORTED',
      `A transaction is compressed by method ${compression}, which is not read. Switch it off: SET GLOBAL binlog_transaction_compression = OFF, ` +
        'and start again behind the transaction.',
    )
  }
  const said = zstdContentBytes(payload)
  if (said !== undefined && said !== eventBytes) {
    throw logInvalid(`a compressed transaction holds ${said} bytes and announces ${eventBytes}`)
  }
  if (eventBytes > payloadBytesMax) throw logInvalid(`a compressed transaction announces ${eventBytes} bytes`)
  const { decompress } = await loadZstd()
  let events: Uint8Array
  try {
    // One byte more, so that contents that are longer than announced are seen and not cut.
    events = decompress(payload, { defaultHeapSize: eventBytes + 1 })
  } catch (error) {
    throw logInvalid(`the ${payload.length} bytes of a compressed transaction are no zstd`, error)
  }
  if (events.length !== eventBytes) {
    throw logInvalid(`a compressed transaction holds ${events.length} bytes and announces ${eventBytes}`)
  }
  return Buffer.from(events.buffer, events.byteOffset, events.length)
}

/** What the first frame says of itself (RFC 8878, 3.1.1.1), since the decompressor would take that much memory; undefined: nothing. */
function zstdContentBytes(payload: Buffer): number | undefined {
  // The longest such head; a short frame has zeros behind it.
  const head = Buffer.alloc(18)
  payload.copy(head)
  if (head.readUInt32LE(0) !== 0xfd2fb528) throw logInvalid('a compressed transaction is no zstd')
  const descriptor = head[4]!
  const isSingleSegment = (descriptor & 0x20) !== 0
  // Two bits each.
  const at = 5 + (isSingleSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!
  switch (descriptor >>> 6) {
    case 0:
      return isSingleSegment ? head[at]! : undefined
    case 1:
      return head.readUInt16LE(at) + 256
    case 2:
      return head.readUInt32LE(at)
    default:
      return Number(head.readBigUInt64LE(at))
  }
}

type Zstd = typeof import('@bokuweb/zstd-wasm')
let loading: Promise<Zstd> | undefined

function loadZstd(): Promise<Zstd> {
  loading ??= import('@bokuweb/zstd-wasm').then(async (zstd) => {
    await zstd.init()
    return zstd
  })
  return loading
}
