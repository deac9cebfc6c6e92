/**
 * Loaded before dynalite's tests (run-dynalite-suite.mjs): whoever requires the package's own server gets ours. It is the
 * tests' reporter as well: mocha's own may leave before its output is written.
 */
const { writeFileSync } = require('node:fs')
const Module = require('node:module')
const { join } = require('node:path')
const { randomInt } = require('node:crypto')

const own = require.resolve(process.cwd())
const helpers = join(process.cwd(), 'test/helpers.js')
const load = Module._load
Module._load = (request, parent, isMain) => {
  if (!parent?.filename?.startsWith(join(process.cwd(), 'test'))) return load(request, parent, isMain)
  const file = Module._resolveFilename(request, parent)
  if (file === own) return makeServer
  const loaded = load(request, parent, isMain)
  if (file === helpers && !isAdapted) adaptHelpers(loaded)
  return loaded
}

// What AWS has added to replies since; the suite compares whole replies.
const added = ['DeletionProtectionEnabled', 'WarmThroughput']

let isAdapted = false
function adaptHelpers(loaded) {
  isAdapted = true
  const { request } = loaded
  loaded.request = (options, done) =>
    request(options, (error, reply) => {
      for (const part of [reply?.body?.Table, reply?.body?.TableDescription]) {
        if (typeof part !== 'object' || part === null) continue
        for (const each of [part, ...(part.GlobalSecondaryIndexes ?? [])]) {
          if (typeof each === 'object' && each !== null) for (const name of added) delete each[name]
        }
      }
      done(error, reply)
    })
}

// The suite's signer takes the service's name from the host's, which here is an address.
const aws4 = require(require.resolve('aws4', { paths: [process.cwd()] }))
const { sign } = aws4
aws4.sign = (options, credentials) => sign(Object.assign(options, { service: 'dynamodb' }), credentials)

let servers = 0

/** As the package's own function; the only option that matters here is `ssl`. */
function makeServer({ ssl = false } = {}) {
  let close
  return {
    listen(port, done) {
      start(port, ssl).then((closing) => {
        close = closing
        done()
      }, done)
    },
    close(done) {
      close().then(() => done(), done)
    },
  }
}

async function start(port, ssl) {
  const from = (path) => import(join(__dirname, '..', path))
  const { openStore } = await from('packages/store/dist/index.js')
  const { seededRandom, systemClock: clock } = await from('packages/values/dist/index.js')
  const { localLimits, openStoreGateway } = await from('packages/gateway/dist/index.js')
  const directory = join(process.env.MILLRACE_DIRECTORY, `server-${++servers}`)
  const store = await openStore({ dir: join(directory, 'data'), clock })
  const gateway = await openStoreGateway({
    store,
    clock,
    random: seededRandom(randomInt(2 ** 31)),
    region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1',
    directory,
    ...(ssl ? { port: 0, tls: { port, certificate: 'self-signed' } } : { port }),
    auth: { mode: 'lenient' },
    // The suite looks for tables in the making.
    limits: { ...localLimits, statusMs: 200 },
    drainMs: 0,
  })
  return async () => {
    await gateway.close()
    await store.close()
  }
}

module.exports = class Report {
  constructor(runner) {
    const report = { passed: 0, failed: [] }
    runner.on('pass', () => report.passed++)
    runner.on('fail', (test, error) => report.failed.push([test.fullTitle(), error.message]))
    runner.on('end', () => writeFileSync(process.env.MILLRACE_REPORT, JSON.stringify(report)))
  }
}
