/** MATCH_RECOGNIZE in words. */
import type { MatchNode, MatchReference } from '../changelog/plan.ts'
import type { Schema } from '../plan.ts'
import { callWords, columnName, durationWords, expressionWords, listWords } from './expression-words.ts'

export function matchWords(
  node: MatchNode,
  subject: string,
): { readonly title: string; readonly text: string; readonly details: readonly string[] } {
  const { input, partition, pattern, define, measures, references, skip, within, schema } = node
  // Expressions of the node are over a row of what they refer to.
  const seen: Schema = {
    fields: references.map((reference) => ({
      name: referenceWords(reference, input.schema),
      type: { kind: 'NULL' },
      nullable: true,
    })),
  }
  const rows = pattern.map(({ variable, min, max, greedy }) => {
    if (min === 1 && max === 1) return variable
    const times =
      max === Number.POSITIVE_INFINITY
        ? min === 0
          ? 'any number of'
          : `${min} or more`
        : min === max
          ? `${min}`
          : `${min} to ${max}`
    return `${times} ${variable}${greedy ? '' : ' (as few as possible)'}`
  })
  const by =
    partition.length === 0
      ? ''
      : ` with the same ${listWords(partition.map((index) => columnName(input.schema, index)))}`
  const outputs = schema.fields.slice(partition.length).map(({ name }) => name)
  const after =
    skip.kind === 'past-last'
      ? 'after its last row'
      : !('variable' in skip)
        ? 'after its first row'
        : `at the ${skip.kind === 'to-first' ? 'first' : 'last'} ${skip.variable}`
  return {
    title: 'Find a pattern',
    text: `Finds, among rows of ${subject}${by} in the order of time, ${rows.join(', then ')}${within === undefined ? '' : `, all within ${durationWords(within)}`}, and gives one row for each match.`,
    details: [
      ...define.map(
        ({ variable, condition }) => `${variable} is a row where ${expressionWords(condition, seen)}.`,
      ),
      ...pattern
        .filter(({ variable }) => define.every((each) => each.variable !== variable))
        .map(({ variable }) => `${variable} is any row.`),
      ...measures.map((measure, i) => `${outputs[i] ?? 'result'} = ${expressionWords(measure, seen)}`),
      `The search goes on ${after}.`,
    ],
  }
}

function referenceWords(reference: MatchReference, schema: Schema): string {
  switch (reference.kind) {
    case 'match-rowtime':
      return "the match's time"
    case 'match-proctime':
      return "the clock's time"
    case 'aggregate':
      return `${callWords(reference.call, schema)} of ${reference.variable ?? 'the match'}`
    case 'first':
    case 'last': {
      const of = reference.variable ?? 'the match'
      const place = reference.offset === 0 ? reference.kind : `${reference.kind} but ${reference.offset}`
      const isPlain = reference.kind === 'last' && reference.offset === 0
      const value = expressionWords(reference.expr, schema)
      return isPlain && reference.variable !== undefined
        ? `${of}.${value}`
        : `${value} of the ${place} row of ${of}`
    }
  }
}
