#!/usr/bin/env node
// The door of the command line: checks the Node version before anything newer than it is parsed, and that a clone was built,
// then loads the rest.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `USAGE: Millrace needs Node 20.19 or newer, but this is ${process.version}. Install one from nodejs.org.`,
  )
  process.exitCode = 2
} else {
  const [{ existsSync }, { enableCompileCache }] = await Promise.all([
    import('node:fs'),
    import('node:module'),
  ])
  const entry = new URL('../dist/cli/main.js', import.meta.url)
  if (existsSync(entry)) {
    enableCompileCache?.()
    const { main } = await import(entry.href)
    process.exitCode = await main(process.argv.slice(2))
  } else {
    console.error(
      'USAGE: Millrace is not built yet. Run "npm run build" in its folder; "npm start" does it too.',
    )
    process.exitCode = 2
  }
}
