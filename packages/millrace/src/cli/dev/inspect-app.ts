/**
 * What `millrace dev` has to know of an app, found out in a process of its own (inspect-process.ts), since a process cannot load
 * changed modules again: whether it can be run, and the files that it is made of.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface AppFiles {
  /** The app file, what it imports, its SQL: a change of them is another app. */
  readonly modules: readonly string[]
  /** Files that a running app can read again: reference and lookup tables. */
  readonly references: readonly string[]
  readonly functions: readonly FunctionFolder[]
  /** Folders of queries: a file that comes or goes is another app. */
  readonly queries: readonly string[]
}

export interface FunctionFolder {
  readonly name: string
  readonly dir: string
}

export type Inspection =
  | { readonly ok: true; readonly files: AppFiles }
  /** `modules`: what was loaded until then. */
  | { readonly ok: false; readonly problem: string; readonly modules: readonly string[] }

export interface InspectionJob {
  readonly file: string
  readonly options: readonly string[]
  /** Also load the handlers of these functions, or of all. */
  readonly handlers: readonly string[] | 'all'
}

/** Works from src and from dist alike. */
const entry = fileURLToPath(new URL('../../../dist/cli/dev/inspect-process.js', import.meta.url))

/** Never rejects: what goes wrong is the inspection's outcome. */
export function inspectApp(job: InspectionJob): Promise<Inspection> {
  return new Promise((resolve) => {
    const child = fork(entry, [JSON.stringify(job)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    let printed = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
    // The only message of the process, of this same version of the package.
    child.once('message', (inspection: Inspection) => {
      resolve(inspection)
      child.kill('SIGKILL')
    })
    const failed = (reason: string) =>
      resolve({ ok: false, problem: `${printed}${reason}`, modules: [job.file] })
    child.once('error', (error) => failed(error.message))
    child.once('close', (code, signal) =>
      failed(`the app ended while it was loaded (${signal ?? `exit ${code}`})`),
    )
  })
}
