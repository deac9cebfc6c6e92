/**
 * The port for services whose older clients speak AWS's query protocol: POST with a form-encoded body (compressed or not)
 * and no X-Amz-Target. The listener passes the body on as it came, since that is what was signed, and sends the reply with
 * its usual headers.
 */
import type { Caller } from './wire-service.ts'

export interface FormCall {
  readonly body: Uint8Array
  readonly requestId: string
  /** Checks the signature. Throws the WireError that the outcome calls for. */
  authenticate(): Caller
}

export interface FormReply {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

export interface FormService {
  /** Never throws for what a client sends: faults are replies too. */
  handleForm(call: FormCall): FormReply
}
