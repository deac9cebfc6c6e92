/**
 * What a file is, by its first bytes: Parquet says so, JSON begins with a brace or a bracket, and other text is CSV. Text may be
 * compressed with GZIP or Zstandard, which its name has to say too, since readers go by it.
 */
import { open } from 'node:fs/promises'
import { constants, createGunzip } from 'node:zlib'
import { decompress } from '../compression/compress.ts'

export type FileForm =
  | { readonly format: 'parquet' | 'json' | 'csv'; readonly compression: 'gzip' | 'zstd' | undefined }
  | { readonly problem: string }

const headBytes = 64 * 1024
/** A compressed file is looked at whole where its codec knows no parts. */
const wholeBytesMax = 256 * 2 ** 20

export async function fileForm(path: string): Promise<FileForm> {
  const file = await open(path, 'r')
  try {
    const head = new Uint8Array(headBytes)
    const { bytesRead } = await file.read(head, 0, headBytes, 0)
    const bytes = head.subarray(0, bytesRead)
    if (startsWith(bytes, [0x50, 0x41, 0x52, 0x31])) return { format: 'parquet', compression: undefined }
    if (startsWith(bytes, [0x1f, 0x8b])) return textForm(await gunzipHead(bytes), 'gzip')
    if (startsWith(bytes, [0x28, 0xb5, 0x2f, 0xfd])) {
      if ((await file.stat()).size > wholeBytesMax)
        return { problem: `it is compressed and larger than ${wholeBytesMax} bytes` }
      return textForm(await decompress(await file.readFile(), 'ZSTD'), 'zstd')
    }
    return textForm(bytes, undefined)
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  } finally {
    await file.close()
  }
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte)
}

/** What can be read of a stream that is cut anywhere. */
function gunzipHead(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
    const chunks: Uint8Array[] = []
    gunzip.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    gunzip.on('error', reject)
    gunzip.on('end', () => resolve(Buffer.concat(chunks)))
    gunzip.end(bytes)
  })
}

function textForm(bytes: Uint8Array, compression: 'gzip' | 'zstd' | undefined): FileForm {
  const text = Buffer.from(bytes.subarray(0, headBytes)).toString('utf8')
  if (text.includes('\0')) return { problem: 'it is neither Parquet nor text' }
  const first = text.replace(/^\uFEFF/, '').trimStart()[0]
  if (first === undefined) return { problem: 'it is empty' }
  return { format: first === '{' || first === '[' ? 'json' : 'csv', compression }
}
