/**
 * A handler's process: Node on child/main.ts, in the code's folder, in a process group of its own, so that what it starts ends
 * with it and a ctrl-C meant for the host does not reach invocations that it still waits for. Processes, not worker
 * threads: these can be ended in the middle of a loop, and what they do to memory is their own affair.
 *
 * Descriptors: 1 and 2 are whatever the handler's code prints past the console; 3 what the process says; 4 what it is told.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@millrace/values'
import { decodeMessage, encodeMessage, FrameReader, hostFrames, processFrames } from './frames.ts'
import type { HandlerProcess, ProcessEvents, ProcessJob } from './handler-process.ts'
import { keepGroup, letGroupGo } from './process-keeper.ts'
import type { FailedHead, NotLoadedHead, ReturnedHead, StartHead } from './process-messages.ts'

/** Works from src and from dist alike. */
const entry = fileURLToPath(new URL('../../dist/lambda/child/main.js', import.meta.url))
/** Shares of its memory that Lambda gives to V8. */
const oldSpaceShare = 0.9
const semiSpaceShare = 0.05
/** Pages of the kernel's figures. */
const pageBytes = 4096
/** What a process printed is waited for after its end, but not for long: its own children may hold the pipe. */
const lastWordsMs = 200
const lineCharactersMax = 256 * 1024

export function spawnHandlerProcess(job: ProcessJob, events: ProcessEvents): HandlerProcess {
  const child = spawn(
    process.execPath,
    [
      `--max-old-space-size=${Math.floor(job.memoryMb * oldSpaceShare)}`,
      `--max-semi-space-size=${Math.max(1, Math.floor(job.memoryMb * semiSpaceShare))}`,
      entry,
    ],
    {
      cwd: job.codeDir,
      env: job.environment,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    },
  )
  const { pid } = child
  if (pid !== undefined) keepGroup(pid)
  // Sound: descriptors 3 and 4 are pipes, by stdio.
  const said = child.stdio[3] as Readable
  const told = child.stdio[4] as Writable
  // A process that ends takes its pipes along; `exited` says it.
  for (const pipe of [said, told]) pipe.on('error', () => {})
  let over = false
  const end = (how: Parameters<ProcessEvents['exited']>[0]): void => {
    if (over) return
    over = true
    events.exited(how)
  }

  for (const output of [child.stdout, child.stderr]) {
    eachLine(output, (line) => {
      if (!over) events.log(line)
    })
  }
  const frames = new FrameReader((kind, payload) => {
    if (!over) take(kind, payload, events)
  })
  said.on('data', (chunk: Buffer) => {
    try {
      frames.push(chunk)
    } catch {
      // The function has written to the descriptor itself: what it says cannot be understood any more.
      kill()
    }
  })
  child.on('error', (error) => end({ code: null, signal: null, notStarted: error.message }))
  child.on('exit', (code, signal) => {
    killGroup()
    if (pid !== undefined) letGroupGo(pid)
    const saidAll = new Promise<void>((resolve) => {
      if (said.closed) resolve()
      else said.once('close', () => resolve())
    })
    const printedAll = new Promise<void>((resolve) => child.once('close', () => resolve()))
    void Promise.all([saidAll, Promise.race([printedAll, systemClock.sleep(lastWordsMs)])]).then(() =>
      end({ code, signal }),
    )
  })
  /** Also what outlived the process itself: its number is nobody else's as long as a member is left. */
  const killGroup = (): void => {
    if (pid === undefined) return
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
    } catch {
      // Nobody is left.
    }
  }
  const kill = (): void => {
    if (child.exitCode === null && child.signalCode === null) killGroup()
  }
  const start: StartHead = { codeDir: job.codeDir, handler: job.handler, cacheDir: job.cacheDir }
  told.write(encodeMessage(hostFrames.start, start))
  return {
    invoke: (head, event) => void told.write(encodeMessage(hostFrames.invoke, head, event)),
    kill,
    memoryMb: () => (pid === undefined ? undefined : ownMemoryMb(pid)),
  }
}

/** Lines without their ends; one that has none for too long is cut. */
function eachLine(input: Readable | null, onLine: (line: string) => void): void {
  let rest = ''
  input?.setEncoding('utf8').on('data', (text: string) => {
    const parts = `${rest}${text}`.split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) onLine(part)
    if (rest.length < lineCharactersMax) return
    onLine(rest)
    rest = ''
  })
  input?.on('close', () => {
    if (rest !== '') onLine(rest)
  })
}

function take(kind: number, payload: Buffer, events: ProcessEvents): void {
  if (kind === processFrames.log) {
    events.log(payload.toString())
    return
  }
  const { head, body } = decodeMessage(payload)
  // Sound: the process runs this same version of the package, and its handler has no business with the descriptor.
  if (kind === processFrames.loaded) events.loaded()
  else if (kind === processFrames.notLoaded) events.notLoaded(head as NotLoadedHead)
  else if (kind === processFrames.returned) events.returned(body, (head as ReturnedHead).memoryMb)
  else if (kind === processFrames.failed) {
    const { error, memoryMb, fatal } = head as FailedHead
    events.failed(error, memoryMb, fatal)
  } else throw new Error(`there is no frame of kind ${kind}`)
}

/** Without the pages of the Node program itself, which all processes share. Only Linux says it. */
function ownMemoryMb(pid: number): number | undefined {
  try {
    const [, resident = '', shared = ''] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')
    return ((Number(resident) - Number(shared)) * pageBytes) / 1024 / 1024
  } catch {
    return undefined
  }
}
