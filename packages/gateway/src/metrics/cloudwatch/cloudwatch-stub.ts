/**
 * As much of CloudWatch as producers and consumers need to be content: PutMetricData is accepted, counted and shown at
 * /metrics and /metrics.json; every other operation is unknown. KPL and KCL report their own metrics this way unless told
 * not to, in whichever protocol their SDK has:
 *
 *   query            POST, form-encoded, Action=PutMetricData (KPL, older SDKs, AWS CLI)   -> handleForm, XML replies
 *   JSON 1.0 or 1.1  target GraniteServiceVersion20100801.PutMetricData                    -> handle
 *   Smithy RPC CBOR  POST /service/GraniteServiceVersion20100801/operation/PutMetricData   -> handle, encoding 'cbor'
 *
 * SDKs compress larger bodies with gzip (they sign what they send, so the listener passes it on as it came): no body of
 * these encodings begins with gzip's magic bytes, so it is recognized by them.
 *
 * A key needs the action cloudwatch:PutMetricData.
 */
import { gunzipSync } from 'node:zlib'
import { parseBody } from '../../wire/body-codec.ts'
import { escapeXml } from '../../wire/escape-xml.ts'
import type { FormCall, FormReply, FormService } from '../../wire/form-service.ts'
import { serializationError } from '../../wire/serialization-error.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { Caller, WireCall, WireReply, WireService } from '../../wire/wire-service.ts'
import type { MetricRegistry } from '../metric-registry.ts'
import { parseFormTree } from './form-tree.ts'
import { readMetricData, type Tree } from './metric-data.ts'

/** Twice what PutMetricData takes. */
const inflatedBytesMax = 2 * 1024 * 1024
const operation = 'PutMetricData'
const xmlNamespace = 'http://monitoring.amazonaws.com/doc/2010-08-01/'

export class CloudWatchStub implements WireService, FormService {
  readonly targetPrefix = 'GraniteServiceVersion20100801'
  readonly #registry: MetricRegistry
  #calls = 0

  constructor(registry: MetricRegistry) {
    this.#registry = registry
  }

  /** Calls that were accepted. */
  get calls(): number {
    return this.#calls
  }

  handle(call: WireCall): WireReply {
    const input = parseBody(inflate(call.body), call.encoding)
    const caller = call.authenticate()
    if (call.operation !== operation) throw unknownOperation(call.operation)
    this.#put(input, caller)
    return { kind: 'value', value: {} }
  }

  handleForm(call: FormCall): FormReply {
    try {
      const input = parseFormTree(inflate(call.body))
      const caller = call.authenticate()
      if (input.Action !== operation) throw unknownOperation(String(input.Action ?? ''))
      this.#put(input, caller)
      return xmlReply(
        200,
        `<${operation}Response xmlns="${xmlNamespace}"><ResponseMetadata><RequestId>${escapeXml(call.requestId)}</RequestId></ResponseMetadata></${operation}Response>`,
      )
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      return xmlReply(error.status, errorXml(error, call.requestId))
    }
  }

  #put(input: Tree, caller: Caller): void {
    caller.authorize(`cloudwatch:${operation}`, '*')
    const data = readMetricData(input)
    for (const { id, set } of data) if (set !== undefined) this.#registry.addFromClient(id, set)
    this.#calls++
  }
}

function inflate(body: Uint8Array): Uint8Array {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body
  try {
    return gunzipSync(body, { maxOutputLength: inflatedBytesMax })
  } catch {
    throw serializationError(`The body is not gzip of at most ${inflatedBytesMax} bytes.`)
  }
}

function unknownOperation(name: string): WireError {
  return new WireError(
    'UnknownOperationException',
    `The operation ${JSON.stringify(name.slice(0, 100))} is unknown; ${operation} is the only one here.`,
  )
}

/** In the query protocol most errors go by other names than elsewhere (the model's awsQueryError codes). */
const queryCodes: Readonly<Record<string, string>> = {
  InvalidParameterValueException: 'InvalidParameterValue',
  MissingRequiredParameterException: 'MissingParameter',
  InvalidParameterCombinationException: 'InvalidParameterCombination',
  UnknownOperationException: 'InvalidAction',
  SerializationException: 'MalformedInput',
}

function errorXml({ type, status, message }: WireError, requestId: string): string {
  const code = queryCodes[type] ?? type.replace(/Exception$/, '')
  const fault = status >= 500 ? 'Receiver' : 'Sender'
  return `<ErrorResponse xmlns="${xmlNamespace}"><Error><Type>${fault}</Type><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>${escapeXml(requestId)}</RequestId></ErrorResponse>`
}

function xmlReply(status: number, xml: string): FormReply {
  return { status, contentType: 'text/xml', body: `${xml}\n` }
}
