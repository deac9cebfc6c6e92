#!/usr/bin/env node
// The door of the command line: checks the Node version before anything newer than it is parsed, then loads the rest.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `USAGE: Millrace needs Node 20.19 or newer, but this is ${process.version}. Install one from nodejs.org.`,
  )
  process.exitCode = 2
} else {
  const { enableCompileCache } = await import('node:module')
  enableCompileCache?.()
  const { main } = await import('../dist/cli/main.js')
  process.exitCode = await main(process.argv.slice(2))
}
