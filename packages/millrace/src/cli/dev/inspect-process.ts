/**
 * Entry of the process that looks at an app for `millrace dev` (inspect-app.ts): loads it, and the handlers that are asked for,
 * and says what it is made of, or what is wrong with it.
 */
import { existsSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import { resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MessageChannel } from 'node:worker_threads'
import { type AppDefinition, makeLambdaHost } from '@millrace/runtime'
import { cacheDir } from '../../load/cache-dir.ts'
import { buildApp, loadAppFile } from '../../load/load-app.ts'
import { functionServices } from '../function-services.ts'
import { errorText } from '../print-error.ts'
import type { AppFiles, FunctionFolder, Inspection, InspectionJob } from './inspect-app.ts'

// Only inspect-app.ts starts this file.
const job = JSON.parse(process.argv[2] ?? '') as InspectionJob
const imported = recordImports()

process.send?.(await inspect())

async function inspect(): Promise<Inspection> {
  try {
    const { definition } = buildApp(await loadAppFile(job.file), job.options)
    const functions = functionFolders(definition)
    await loadHandlers(definition)
    const { programs, references } = filesOf(definition)
    const files: AppFiles = {
      modules: [...(await loaded()), ...programs],
      references,
      functions,
      queries: definition.queryFolders ?? [],
    }
    return { ok: true, files }
  } catch (error) {
    return { ok: false, problem: errorText(error), modules: await loaded() }
  }
}

function functionFolders({ stages }: AppDefinition): FunctionFolder[] {
  const folders = new Map<string, FunctionFolder>()
  for (const stage of stages) {
    if (stage.kind !== 'function' || stage.code.form !== 'lambda') continue
    const { functionName: name, codeDir: dir } = stage.code.lambda
    folders.set(name, { name, dir })
  }
  return [...folders.values()]
}

/** One after the other: each is a process. They find no endpoint here; the first invocation does. */
async function loadHandlers({ stages }: AppDefinition): Promise<void> {
  const seen = new Set<string>()
  const key = { id: 'none', secret: 'none', account: '', createdAt: 0, status: 'active', policy: [] } as const
  // Nobody listens there: loading a handler has no business with it.
  const services = functionServices({ url: 'http://127.0.0.1:1', region: undefined, key })
  const host = makeLambdaHost({ services, cacheDir: cacheDir() })
  for (const stage of stages) {
    if (stage.kind !== 'function' || stage.code.form !== 'lambda') continue
    const { lambda } = stage.code
    const isAsked = job.handlers === 'all' || job.handlers.includes(lambda.functionName)
    if (!isAsked || seen.has(lambda.functionName)) continue
    seen.add(lambda.functionName)
    const runner = host.makeRunner(lambda)
    try {
      await runner.open()
    } finally {
      await runner.close()
    }
  }
}

function filesOf({ stages }: AppDefinition): { programs: string[]; references: string[] } {
  const programs: string[] = []
  const references: string[] = []
  for (const stage of stages) {
    if (stage.kind !== 'query') continue
    // A program that stands in the app itself has a name that is no file.
    const program = resolve(stage.fileName)
    if (existsSync(program)) programs.push(program)
    const tables = stage.dialect === 'flink' ? stage.lookups : stage.references
    references.push(...tables.map(({ file }) => file))
  }
  return { programs, references }
}

/** Modules that belong to the app: neither packages nor this one. */
async function loaded(): Promise<string[]> {
  const translated = Object.keys(createRequire(import.meta.url).cache)
  const own = fileURLToPath(new URL('../../..', import.meta.url))
  const all = [resolve(job.file), ...translated, ...(await imported())]
  return [...new Set(all)].filter(
    (file) => !file.includes(`${sep}node_modules${sep}`) && !file.startsWith(own) && existsSync(file),
  )
}

/** Files that Node itself imports; what jiti translates is in the cache of CommonJS modules. */
function recordImports(): () => Promise<string[]> {
  const { port1, port2 } = new MessageChannel()
  const found: string[] = []
  port1.on('message', (url: string) => found.push(fileURLToPath(url)))
  port1.unref()
  const hook = `let port
    export const initialize = (data) => { port = data.port }
    export async function resolve(specifier, context, next) {
      const resolved = await next(specifier, context)
      if (resolved.url.startsWith('file:')) port.postMessage(resolved.url)
      return resolved
    }`
  register(`data:text/javascript,${encodeURIComponent(hook)}`, {
    data: { port: port2 },
    transferList: [port2],
  })
  return async () => {
    // What was posted arrives with the next turns.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
    return found
  }
}
