/**
 * How a request names its operation and encodes its body. Three ways, told apart by the content type:
 *
 *   AWS JSON 1.0, 1.1 and CBOR 1.1   X-Amz-Target: <prefix>.<operation>
 *   Smithy RPC v2 CBOR               path /service/<prefix>/operation/<operation>, as newer SDKs call CloudWatch
 *   query                            form-encoded, Action=<operation>, as older SDKs and the KPL call CloudWatch
 *
 * Replies, errors too, go back in the way of the request.
 */
import { encodingOf } from '../wire/body-codec.ts'
import type { WireEncoding } from '../wire/wire-service.ts'
import type { Exchange } from './exchange.ts'

export interface Protocol {
  readonly encoding: WireEncoding
  /** Of replies; undefined: the usual one of the encoding. */
  readonly contentType?: string
  /** Replies say that they are of this protocol. */
  readonly smithyProtocol?: string
}

export type Address =
  | {
      readonly kind: 'operation'
      readonly protocol: Protocol
      readonly prefix: string
      readonly operation: string
    }
  | { readonly kind: 'unnamed'; readonly protocol: Protocol; readonly target: string }
  | { readonly kind: 'form' }
  | { readonly kind: 'unknown type'; readonly hasTarget: boolean }

const json: Protocol = { encoding: 'json' }
const json10: Protocol = { encoding: 'json', contentType: 'application/x-amz-json-1.0' }
const cbor: Protocol = { encoding: 'cbor' }
const rpcCbor: Protocol = {
  encoding: 'cbor',
  contentType: 'application/cbor',
  smithyProtocol: 'rpc-v2-cbor',
}
const rpcPath = /^\/service\/([\w.-]{1,128})\/operation\/(\w{1,128})$/

export function addressOf(exchange: Exchange): Address {
  const contentType = exchange.header('content-type')
  const target = exchange.header('x-amz-target')
  const protocol = protocolOf(contentType)
  if (protocol === undefined) {
    if (target === undefined && bareType(contentType) === 'application/x-www-form-urlencoded')
      return { kind: 'form' }
    return { kind: 'unknown type', hasTarget: (target ?? '').indexOf('.') > 0 }
  }
  if (protocol === rpcCbor) {
    const [, prefix = '', operation = ''] = rpcPath.exec(exchange.path) ?? []
    if (prefix !== '') return { kind: 'operation', protocol, prefix, operation }
    return { kind: 'unnamed', protocol, target: exchange.path }
  }
  const dot = (target ?? '').indexOf('.')
  if (target === undefined || dot < 0) return { kind: 'unnamed', protocol, target: target ?? '' }
  return { kind: 'operation', protocol, prefix: target.slice(0, dot), operation: target.slice(dot + 1) }
}

/** For replies that are made before the body was read. */
export function protocolOf(contentType: string | undefined): Protocol | undefined {
  const encoding = encodingOf(contentType)
  if (encoding !== undefined) return encoding === 'json' ? json : cbor
  const bare = bareType(contentType)
  if (bare === json10.contentType) return json10
  return bare === rpcCbor.contentType ? rpcCbor : undefined
}

export const jsonProtocol = json

function bareType(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase()
}
