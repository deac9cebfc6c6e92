/** What the graph and the table say of a node: links, kinds, marks of what is wrong, in words. */
import type { PipelineNode, PipelineNodeKind, StageSample } from '../../../../src/protocol/pipeline.ts'
import type { Tone } from '../../kit/controls.tsx'
import { bytesText, countText, durationText, rateText } from '../../kit/numbers.ts'
import { hrefOf } from '../../kit/router.ts'
import type { IndexedSample } from './live-samples.ts'

export const kindNames: Readonly<Record<PipelineNodeKind, string>> = {
  source: 'Source',
  query: 'Query',
  function: 'Function',
  delivery: 'Delivery',
  stream: 'Stream',
  table: 'Table',
  reference: 'Reference file',
  dataset: 'Lake dataset',
  bucket: 'Bucket',
  'dead-letters': 'Dead letters',
}

/** The name of a stage, if the node is one. */
export function stageOf({ id }: Pick<PipelineNode, 'id'>): string | undefined {
  return id.startsWith('stage:') ? id.slice('stage:'.length) : undefined
}

/** Where a node leads to; undefined: there is no page of it. */
export function nodeHref(node: Pick<PipelineNode, 'id' | 'kind' | 'name'>): string | undefined {
  const stage = stageOf(node)
  if (stage !== undefined) return hrefOf(['pipeline', stage])
  switch (node.kind) {
    case 'stream':
      return hrefOf(['streams', node.name])
    case 'table':
      return hrefOf(['tables', node.name])
    case 'dataset':
      return hrefOf(['lake', 'tables', ...splitName(node.name)])
    case 'bucket':
      return hrefOf(['lake', 'buckets'], { bucket: node.name })
    case 'dead-letters':
      return hrefOf(['dead-letters'], { stage: node.name })
    default:
      return undefined
  }
}

/** `sales.orders`: database and table; the table's name may hold dots, the database's may not. */
function splitName(name: string): [database: string, table: string] {
  const dot = name.indexOf('.')
  return [name.slice(0, dot), name.slice(dot + 1)]
}

function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${countText(count)} ${what}s`
}

export interface Mark {
  readonly tone: Tone
  readonly text: string
}

/** The worst first. */
export function stageMarks(stage: StageSample): Mark[] {
  const marks: Mark[] = []
  if (stage.state === 'failed') marks.push({ tone: 'bad', text: 'failed' })
  if (!stage.ledger.balanced) marks.push({ tone: 'bad', text: 'ledger off' })
  if (stage.deadLetters > 0) marks.push({ tone: 'bad', text: `${countText(stage.deadLetters)} dead` })
  if (stage.errors > 0) marks.push({ tone: 'warn', text: counted(stage.errors, 'error') })
  if (stage.waitsFor !== undefined) marks.push({ tone: 'warn', text: 'back-pressure' })
  if (stage.ledger.late > 0) marks.push({ tone: 'warn', text: `${countText(stage.ledger.late)} late` })
  if (stage.state === 'starting') marks.push({ tone: 'plain', text: 'starting' })
  if (stage.state === 'done') marks.push({ tone: 'plain', text: 'done' })
  return marks
}

/** Marks as one text, which can be compared: `tone text|tone text`. */
export function marksText(sample: IndexedSample, node: PipelineNode): string {
  const name = stageOf(node)
  const stage = name === undefined ? undefined : sample.stage.get(name)
  return stage === undefined
    ? ''
    : stageMarks(stage)
        .map(({ tone, text }) => `${tone} ${text}`)
        .join('|')
}

export function parseMarks(text: string): Mark[] {
  if (text === '') return []
  return text.split('|').map((mark) => {
    const at = mark.indexOf(' ')
    // Written by marksText.
    return { tone: mark.slice(0, at) as Tone, text: mark.slice(at + 1) }
  })
}

/** The live lines of a node, with a line break between. */
export function nodeLines(sample: IndexedSample, node: PipelineNode): string {
  const name = stageOf(node)
  if (name !== undefined) {
    const stage = sample.stage.get(name)
    if (stage === undefined) return ''
    const rate = rateText(stage.kind === 'source' ? stage.outPerSecond : stage.inPerSecond)
    const { latencyMs } = stage
    if (latencyMs !== undefined && stage.kind !== 'source')
      return `${rate}\np99 ${durationText(latencyMs.p99)}`
    return `${rate}\n${stage.status ?? node.about}`
  }
  switch (node.kind) {
    case 'stream': {
      const stream = sample.stream.get(node.name)
      if (stream === undefined) return ''
      const shards = stream.openShards === 1 ? '1 shard' : `${stream.openShards} shards`
      return `${counted(stream.records, 'record')}\n${bytesText(stream.bytes)}, ${shards}`
    }
    case 'table': {
      const items = sample.items.get(node.name)
      if (items === undefined) return ''
      return `${counted(items, 'item')}\n${node.about}`
    }
    case 'dead-letters': {
      const waiting = sample.stage.get(node.name)?.deadLetters ?? 0
      return `${countText(waiting)} waiting\n${kindNames[node.kind].toLowerCase()}`
    }
    default:
      return `${kindNames[node.kind]}\n${node.about}`
  }
}
