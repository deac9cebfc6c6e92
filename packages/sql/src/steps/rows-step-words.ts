/** What the row-by-row operators of KDA SQL do, in words: DISTINCT, sorting, stagger windows, the table functions over a CURSOR. */
import type { RowsNode } from '../plan.ts'
import { callsWords, durationWords, expressionWords, listWords } from './expression-words.ts'

export function rowsStepWords(
  { operator, args, passed, input }: RowsNode,
  subject: string,
): { readonly title: string; readonly text: string; readonly details?: readonly string[] } {
  const operands = args.slice(passed).map((arg) => expressionWords(arg, input.schema))
  const [first = 'their value'] = operands
  switch (operator.kind) {
    case 'in-order':
      return {
        title: 'Keep in order',
        text: `Passes rows of ${subject} on in the order of their times; one that is behind the last is left out.`,
      }
    case 'distinct': {
      const moving = operator.moving.map((i) => operands[i] ?? '')
      return {
        title: 'Leave repeats out',
        text: `Of rows with the same ${listWords(operands.slice(0, operator.compared))} only the first comes out.`,
        details: [
          moving.length === 0
            ? 'Combinations are remembered for ever.'
            : `Combinations are forgotten when ${listWords(moving)} ${moving.length === 1 ? 'changes' : 'change'}.`,
        ],
      }
    }
    case 'sort': {
      const order = operands.map(
        (text, i) => `${text}${operator.descending[i] === true ? ' (greatest first)' : ''}`,
      )
      return {
        title: 'Sort',
        text: `Holds the rows with the same ${first} back and gives them sorted by ${listWords(order)} when that changes.`,
        details: operator.nextStep === undefined ? [] : ['They come out with the time of the next step.'],
      }
    }
    case 'time-sort':
      return {
        title: 'Sort by time',
        text: `Sorts rows by ${first}, which becomes their time: each waits up to ${durationWords(operator.ms)} for earlier ones.`,
      }
    case 'stagger': {
      const keys = operands.slice(0, operator.keys)
      const seen = {
        fields: args
          .slice(passed)
          .map((arg, i) => ({ name: operands[i] ?? '', type: arg.type, nullable: true })),
      }
      return {
        title: 'Stagger window',
        text: `For each ${keys.length === 0 ? 'row that finds none' : listWords(keys)} a window of ${durationWords(operator.ms)} opens with its first row; at its end one row comes out${operator.calls.length === 0 ? '' : `: ${callsWords(operator.calls, seen)}`}.`,
      }
    }
    case 'top-k':
      return {
        title: `Top ${operator.k}`,
        text: `Counts how often each ${first} comes in ${durationWords(operator.ms)} and gives the ${operator.k} most frequent at the end.`,
        details: ['The counts are estimates where there are very many values.'],
      }
    case 'count-distinct':
      return {
        title: 'Count different values',
        text: `Gives the number of different values of ${first} in each ${durationWords(operator.ms)}.`,
      }
    case 'group-rank':
      return {
        title: 'Rank',
        text: `Ranks rows of the same time by ${first}${operator.descending ? ', the greatest first' : ', the least first'}${operator.outputMax === 0 ? '' : `, and gives the first ${operator.outputMax}`}.`,
        details: [
          operator.output === 'input'
            ? 'They come out in the order in which they came.'
            : 'They come out in the order of their ranks.',
          `They are held back for others of the same time, at most ${durationWords(operator.maxIdleMs)}.`,
        ],
      }
    case 'random-cut-forest':
      return {
        title: 'Score what is unusual',
        text: `Adds to each row a score that is the higher the less ${listWords(operands)} ${operands.length === 1 ? 'is' : 'are'} like what came before.`,
        details: [
          `${operator.trees} trees of ${operator.sample} rows each; about the last ${operator.timeDecay} rows count.`,
          ...(operator.explained === undefined ? [] : ['It also says which column made the score high.']),
        ],
      }
    case 'hotspots':
      return {
        title: 'Find hotspots',
        text: `Looks in the last ${operator.window} rows for places where ${listWords(operands)} lie close together, and adds them to the row.`,
        details: [`A hotspot has at least ${operator.minPoints} rows within ${operator.radius}.`],
      }
  }
}
