/**
 * A query's plan as people would draw it: from where records come in at the top to where rows leave, a card for each step with a sentence.
 * Cards are measured before they are first seen, then placed; choosing one marks its place in the program.
 */
import { useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { PlanStep, StateSample } from '../../../../src/protocol/pipeline.ts'
import { bytesText, countText } from '../../kit/numbers.ts'
import { placeSteps, stepWidth } from './plan-places.ts'

export function PlanView({
  steps: all,
  state,
  chosen,
  onChoose,
}: {
  readonly steps: readonly PlanStep[]
  readonly state: ReadonlyMap<string, StateSample>
  readonly chosen: string | undefined
  readonly onChoose: (id: string) => void
}) {
  const box = useRef<HTMLDivElement>(null)
  // A table that rows are looked up in stands in the sentence of its step; a card for it would only take room.
  const steps = useMemo(() => all.filter(({ kind, inputs }) => kind !== 'table' || inputs.length > 0), [all])
  const [heights, setHeights] = useState<ReadonlyMap<string, number>>(new Map())
  useLayoutEffect(() => {
    const found = new Map<string, number>()
    for (const card of box.current?.querySelectorAll<HTMLElement>('[data-step]') ?? []) {
      // Room for the size of its state is kept from the beginning, so a card never grows.
      found.set(card.dataset.step ?? '', card.offsetHeight)
    }
    if (steps.length > 0) setHeights(found)
  }, [steps])
  const places = useMemo(() => placeSteps(steps, heights), [steps, heights])
  return (
    <div className="plan" ref={box}>
      <div className="plan-sheet" style={{ width: places.width, height: places.height }}>
        <svg width={places.width} height={places.height} aria-hidden="true">
          {places.lines.map(({ id, path, isLookup }) => (
            <path key={id} d={path} className={isLookup ? 'lookup' : ''} />
          ))}
        </svg>
        <ol aria-label="Steps of the plan, in the order in which rows go through them">
          {steps.map((step) => {
            const { x, y } = places.steps.get(step.id) ?? { x: 0, y: 0 }
            return (
              <li key={step.id} style={{ width: stepWidth, transform: `translate(${x}px, ${y}px)` }}>
                <button
                  type="button"
                  data-step={step.id}
                  className={`plan-step ${stepLook(step.kind)}`}
                  aria-pressed={step.id === chosen}
                  onClick={() => onChoose(step.id)}
                >
                  <span className="title">{step.title}</span>
                  <span className="text">{step.text}</span>
                  {step.keeps === undefined ? null : <span className="keeps">{stateText(step, state)}</span>}
                </button>
              </li>
            )
          })}
        </ol>
      </div>
    </div>
  )
}

function stepLook(kind: string): string {
  if (kind === 'input' || kind === 'output' || kind === 'stream' || kind === 'table')
    return `place place-${kind}`
  return kind.includes('join') ? 'work joins' : 'work'
}

function stateText({ operator }: PlanStep, state: ReadonlyMap<string, StateSample>): string {
  const size = operator === undefined ? undefined : state.get(operator)
  if (size === undefined) return 'keeps nothing now'
  return `keeps ${size.rows === 1 ? '1 entry' : `${countText(size.rows)} entries`}, ${bytesText(size.bytes)}`
}
