/** The replay of a file: its lines as records of a stream, in the rhythm of their own times or without a pause. */
import { atOnce, EventTimePace, noLines, putLines } from '@millrace/connect'
import { systemClock } from '@millrace/values'
import { exitCodes } from './exit-code.ts'
import { formatBytes, formatCount } from './format.ts'
import { chooseEndpoint } from './kinesis/endpoint.ts'
import {
  checkPath,
  explained,
  lineKeyOf,
  openClient,
  openPutter,
  putProgress,
  putText,
  warnOfKeys,
} from './kinesis/put-setup.ts'
import { fileInput } from './line-input.ts'
import { bar, withProgress } from './progress.ts'
import { type ReplayFlags, speedOf, timeOf } from './replay-flags.ts'
import { watchStopSignals } from './stop-signals.ts'

export async function replayFile(file: string, into: string, flags: ReplayFlags): Promise<number> {
  const pace = paceOf(flags)
  const key = lineKeyOf(flags)
  const input = fileInput(file)
  const { endpoint, dataDir } = flags
  const client = openClient(chooseEndpoint({ endpoint, dataDir, env: process.env }))
  const putter = openPutter(client, into, flags.aggregate)
  const signals = watchStopSignals(() =>
    process.stderr.write('putting what was read; ctrl-C again ends at once\n'),
  )
  const started = systemClock.now()
  const elapsed = () => systemClock.now() - started
  const progress = noLines()
  const line = () => {
    const share = input.size === undefined ? '' : `${bar(progress.bytes / input.size, 20)} `
    const time =
      pace === undefined || Number.isNaN(pace.time) ? '' : `, at ${new Date(pace.time).toISOString()}`
    return `${into}: ${share}${putProgress(putter.counts, elapsed())}${time}`
  }
  let wasStopped: boolean
  try {
    const { asked: signal } = signals
    const { name, lines } = input
    const work = putLines({
      name,
      lines,
      putter,
      key,
      pace: pace ?? atOnce,
      clock: systemClock,
      signal,
      progress,
    })
    await withProgress(line, work)
    wasStopped = signal.aborted
  } catch (error) {
    const { records } = putter.counts
    if (records > 0) process.stderr.write(`${records} records had been put before the error\n`)
    throw await explained(client, into, error)
  } finally {
    signals.release()
  }
  warnOfKeys(input.name, progress)
  warnOfTimes(input.name, pace)
  if (wasStopped)
    process.stderr.write(`stopped in line ${progress.lines}, ${formatBytes(progress.bytes)} into the file\n`)
  const elapsedMs = Math.round(elapsed())
  const { counts } = putter
  const left = pace?.left ?? 0
  const result = {
    file,
    into,
    endpoint: client.url,
    lines: progress.lines,
    left,
    ...counts,
    elapsedMs,
    wasStopped,
  }
  const leftText = left === 0 ? '' : `, ${formatCount(left)} lines left out`
  process.stdout.write(
    flags.json ? `${JSON.stringify(result)}\n` : `${into}: ${putText(counts, elapsedMs)}${leftText}\n`,
  )
  return wasStopped ? exitCodes.failed : exitCodes.ok
}

function paceOf(flags: ReplayFlags): EventTimePace | undefined {
  const { timePath } = flags
  const speed = speedOf(flags.speed)
  const fromMs = timeOf('--from', flags.from, 'trim-horizon')
  const toMs = timeOf('--to', flags.to, 'now')
  if (timePath === undefined) return undefined
  checkPath('--time-path', timePath)
  return new EventTimePace(
    {
      timePath,
      speed,
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(toMs === undefined ? {} : { toMs }),
    },
    systemClock,
  )
}

function warnOfTimes(name: string, pace: EventTimePace | undefined): void {
  if (pace === undefined || !Number.isNaN(pace.time) || pace.timeless === 0) return
  process.stderr.write(
    `TIME_NEVER_READ: no line of ${name} has a readable time at --time-path, so nothing was paced or within a range. ` +
      'Times are ISO text or epoch numbers.\n',
  )
}
