import { describe, expect, it } from 'vitest'
import { noServices } from './lambda-environment.ts'
import { failed, makeRunner, returned } from './testing/lambda-kit.ts'

/** One invocation of a handler whose file holds `text`. */
async function run(text: string, event: unknown = {}, settings = {}) {
  return makeRunner({ 'app.js': text }, settings).invoke(JSON.stringify(event))
}

describe('a handler answers', () => {
  it('by a promise, at once, though timers are left', async () => {
    const outcome = await run('exports.handler = async (e) => { setTimeout(() => {}, 60_000); return e }', {
      a: [1],
    })
    expect(returned(outcome)).toEqual({ a: [1] })
  })

  it('by the callback, once nothing runs any more', async () => {
    const text = `exports.handler = (event, context, callback) => {
      setTimeout(() => { globalThis.late = true }, 50)
      callback(null, { early: globalThis.late === undefined })
      if (event.second) callback(null, 'only the first answer counts')
    }
    exports.late = async () => globalThis.late`
    expect(returned(await run(text, { second: true }))).toEqual({ early: true })
    const runner = makeRunner({
      'app.js': `${text.replace('callback(null', "callback(null, 'x'); (() => {})(null")}
      exports.handler = ((first) => (e, c, callback) => e.late ? callback(null, globalThis.late ?? 'not yet') : first(e, c, callback))(exports.handler)`,
    })
    await runner.invoke('{}')
    // The timer ran before the first answer was given.
    expect(returned(await runner.invoke('{"late":true}'))).toBe(true)
  })

  it('by the callback, at once where it is told not to wait', async () => {
    const outcome = await run(`exports.handler = (event, context, callback) => {
      context.callbackWaitsForEmptyEventLoop = false
      setTimeout(() => {}, 60_000)
      callback(null, 'at once')
    }`)
    expect(returned(outcome)).toBe('at once')
  })

  it('by context.done, succeed and fail, without waiting', async () => {
    const waiting = 'setTimeout(() => {}, 60_000)'
    expect(returned(await run(`exports.handler = (e, c) => { ${waiting}; c.succeed('s') }`))).toBe('s')
    expect(returned(await run(`exports.handler = (e, c) => { ${waiting}; c.done(null, 'd') }`))).toBe('d')
    const { error } = failed(
      await run(`exports.handler = (e, c) => { ${waiting}; c.fail(new RangeError('f')) }`),
    )
    expect(error).toMatchObject({ errorType: 'RangeError', errorMessage: 'f' })
    expect(failed(await run('exports.handler = (e, c) => c.done("text")')).error).toEqual({
      errorType: 'string',
      errorMessage: 'text',
      stackTrace: [],
    })
    expect(failed(await run('exports.handler = (e, c) => c.fail()')).error.errorMessage).toBe('handled')
  })

  it('by what a plain function returns, once nothing runs any more', async () => {
    expect(returned(await run('exports.handler = (event) => ({ got: event })', 1))).toEqual({ got: 1 })
    // A value that is returned by the way does not come before the callback.
    const text = `exports.handler = (e, context) => {
      const request = { sent: true }
      setTimeout(() => context.done(null, 'answer'), 20)
      return request
    }`
    expect(returned(await run(text))).toBe('answer')
  })

  it('with null where it answers nothing', async () => {
    for (const body of ['async () => {}', '() => {}', '(e, c, callback) => callback()', 'async () => null']) {
      expect(await run(`exports.handler = ${body}`), body).toMatchObject({
        kind: 'returned',
        payload: 'null',
      })
    }
    expect(await run('exports.handler = async () => () => 1')).toMatchObject({ payload: 'null' })
  })

  it('with an error where its promise can never settle', async () => {
    const outcome = failed(await run('exports.handler = async () => new Promise(() => {})'))
    expect(outcome.error.errorType).toBe('Runtime.NodeJsExit')
  })
})

