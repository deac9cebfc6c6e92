import { Writable } from 'node:stream'
import type { FunctionLogLine } from '@millrace/runtime'
import { expect, it } from 'vitest'
import { FunctionLines } from './function-lines.ts'

const line = (text: string): FunctionLogLine => ({ functionName: 'f', timeMs: 0, requestId: undefined, text })

it('what functions print while the app starts comes after the greeting, the rest at once', () => {
  const written: string[] = []
  const out = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk))
      done()
    },
  })
  // Of a stream that is no terminal only writing is used.
  const lines = new FunctionLines(out as NodeJS.WriteStream)
  lines.take([line('early'), line('START RequestId: 1')])
  expect(written).toEqual([])
  lines.greeted()
  expect(written).toEqual(['f | early\n'])
  lines.take([line('late')])
  lines.greeted()
  expect(written).toEqual(['f | early\n', 'f | late\n'])
})
