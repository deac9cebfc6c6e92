/**
 * `millrace invoke`: runs a Lambda handler of an app once, with an event from a file, or prints an event made of the last records
 * of the function's stream. Standard output carries what the function returned (or the event) alone; its lines go to
 * standard error.
 */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { adminCredentials, defaultAccount, defaultRegion, makeOwnKey } from '@millrace/gateway'
import {
  type AppDefinition,
  type FunctionStage,
  type LambdaCode,
  type LambdaOutcome,
  makeLambdaHost,
  sampleEvent,
} from '@millrace/runtime'
import { didYouMean, systemClock } from '@millrace/values'
import { shortPath } from '../../define/call-site.ts'
import { MillraceError, messageOf } from '../../error.ts'
import { cacheDir } from '../../load/cache-dir.ts'
import { buildApp, loadAppFile } from '../../load/load-app.ts'
import { unreadableFile } from '../../load/unreadable-file.ts'
import { defaultDataDir, openToRead } from '../data-directory.ts'
import { exitCodes } from '../exit-code.ts'
import { functionLine } from '../function-lines.ts'
import { functionServices } from '../function-services.ts'
import { readAddress } from '../gateway-place.ts'

export interface InvokeFlags {
  /** A path, or `-`. */
  readonly event: string | undefined
  /** Count of records. */
  readonly sample: string | undefined
  readonly dataDir: string | undefined
  readonly json: boolean
}

interface LambdaStage extends FunctionStage {
  readonly code: { readonly form: 'lambda'; readonly lambda: LambdaCode }
}

export async function invoke(
  target: { readonly app: string; readonly functionName: string | undefined },
  flags: InvokeFlags,
  appArguments: readonly string[],
): Promise<number> {
  const { definition } = buildApp(await loadAppFile(target.app), appArguments)
  const stage = chooseStage(definition, target.functionName)
  const dataDir = flags.dataDir === undefined ? defaultDataDir(definition.name) : resolve(flags.dataDir)
  if (flags.sample !== undefined) {
    await printSample(stage, dataDir, flags.sample)
    return exitCodes.ok
  }
  if (flags.event === undefined) {
    throw new MillraceError('USAGE', 'There is no event.', {
      next: 'Give one: --event FILE, or --event - for standard input. millrace invoke APP FUNCTION --sample prints one.',
    })
  }
  const outcome = await run(stage.code.lambda, readEvent(flags.event), { dataDir, json: flags.json })
  process.stdout.write(`${flags.json ? JSON.stringify(outcome) : answerText(outcome)}\n`)
  return outcome.kind === 'returned' ? exitCodes.ok : exitCodes.failed
}

async function run(
  code: LambdaCode,
  event: string,
  { dataDir, json }: { readonly dataDir: string; readonly json: boolean },
): Promise<LambdaOutcome> {
  const address = readAddress(dataDir)
  const known = address === undefined ? undefined : adminCredentials(dataDir)
  const own = makeOwnKey(systemClock.now())
  const key = known === undefined ? own : { ...own, id: known.keyId, secret: known.secret }
  const { services, note } =
    address === undefined
      ? {
          services: { region: defaultRegion, account: defaultAccount, environment: {} },
          note: 'the app does not run, so the function finds no endpoint (start it in another terminal: millrace run)',
        }
      : {
          services: functionServices({ url: address.url, region: undefined, key }),
          note: `the function finds the app's endpoint at ${address.url}`,
        }
  if (!json) process.stderr.write(`${note}\n`)
  const host = makeLambdaHost({
    services,
    cacheDir: cacheDir(),
    onLine: (line) => {
      if (!json) process.stderr.write(`${functionLine(line, process.stderr.isTTY)}\n`)
    },
  })
  const runner = host.makeRunner(code)
  try {
    await runner.open()
    return await runner.invoke(event)
  } finally {
    await runner.close()
  }
}

async function printSample(stage: LambdaStage, dataDir: string, sample: string): Promise<void> {
  const records = /^[1-9]\d{0,3}$/.test(sample) ? Number(sample) : Number.NaN
  if (!(records <= 1000)) {
    throw new MillraceError('USAGE', `--sample is ${JSON.stringify(sample)}.`, {
      next: 'Allowed: a number of records, 1 to 1000.',
    })
  }
  if (!existsSync(dataDir)) {
    throw new MillraceError('DATA_DIR_MISSING', `There is no data directory at ${shortPath(dataDir)}.`, {
      next: 'Run the app first, so that its stream has records: millrace run APP.',
    })
  }
  const store = await openToRead(dataDir)
  try {
    const services = { region: defaultRegion, account: defaultAccount }
    const event = sampleEvent(store, stage.from, { records, services })
    if (event === undefined) {
      throw new MillraceError(
        'DATA_STREAM_UNKNOWN',
        `The stream "${stage.from}" holds no records in ${shortPath(dataDir)}.`,
        {
          next: 'Run the app first, or put some: millrace put.',
        },
      )
    }
    process.stdout.write(`${event}\n`)
  } finally {
    await store.close()
  }
}

function chooseStage(app: AppDefinition, name: string | undefined): LambdaStage {
  const stages = app.stages.filter(
    (stage): stage is LambdaStage => stage.kind === 'function' && stage.code.form === 'lambda',
  )
  // The first mapping stands for a function that has several.
  const found = stages.find(
    (stage) => stage.code.lambda.functionName === (name ?? stages[0]?.code.lambda.functionName),
  )
  const names = [...new Set(stages.map((stage) => stage.code.lambda.functionName))]
  if (found !== undefined && (name !== undefined || names.length === 1)) return found
  const what =
    name === undefined ? 'Which function is not said.' : `The app has no Lambda function "${name}".`
  throw new MillraceError('USAGE', what, {
    next: `${name === undefined ? '' : didYouMean(name, names)}It has: ${names.join(', ') || 'none; declare one with app.lambda'}.`,
  })
}

/** The JSON text as it is, once it has been found to be JSON. */
function readEvent(file: string): string {
  let text: string
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw unreadableFile(file, error)
  }
  try {
    JSON.parse(text)
    return text
  } catch (error) {
    throw new MillraceError('USAGE', `The event is not JSON: ${messageOf(error)}.`, {
      place: file === '-' ? 'standard input' : shortPath(file),
      next: 'Give one JSON value.',
      cause: error,
    })
  }
}

function answerText(outcome: LambdaOutcome): string {
  if (outcome.kind === 'returned') return outcome.payload
  return outcome.kind === 'failed' ? JSON.stringify(outcome.error, undefined, 2) : outcome.reason
}
