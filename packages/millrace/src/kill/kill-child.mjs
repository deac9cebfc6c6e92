/**
 * The process that the kill tests kill: runs an app until it is idle and ends with exit code 0, or is killed.
 * node kill-child.mjs '{"app": file, "arguments": [...], "dataDir": dir, "limits": {...}, "probe": spec}'
 */
import { startApp } from '@millrace/runtime'
import { buildApp, loadAppFile, loaderFor } from '../../dist/load/load-app.js'

const { app: file, arguments: options, dataDir, limits, probe } = JSON.parse(process.argv[2])
const { definition } = buildApp(await loadAppFile(file), options)
const running = await startApp({
  app: definition,
  dataDir,
  loader: loaderFor({ file, options }),
  untilIdle: true,
  ...(limits ? { limits } : {}),
  ...(probe ? { probe: { module: new URL('./kill-probe.mjs', import.meta.url).href, spec: probe } } : {}),
})
const report = await running.finished
process.stdout.write(`${JSON.stringify(report)}\n`)
