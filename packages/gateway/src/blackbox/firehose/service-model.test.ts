/** The service's model and the gateway take and refuse the same inputs, at the same places. Without botocore it is skipped. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foreignDestinations, inputShapes, type OperationName } from '../../firehose/shapes/input-shapes.ts'
import { FAULTS_MAX, readInput, type Shape } from '../../wire/shape.ts'
import { WireError } from '../../wire/wire-error.ts'
import { inputsOf } from './random-inputs.ts'
import { judge, readServiceModel, type Verdict } from './service-model.ts'

const model = readServiceModel('firehose', '2015-08-04')
// Literals have no other keys than those of their type.
const operations = Object.keys(inputShapes) as OperationName[]

/** Of what the gateway does not have, it reads no more than that it is there. */
const foreign = new Set([
  ...foreignDestinations.flatMap((name) => [`${name}Configuration`, `${name}Update`]),
  'MSKSourceConfiguration',
  'DatabaseSourceConfiguration',
])
const isOpen = (name: string): boolean => foreign.has(name)

describe('shapes of inputs', () => {
  if (model === undefined) {
    test.skipIf(process.env.CI === undefined)('there is no botocore', () => expect.fail('no botocore'))
    return
  }

  test('are those of all operations of the model', () => {
    expect(new Set(operations)).toEqual(new Set(Object.keys(model.operations)))
  })

  test.each(operations)('of %s refuse what the model refuses, and nothing else', (operation) => {
    const counts = { taken: 0, unreadable: 0, invalid: 0 }
    fc.assert(
      fc.property(inputsOf(model, operation, isOpen), (given) => {
        // As it comes over the wire.
        const input: unknown = JSON.parse(JSON.stringify(given))
        const expected = judge(model, operation, input, isOpen)
        counts[expected.kind]++
        expect(answerOf(inputShapes[operation], input)).toEqual(shortened(expected))
      }),
      { numRuns: 400 },
    )
    expect(counts.taken).toBeGreaterThan(0)
    expect(counts.invalid + counts.unreadable).toBeGreaterThan(0)
  })
})

function answerOf(shape: Shape<unknown>, input: unknown): Verdict {
  try {
    readInput(shape, input)
    return { kind: 'taken' }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    if (error.type === 'SerializationException') return { kind: 'unreadable' }
    const paths = new Set([...error.message.matchAll(/ at '([\w.]+)' failed/g)].map(([, path]) => path!))
    return shortened({ kind: 'invalid', paths })
  }
}

/** The service stops after some faults; then it is not said which. */
function shortened(verdict: Verdict): Verdict {
  return verdict.kind === 'invalid' && verdict.paths.size >= FAULTS_MAX - 3
    ? { kind: 'invalid', paths: new Set() }
    : verdict
}
