/**
 * Entry of a handler's process: loads the handler, then runs one invocation after the other as the host asks for them (file
 * descriptor 4) and answers (file descriptor 3). Ends with the host: when its side of the descriptor is closed.
 *
 * While an invocation runs, the descriptor does not keep the event loop alive; so 'beforeExit' tells that nothing runs
 * any more.
 */
import { Socket } from 'node:net'
import { decodeMessage, FrameReader, hostFrames } from '../frames.ts'
import type { InvokeHead, StartHead } from '../process-messages.ts'
import { directAwsSdkV2 } from './aws-sdk-v2.ts'
import { errorAnswer } from './error-answer.ts'
import { sayFailed, sayLoaded, sayNotLoaded, sayReturned } from './host-channel.ts'
import { type LambdaHandler, loadHandler } from './load-handler.ts'
import { beginLog, captureOutput, endLog, printAtLevel } from './log-lines.ts'
import { type LoopWatch, runInvocation } from './run-invocation.ts'

const fromHost = 4
/** Of an answer, as AWS has it. */
const payloadBytesMax = 6_291_556

let handler: LambdaHandler | undefined
/** An invocation runs, so that a failure outside of it is its failure. */
let running = false

captureOutput()
process.on('unhandledRejection', (reason) => endWith('Runtime.UnhandledPromiseRejection', reason, 128))
process.on('uncaughtException', (thrown) => endWith(undefined, thrown, 129))
if (process.env.AWS_ENDPOINT_URL) directAwsSdkV2(process.env.AWS_ENDPOINT_URL)

const socket = new Socket({ fd: fromHost, readable: true, writable: false })
const frames = new FrameReader((kind, payload) => {
  const { head, body } = decodeMessage(payload)
  // Sound: the host is of this same version of the package.
  if (kind === hostFrames.start) void load(head as StartHead)
  else void invoke(head as InvokeHead, body)
})
socket.on('data', (chunk: Buffer) => frames.push(chunk))
// Nobody is left to answer to. What the host did not wait for may not go on.
for (const gone of ['end', 'error', 'close']) socket.on(gone, () => process.exit(0))

let emptied: (() => void) | undefined
process.on('beforeExit', () => emptied?.())
const loop: LoopWatch = {
  watch(callback) {
    emptied = callback
    socket.unref()
  },
  stopWatching() {
    emptied = undefined
    socket.ref()
  },
}

async function load(start: StartHead): Promise<void> {
  const loaded = await loadHandler(start)
  // What the code has left to fail by itself right after it was loaded fails before the host hears of success.
  await new Promise((resolve) => setImmediate(resolve))
  endLog()
  if ('failure' in loaded) return sayNotLoaded(loaded.failure)
  handler = loaded.handler
  sayLoaded()
}

async function invoke(head: InvokeHead, event: string): Promise<void> {
  if (handler === undefined) throw new Error('an invocation came before the handler was loaded')
  running = true
  beginLog(head.requestId)
  process.env._X_AMZN_TRACE_ID = traceId(head.requestId)
  const end = await runInvocation(handler, JSON.parse(event), { head, loop })
  const answer = end.kind === 'failed' ? end : stringify(end.value)
  if (answer.kind === 'failed') printAtLevel('ERROR', `Invoke Error \t${errorText(answer.thrown)}`)
  endLog()
  running = false
  if (answer.kind === 'failed') {
    sayFailed({ memoryMb: memoryMb(), error: errorAnswer(answer.thrown), fatal: false })
  } else {
    sayReturned({ memoryMb: memoryMb() }, answer.payload)
  }
}

function stringify(
  value: unknown,
):
  | { readonly kind: 'payload'; readonly payload: string }
  | { readonly kind: 'failed'; readonly thrown: unknown } {
  let payload: string
  try {
    // A function, for example, has no JSON text.
    payload = JSON.stringify(value) ?? 'null'
  } catch {
    return { kind: 'failed', thrown: new Error('Unable to stringify response body') }
  }
  if (payload.length * 3 > payloadBytesMax && Buffer.byteLength(payload) > payloadBytesMax) {
    const thrown = new Error(
      `Response payload size exceeded maximum allowed payload size (${payloadBytesMax} bytes).`,
    )
    thrown.name = 'Function.ResponseSizeTooLarge'
    return { kind: 'failed', thrown }
  }
  return { kind: 'payload', payload }
}

/** Something failed where nobody waits for it: as in Lambda, the process is of no more use. */
function endWith(errorType: string | undefined, thrown: unknown, exitCode: number): void {
  const answer = errorAnswer(thrown)
  const error =
    errorType === undefined
      ? answer
      : { ...answer, errorType, errorMessage: `${answer.errorType}: ${answer.errorMessage}` }
  if (running) {
    printAtLevel('ERROR', `${errorType ?? 'Uncaught Exception'} \t${errorText(thrown)}`)
    endLog()
    sayFailed({ memoryMb: memoryMb(), error, fatal: true })
  } else if (handler === undefined) {
    endLog()
    sayNotLoaded({ reason: 'failed', error, names: [] })
  }
  process.exit(exitCode)
}

function errorText(thrown: unknown): string {
  const { errorType, errorMessage, stackTrace } = errorAnswer(thrown)
  return JSON.stringify({ errorType, errorMessage, stack: stackTrace })
}

function memoryMb(): number {
  return Math.ceil(process.resourceUsage().maxRSS / 1024)
}

/** Tracing libraries want one; it says that nothing is sampled. */
function traceId(requestId: string): string {
  const digits = requestId.replaceAll('-', '')
  return `Root=1-${digits.slice(0, 8)}-${digits.slice(8)};Parent=${digits.slice(0, 16)};Sampled=0`
}
