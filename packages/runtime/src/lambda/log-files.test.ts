import { readFileSync, statSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { FunctionLogLine } from './invocation-log.ts'
import { LogWriter, logFilesOf, loggedFunctions, parseLogLine } from './log-files.ts'
import { writeCode } from './testing/lambda-kit.ts'

function line(functionName: string, n: number): FunctionLogLine {
  return {
    functionName,
    timeMs: 1_767_225_600_000 + n,
    requestId: n % 2 === 0 ? undefined : 'r',
    text: `line\n${n}`,
  }
}

it("a function's lines come back as they were, the older ones go, and both files stay within their limit", () => {
  const dir = writeCode({})
  const limit = 2000
  const written: FunctionLogLine[] = []
  for (let run = 0; run < 3; run++) {
    const writer = new LogWriter(dir, limit)
    for (let n = 0; n < 40; n++) {
      const lines = [line('a', run * 100 + n), line('b.c', n)]
      writer.write(lines)
      written.push(lines[0]!)
    }
    writer.close()
  }
  expect(loggedFunctions(dir)).toEqual(['a', 'b.c'])
  const { current, older } = logFilesOf(dir, 'a')
  const read = [older, current].flatMap((file) => {
    expect(statSync(file).size).toBeLessThan(limit + 100)
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((text) => parseLogLine('a', text))
  })
  expect(read.length).toBeGreaterThan(20)
  expect(read).toEqual(written.slice(-read.length))
})

it('functions whose names end alike have files of their own', () => {
  const dir = writeCode({})
  const names = ['a', 'a.1', 'a.log', 'a.log.1']
  const writer = new LogWriter(dir, 100)
  for (let n = 0; n < 3; n++) writer.write(names.map((name) => line(name, n)))
  writer.close()
  expect(loggedFunctions(dir)).toEqual(names)
  const files = names.flatMap((name) => Object.values(logFilesOf(dir, name)))
  expect(new Set(files).size).toBe(files.length)
})

it('a torn line is none', () => {
  expect(parseLogLine('a', '{"time":"2026-01-01T00:0')).toBeUndefined()
  expect(parseLogLine('a', 'null')).toBeUndefined()
})
