/**
 * Every error of the gateway that the person who runs it can act on: one table of codes, one class. What clients of the
 * wire get are WireErrors, under the services' own names.
 *
 * A message says what happened, where, with which value, what is allowed and what to do next. Recognise an error by its
 * `code`, not by its class: classes differ between threads and package copies.
 */
import { CodedError } from '@millrace/values'

/** Code -> what it means. Codes are never reused for another meaning. */
export const gatewayErrorCodes = {
  ALARM_FILE_UNREADABLE: 'the file of alarm rules does not exist or cannot be read',
  ALARM_FILE_INVALID: 'the file of alarm rules is not JSON, or not an object with a list of alarms',
  ALARM_RULE_INVALID: 'an alarm rule lacks a setting, or has one that is unknown or out of range',
  ALARM_WEBHOOK_FAILED: 'an event of an alarm was not delivered to its webhook',
  METRICS_QUERY_INVALID: 'a parameter of /metrics.json is unknown or has a value that is not allowed',
  METRICS_REPLY_TOO_LARGE: 'a query of /metrics.json asks for more data points than one reply may hold',
  GATEWAY_PORT_TAKEN: 'another process listens on the port',
  GATEWAY_ADDRESS_INVALID: 'the operating system refused to listen on the address',
  GATEWAY_OPTION_INVALID: 'an option is outside its allowed range, or an option that it needs is missing',
  GATEWAY_AUTH_REFUSED: 'authentication may only be switched off on a loopback address',
  GATEWAY_KEYS_INVALID: 'the file of access keys cannot be read or written as what it should be',
  GATEWAY_KEY_UNKNOWN: 'there is no access key of this id',
  GATEWAY_TLS_INVALID: 'the certificate or its private key cannot be used',
} as const

export type GatewayErrorCode = keyof typeof gatewayErrorCodes

export class GatewayError extends CodedError<GatewayErrorCode> {
  override readonly name = 'GatewayError'
}
