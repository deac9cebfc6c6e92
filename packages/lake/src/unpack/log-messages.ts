/**
 * The messages in what CloudWatch Logs sends to a subscriber: an object with `messageType` and `logEvents`, each of which has a
 * `message`. Messages come as they are, without a newline. A CONTROL_MESSAGE, by which the service tries the way, has none.
 */
import type { UnpackFault } from './unpack-fault.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()

export function logMessages(data: Uint8Array): readonly Uint8Array[] | UnpackFault {
  let envelope: unknown
  try {
    envelope = JSON.parse(decoder.decode(data))
  } catch {
    return fault('the record is not JSON')
  }
  if (typeof envelope !== 'object' || envelope === null) return fault('the record is not an object')
  const { messageType, logEvents } = envelope as Record<string, unknown>
  if (messageType === 'CONTROL_MESSAGE') return []
  if (messageType !== 'DATA_MESSAGE')
    return fault('its messageType is neither DATA_MESSAGE nor CONTROL_MESSAGE')
  if (!Array.isArray(logEvents)) return fault('it has no array logEvents')
  const messages: Uint8Array[] = []
  for (const event of logEvents as readonly unknown[]) {
    const message =
      typeof event === 'object' && event !== null ? (event as Record<string, unknown>).message : undefined
    if (typeof message !== 'string')
      return fault(`log event ${messages.length + 1} has no text as its message`)
    messages.push(encoder.encode(message))
  }
  return messages
}

function fault(problem: string): UnpackFault {
  return {
    type: 'processing-failed',
    code: 'CloudWatchLogProcessing.InvalidEnvelope',
    message: `no envelope of CloudWatch Logs: ${problem}`,
  }
}
