/**
 * A regular expression as one of the platform, where that answers the same and backtracking cannot grow beyond
 * text length ^ (repeats + 1) steps: repeats only of single characters and few of them, few choices. The platform's engine
 * is many times faster on short texts than the simulation of program.ts; both take the match of highest priority.
 * Groups inside repeats are left to the simulation, because JavaScript forgets them with each round and Java does not.
 */
import type { Assertion, CharacterSet, RegexNode } from './tree.ts'

export interface NativeRegex {
  readonly regex: RegExp
  /** The longest text for which the steps stay few. */
  readonly textMax: number
}

const repeatsMax = 2
const choicesMax = 4
const stepsMax = 2_000_000

export function nativeRegex(node: RegexNode): NativeRegex | undefined {
  const counts = { repeats: 0, choices: 0 }
  const source = sourceOf(node, counts)
  if (source === undefined || counts.repeats > repeatsMax || counts.choices > choicesMax) return undefined
  return {
    regex: new RegExp(source, 'dgu'),
    textMax: Math.floor(stepsMax ** (1 / (counts.repeats + 1))),
  }
}

const assertions: Readonly<Record<Assertion, string>> = {
  start: '^',
  end: '$',
  'word-boundary': '\\b',
  'no-word-boundary': '\\B',
}

function sourceOf(node: RegexNode, counts: { repeats: number; choices: number }): string | undefined {
  switch (node.kind) {
    case 'characters':
      return setSource(node.set)
    case 'assertion':
      return assertions[node.what]
    case 'sequence':
    case 'choice': {
      const parts: string[] = []
      for (const part of node.nodes) {
        const source = sourceOf(part, counts)
        if (source === undefined) return undefined
        parts.push(source)
      }
      if (node.kind === 'sequence') return parts.join('')
      counts.choices += node.nodes.length - 1
      return `(?:${parts.join('|')})`
    }
    case 'repeat': {
      if (node.node.kind !== 'characters') return undefined
      counts.repeats++
      const max = node.max === Number.POSITIVE_INFINITY ? '' : node.max
      return `${setSource(node.node.set)}{${node.min},${max}}${node.greedy ? '' : '?'}`
    }
    case 'group': {
      const source = sourceOf(node.node, counts)
      return source === undefined ? undefined : `(${source})`
    }
  }
}

function setSource({ ranges, negated }: CharacterSet): string {
  // JavaScript reads [] as nothing and [^] as anything, which is what they mean here too.
  let source = negated ? '[^' : '['
  for (let i = 0; i < ranges.length; i += 2) {
    source += `\\u{${ranges[i]!.toString(16)}}-\\u{${ranges[i + 1]!.toString(16)}}`
  }
  return `${source}]`
}
