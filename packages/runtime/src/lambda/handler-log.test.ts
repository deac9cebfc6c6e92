import { describe, expect, it } from 'vitest'
import type { FunctionLogLine } from './invocation-log.ts'
import { failed, makeRunner } from './testing/lambda-kit.ts'

describe('the log of an invocation', () => {
  it('says of an error once what it was', async () => {
    const bodies: readonly (readonly [body: string, line: RegExp])[] = [
      ['throw new Error("it is \\"bad\\"")', /\tERROR\tInvoke Error \t\{"errorType":"Error"/],
      ['Promise.reject(new Error("unheard")); await new Promise(() => {})', /\tERROR\tRuntime\.Unhandled/],
      ['process.exit(3)', /^Runtime\.ExitError: .*exit status 3$/],
    ]
    for (const [body, line] of bodies) {
      const outcome = failed(
        await makeRunner({ 'app.js': `exports.handler = async () => { ${body} }` }).invoke('{}'),
      )
      const said = outcome.log.filter((text) => !/^(START|END|REPORT) /.test(text))
      expect(said, body).toEqual([expect.stringMatching(line)])
    }
  })

  it('is START, what the function printed, END and REPORT', async () => {
    const text = `console.log('while it is loaded')
      exports.handler = async () => {
        console.log('a %d', 1, { b: 2 })
        console.warn('two\\nlines')
        console.error(new RangeError('e').message)
        process.stdout.write('piece ')
        process.stdout.write('by piece\\nand ')
        process.stderr.write(Buffer.from('an error\\n'))
        console.table([[1]])
      }`
    const seen: FunctionLogLine[] = []
    const runner = makeRunner({ 'app.js': text }, {}, { onLine: (line) => void seen.push(line) })
    const first = await runner.invoke('{}')
    if (first.kind !== 'returned') throw new Error(first.kind)
    const { log, requestId: id } = first
    const at = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
    const expected = [
      `START RequestId: ${id} Version: \\$LATEST`,
      `${at}\t${id}\tINFO\ta 1 { b: 2 }`,
      `${at}\t${id}\tWARN\ttwo\nlines`,
      `${at}\t${id}\tERROR\te`,
      'piece by piece',
      'an error',
    ]
    for (const [i, line] of expected.entries()) expect(log[i]).toMatch(new RegExp(`^${line}$`))
    expect(log.at(-3)).toBe('and ')
    expect(log.at(-2)).toBe(`END RequestId: ${id}`)
    expect(log.at(-1)).toMatch(
      new RegExp(
        `^REPORT RequestId: ${id}\tDuration: [\\d.]+ ms\tBilled Duration: \\d+ ms\tMemory Size: 128 MB\t` +
          'Max Memory Used: \\d+ MB\tInit Duration: [\\d.]+ ms$',
      ),
    )
    expect(seen[0]).toMatchObject({ functionName: 'probe', requestId: undefined })
    expect(seen[0]?.text).toMatch(/while it is loaded$/)
    expect(seen.slice(1).map((line) => line.text)).toEqual(log)

    const second = await runner.invoke('{}')
    if (second.kind !== 'returned') throw new Error(second.kind)
    // Warm: no init, and nothing of the first invocation.
    expect(second.initMs).toBeUndefined()
    expect(second.log.at(-1)).not.toMatch(/Init/)
    expect(second.log.join('\n')).not.toContain(id)
  })

  it('is bounded, and says how much it leaves out', async () => {
    const runner = makeRunner({
      'app.js': `exports.handler = async (event) => {
        for (let i = 0; i < event.lines; i++) console.log(i)
        console.log('x'.repeat(event.length))
      }`,
    })
    const many = await runner.invoke('{"lines":60000,"length":1}')
    if (many.kind !== 'returned') throw new Error(many.kind)
    expect(many.log.length).toBeLessThan(12_010)
    expect(many.log.at(-3)).toMatch(/^5000\d more lines of this invocation are left out$/)
    const long = await runner.invoke('{"lines":1,"length":50000000}')
    if (long.kind !== 'returned') throw new Error(long.kind)
    expect(long.log.join('').length).toBeLessThan(400_000)
    expect(long.log.join('\n')).toMatch(/\.\.\. \(500000\d\d characters\)/)
  })

  it('has what was printed before an end without warning, also past the console', async () => {
    for (const end of ['process.exit(1)', 'process.kill(process.pid, "SIGKILL")', 'process.abort()']) {
      const { log, error } = failed(
        await makeRunner({
          'app.js': `exports.handler = async () => {
            console.log('last words')
            require('node:fs').writeSync(2, 'of another kind\\n')
            ${end}
          }`,
        }).invoke('{}'),
      )
      expect(error.errorType, end).toBe('Runtime.ExitError')
      expect(log.join('\n'), end).toMatch(/last words[\s\S]*of another kind[\s\S]*Runtime\.ExitError/)
    }
  })
})
