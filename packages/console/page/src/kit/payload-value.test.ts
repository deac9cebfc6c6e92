import { describe, expect, it } from 'vitest'
import { NumberText, payloadValue } from './payload-value.ts'

/** Node 20 does not tell the digits; browsers that we build for do. */
const tellsDigits = (() => {
  let told = false
  JSON.parse('1', ((_key: string, value: unknown, ...rest: unknown[]) => {
    told = rest.length > 0
    return value
  }) as (key: string, value: unknown) => unknown)
  return told
})()

describe('a payload as a value', () => {
  it('is what the JSON says', () => {
    expect(payloadValue(' {"a":[1,true,null,"x"]}')).toEqual({ a: [1, true, null, 'x'] })
    expect(payloadValue('"<script>"')).toBe('<script>')
  })

  it('is none where it is no JSON, or a bare word', () => {
    for (const text of ['', 'hello', '12', 'true', '{"a":', '[1,]'])
      expect(payloadValue(text)).toBeUndefined()
  })

  it.runIf(tellsDigits)('keeps digits that a number of JavaScript would lose', () => {
    expect(payloadValue('{"a":9007199254740993,"b":1.50,"c":2}')).toEqual({
      a: new NumberText('9007199254740993'),
      b: new NumberText('1.50'),
      c: 2,
    })
  })
})