describe('a handler fails', () => {
  const cases: readonly (readonly [body: string, errorType: string, errorMessage: RegExp])[] = [
    ['async () => { throw new TypeError("a") }', 'TypeError', /^a$/],
    ['() => { throw new TypeError("b") }', 'TypeError', /^b$/],
    ['async () => { throw "text" }', 'string', /^text$/],
    ['async () => { throw 5 }', 'number', /^5$/],
    ['async () => { throw { a: 1 } }', 'object', /Object/],
    ['async () => { throw null }', 'string', /^null$/],
    ['() => { throw undefined }', 'string', /^undefined$/],
    ['async () => { throw Object.create(null) }', 'handled', /cannot be read/],
    ['async () => { throw { get name() { throw 1 } } }', 'handled', /cannot be read/],
    ['async () => { throw Symbol("s") }', 'symbol', /Symbol\(s\)/],
    ['(e, c, callback) => callback(new Error("c"))', 'Error', /^c$/],
    ['(e, c, callback) => callback("text")', 'string', /^text$/],
    ['async () => { const a = {}; a.a = a; return a }', 'Error', /Unable to stringify/],
    ['async () => 1n', 'Error', /Unable to stringify/],
    ['async () => "x".repeat(6_291_555)', 'Function.ResponseSizeTooLarge', /6291556 bytes/],
  ]

  it.each(cases)('%s', async (body, errorType, errorMessage) => {
    const runner = makeRunner({
      'app.js': `exports.handler = (e, ...rest) => e.fine ? 'fine' : (${body})(e, ...rest)`,
    })
    const { error } = failed(await runner.invoke('{}'))
    expect(error.errorType).toBe(errorType)
    expect(error.errorMessage).toMatch(errorMessage)
    // Its process goes on.
    const next = await runner.invoke('{"fine":true}')
    expect(next).toMatchObject({ kind: 'returned', initMs: undefined })
  })

  it('with a stack that names its own file, and nothing behind the call of the handler', async () => {
    const { error } = failed(await run('exports.handler = async () => {\n  throw new Error("here")\n}'))
    expect(error.stackTrace).toEqual(['Error: here', expect.stringMatching(/app\.js:2:/)])
    const waited = 'await new Promise((done) => setImmediate(done))'
    const later = failed(await run(`exports.handler = async () => {\n${waited}\nthrow new Error("here")\n}`))
    expect(later.error.stackTrace).toEqual(['Error: here', expect.stringMatching(/app\.js:3:/)])
  })
})

describe('the context', () => {
  it('has what that of Lambda has', async () => {
    const outcome = await run(
      `exports.handler = async (event, context) => ({
        ...context, remaining: context.getRemainingTimeInMillis(), keys: Object.keys(context).sort(),
      })`,
      {},
      { functionName: 'orders', memoryMb: 256, timeoutMs: 5000 },
    )
    if (outcome.kind !== 'returned') throw new Error(outcome.kind)
    const { remaining, keys, ...context } = JSON.parse(outcome.payload)
    expect(remaining).toBeGreaterThan(4000)
    expect(remaining).toBeLessThanOrEqual(5000)
    expect(context).toEqual({
      callbackWaitsForEmptyEventLoop: true,
      functionName: 'orders',
      functionVersion: '$LATEST',
      memoryLimitInMB: '256',
      logGroupName: '/aws/lambda/orders',
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:orders',
      awsRequestId: outcome.requestId,
    })
    expect(keys).toEqual(expect.arrayContaining(['done', 'fail', 'succeed', 'identity', 'clientContext']))
  })
})

describe('the environment', () => {
  it("is Lambda's and the app's, and nothing of the host's secrets", async () => {
    const runner = makeRunner(
      { 'app.js': 'exports.handler = async () => ({ env: process.env, cwd: process.cwd() })' },
      { environment: { TABLE: 'orders', AWS_REGION: 'eu-west-1', AWS_LAMBDA_FUNCTION_NAME: 'another' } },
      {
        hostEnvironment: {
          PATH: process.env.PATH,
          AWS_ACCESS_KEY_ID: 'of the host',
          AWS_PROFILE: 'of the host',
          DATABASE_PASSWORD: 'of the host',
          NODE_OPTIONS: '--no-warnings',
        },
        services: {
          ...noServices,
          environment: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'ours' },
        },
      },
    )
    const { env, cwd } = returned(await runner.invoke('{}')) as { env: Record<string, string>; cwd: string }
    expect(env).toMatchObject({
      PATH: process.env.PATH,
      TABLE: 'orders',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_ACCESS_KEY_ID: 'ours',
      AWS_LAMBDA_FUNCTION_NAME: 'probe',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      _HANDLER: 'app.handler',
      TZ: ':UTC',
    })
    expect(env.LAMBDA_TASK_ROOT).toBe(cwd)
    expect(JSON.stringify(env)).not.toMatch(/of the host|no-warnings/)
    expect(Object.keys(env)).not.toContain('AWS_PROFILE')
  })
})

describe('payloads', () => {
  it('of 6 MB go in and out, also beyond ASCII', async () => {
    const event = { text: 'ä€😀'.repeat(600_000) }
    const runner = makeRunner({ 'app.js': 'exports.handler = async (event) => event' }, { memoryMb: 512 })
    expect(returned(await runner.invoke(JSON.stringify(event)))).toEqual(event)
  })
})
