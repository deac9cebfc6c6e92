/** For tests that run handlers in real processes: code written to a folder of its own, runners that end with the test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { LambdaCode, LambdaOutcome } from '../lambda-port.ts'
import { type LambdaRunnerOptions, ProcessLambdaRunner } from '../process-lambda-runner.ts'

export interface CodeFiles {
  readonly [path: string]: string
}

export function writeCode(files: CodeFiles): string {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-code-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  return dir
}

export function lambdaCode(codeDir: string, settings: Partial<LambdaCode> = {}): LambdaCode {
  return {
    functionName: 'probe',
    codeDir,
    handler: 'app.handler',
    memoryMb: 128,
    timeoutMs: 30_000,
    environment: {},
    reservedConcurrency: undefined,
    ...settings,
  }
}

export function makeRunner(
  files: CodeFiles,
  settings: Partial<LambdaCode> = {},
  options: Partial<LambdaRunnerOptions> = {},
): ProcessLambdaRunner {
  const runner = new ProcessLambdaRunner({ code: lambdaCode(writeCode(files), settings), ...options })
  onTestFinished(() => runner.close())
  return runner
}

/** The value that the function returned. */
export function returned(outcome: LambdaOutcome): unknown {
  if (outcome.kind !== 'returned') throw new Error(`not returned: ${JSON.stringify(outcome)}`)
  return JSON.parse(outcome.payload)
}

export function failed(outcome: LambdaOutcome) {
  if (outcome.kind !== 'failed') throw new Error(`not failed: ${JSON.stringify(outcome).slice(0, 1000)}`)
  return outcome
}
