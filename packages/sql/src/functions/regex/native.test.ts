import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJavaPattern } from './parse-java.ts'
import { RegexProgram } from './program.ts'

const piece = fc.constantFrom(
  'a',
  'b',
  '[ab]',
  '[^a]',
  '.',
  '^',
  '$',
  '\\b',
  '(a)',
  '(a|b)',
  '(?:a|bc)',
  'a*',
  'b+?',
  '[ab]*',
  '(a*)',
  'a{1,2}',
  '\u{1f600}',
  '(|a)',
)

test('the platform’s engine and the simulation find the same match and groups', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('')),
      fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '\n', '\u{1f600}'), maxLength: 12 }),
      fc.nat(3),
      (pattern, text, from) => {
        fc.pre(from <= text.length && !(text.charCodeAt(from) >= 0xdc00 && text.charCodeAt(from) < 0xe000))
        const program = new RegexProgram(pattern, parseJavaPattern(pattern))
        const simulated = new RegexProgram(pattern, {
          kind: 'sequence',
          nodes: [parseJavaPattern(pattern), never],
        })
        expect(program.exec(text, from)).toEqual(simulated.exec(text, from))
      },
    ),
    { numRuns: 500 },
  )
})

/** Matches nothing and takes no character, but is a repeat of a group, which only the simulation runs. */
const never = {
  kind: 'repeat',
  node: { kind: 'sequence', nodes: [] },
  min: 0,
  max: 1,
  greedy: true,
} as const
