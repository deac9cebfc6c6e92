/**
 * Zstandard (RFC 8878). Where node:zlib has it (from Node 22.15 on) it runs off this thread; elsewhere in WebAssembly, which
 * is loaded when first used. The latter takes slices of 8 MiB, a frame each, so that neither its memory nor the time it keeps
 * this thread grows with the file; the format lets frames follow each other, and readers read them as one.
 */
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { LakeError } from '../errors.ts'
import { forEachBlock } from './for-each-block.ts'
import { readZstdFrame } from './zstd-frame.ts'

const frameBytes = 8 << 20

type Codec = (bytes: Uint8Array) => Promise<Uint8Array>
type ZlibCall = (
  bytes: Uint8Array,
  options: object,
  done: (error: Error | null, result: Buffer) => void,
) => void

/** The lowest Node that we run on, whose types we compile with, does not have these two yet. */
const { zstdCompress, zstdDecompress } = zlib as {
  readonly zstdCompress?: ZlibCall
  readonly zstdDecompress?: ZlibCall
}

export const compressZstd: Codec =
  zstdCompress === undefined ? compressInWasm : (bytes) => promisify(zstdCompress)(bytes, {})

/** Error: COMPRESSION_INVALID. */
export async function decompressZstd(bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return zstdDecompress === undefined
      ? await decompressInWasm(bytes)
      : await promisify(zstdDecompress)(bytes, {})
  } catch (cause) {
    throw new LakeError(
      'COMPRESSION_INVALID',
      'A Zstandard file cannot be read: it is damaged, or of another kind.',
      { cause },
    )
  }
}

export async function compressInWasm(bytes: Uint8Array): Promise<Uint8Array> {
  const { compress } = await loadWasm()
  if (bytes.length === 0) return compress(bytes)
  const frames: Uint8Array[] = []
  await forEachBlock(bytes, frameBytes, (block) => frames.push(compress(block)))
  return Buffer.concat(frames)
}

export async function decompressInWasm(bytes: Uint8Array): Promise<Uint8Array> {
  const { decompress } = await loadWasm()
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const { contentBytes, end } = readZstdFrame(bytes, at)
    parts.push(decompress(bytes.subarray(at, end), { defaultHeapSize: contentBytes }))
    at = end
  }
  if (parts.length === 0) throw new Error('the file is empty')
  return Buffer.concat(parts)
}

type Wasm = typeof import('@bokuweb/zstd-wasm')
let loading: Promise<Wasm> | undefined

function loadWasm(): Promise<Wasm> {
  loading ??= import('@bokuweb/zstd-wasm').then(async (wasm) => {
    await wasm.init()
    return wasm
  })
  return loading
}
