/** Hash functions of the Flink dialect: of text (as UTF-8) or bytes, as lower-case hexadecimal digits. */
import { createHash } from 'node:crypto'
import type { SqlValue } from '../../plan.ts'
import { countOf } from '../argument-values.ts'
import { type ScalarFunction, SqlRuntimeError } from '../scalar-function.ts'
import { define } from './define.ts'
import { stringType } from './types.ts'
import { bytesOf } from './value-text.ts'

export const flinkHash: readonly ScalarFunction[] = [
  ...['MD5', 'SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512'].map((name) =>
    define({
      name,
      parameters: ['textOrBytes'],
      returns: stringType,
      evaluate: ([value]) => digest(name.toLowerCase(), value!),
    }),
  ),
  define({
    name: 'SHA2',
    parameters: ['textOrBytes', 'integer'],
    forms: ['SHA2(value, 224 | 256 | 384 | 512)'],
    returns: stringType,
    evaluate: ([value, bits]) => {
      const size = countOf(bits)
      if (size !== 224 && size !== 256 && size !== 384 && size !== 512)
        throw new SqlRuntimeError('ValueOutOfRange', `SHA2 has 224, 256, 384 or 512 bits, not ${size}`)
      return digest(`sha${size}`, value!)
    },
  }),
]

function digest(algorithm: string, value: SqlValue): string {
  const hash = createHash(algorithm)
  return (typeof value === 'string' ? hash.update(value, 'utf8') : hash.update(bytesOf(value))).digest('hex')
}
