/**
 * The load generator's HTTP client: one call at a time on a keep-alive connection, bytes in, bytes out. It does nothing that
 * a server could be mistaken for: requests are prepared, replies are counted and, where asked, kept.
 */
import { connect, type Socket } from 'node:net'

export interface Target {
  readonly host: string
  readonly port: number
}

/** How an API is named on the wire. */
export interface Api {
  readonly prefix: string
  readonly contentType: string
  readonly signingName: string
}

export const kinesisApi: Api = {
  prefix: 'Kinesis_20131202',
  contentType: 'application/x-amz-json-1.1',
  signingName: 'kinesis',
}
export const dynamodbApi: Api = {
  prefix: 'DynamoDB_20120810',
  contentType: 'application/x-amz-json-1.0',
  signingName: 'dynamodb',
}

const noSignature = '0'.repeat(64)

export function requestBytes(
  target: Target,
  operation: string,
  body: string,
  { prefix, contentType, signingName }: Api = kinesisApi,
): Buffer {
  const scope = `AKIDEXAMPLEAKIDEXAMP/20260101/us-east-1/${signingName}/aws4_request`
  const head = [
    'POST / HTTP/1.1',
    `Host: ${target.host}:${target.port}`,
    `X-Amz-Target: ${prefix}.${operation}`,
    `Content-Type: ${contentType}`,
    'X-Amz-Date: 20260101T000000Z',
    `Authorization: AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=${noSignature}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '\r\n',
  ].join('\r\n')
  return Buffer.from(head + body)
}

export class RawConnection {
  private readonly socket: Socket
  private chunks: Buffer[] = []
  private size = 0
  private end = -1
  private settle: { resolve(reply: Buffer): void; reject(error: Error): void } | undefined

  constructor(target: Target) {
    this.socket = connect(target.port, target.host)
    this.socket.setNoDelay(true)
    this.socket.on('data', (chunk) => this.take(chunk))
    this.socket.on('error', (error) => this.settle?.reject(error))
    this.socket.on('close', () => this.settle?.reject(new Error('the server closed the connection')))
  }

  /** The body of the reply; rejects unless the status is 200. */
  call(request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject }
      this.socket.write(request)
    })
  }

  close(): void {
    this.settle = undefined
    this.socket.destroy()
  }

  private take(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.size += chunk.length
    if (this.end < 0) {
      const head = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks)
      const headEnd = head.indexOf('\r\n\r\n')
      if (headEnd < 0) return
      const length = /content-length: *(\d+)/i.exec(head.toString('latin1', 0, headEnd))
      if (length === null) {
        this.settle?.reject(new Error(`no Content-Length in: ${head.toString('latin1', 0, headEnd)}`))
        return
      }
      this.end = headEnd + 4 + Number(length[1])
    }
    if (this.size < this.end) return
    const reply = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks)
    this.chunks = []
    this.size = 0
    const { settle } = this
    this.settle = undefined
    const bodyAt = reply.indexOf('\r\n\r\n') + 4
    const body = reply.subarray(bodyAt, this.end)
    this.end = -1
    if (reply.toString('latin1', 9, 12) === '200') settle?.resolve(body)
    else settle?.reject(new Error(reply.toString('utf8', 0, Math.min(reply.length, 600))))
  }
}
