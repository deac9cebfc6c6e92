/** Why a record cannot be unpacked; `type` is that of the error object. */
export interface UnpackFault {
  readonly type: 'processing-failed' | 'decompression-failed'
  readonly code: string
  readonly message: string
}
