/** A node of the graph: a link with its kind, its name, a live line, and marks of what is wrong. */
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react'
import { memo } from 'react'
import type { PipelineNode } from '../../../../src/protocol/pipeline.ts'
import { Badge } from '../../kit/controls.tsx'
import { Link } from '../../kit/router.ts'
import { KindIcon } from './kind-icon.tsx'
import { useLive } from './live-samples.ts'
import { kindNames, marksText, nodeHref, nodeLines, parseMarks } from './node-words.ts'

export type DrawnNode = Node<{ readonly node: PipelineNode }, 'pipeline'>

export const PipelineNodeView = memo(function PipelineNodeView({ data: { node } }: NodeProps<DrawnNode>) {
  const [line = '', more = ''] = (useLive((sample) => nodeLines(sample, node)) ?? '').split('\n')
  const marks = parseMarks(useLive((sample) => marksText(sample, node)) ?? '')
  const worst = marks[0]?.tone ?? 'plain'
  const href = nodeHref(node)
  const inside = (
    <>
      <span className="name">
        <KindIcon kind={node.kind} />
        <span className="hidden-label">{kindNames[node.kind]} </span>
        <span>{node.name}</span>
      </span>{' '}
      <span className="line">{line === '' ? kindNames[node.kind] : line}</span>{' '}
      <span className="line">{more === '' ? node.about : more}</span>
      <span className="hidden-label"> {marks.map(({ text }) => text).join(' ')}</span>
    </>
  )
  const look = `flow-node ${node.kind} ${worst}${node.aside ? ' aside' : ''}`
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      {href === undefined ? (
        <div className={look} title={node.about}>
          {inside}
        </div>
      ) : (
        <Link className={look} href={href} data-node={node.id} title={node.about} draggable={false}>
          {inside}
        </Link>
      )}
      {marks.length === 0 ? null : (
        <span className="flow-marks" aria-hidden="true">
          {marks.slice(0, 2).map(({ tone, text }) => (
            <Badge key={text} tone={tone}>
              {text}
            </Badge>
          ))}
        </span>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  )
})
