/**
 * Runs a program on two servers step by step and finds the first step that they answer differently, other than as listed;
 * then makes the program as short as it can be while they still differ.
 */
import { isAlike, type Outcome, runStep, showOutcome } from './compare-replies.ts'
import type { Program, Step } from './random-program.ts'
import type { TableShape } from './random-values.ts'
import type { Json, JsonObject, Peer } from './table-peer.ts'
import type { WantedDifference } from './wanted-differences.ts'

export interface Difference {
  readonly steps: readonly Step[]
  readonly ours: Outcome
  readonly theirs: Outcome
}

export interface Comparison {
  readonly ours: Peer
  readonly theirs: Peer
  readonly wanted: readonly WantedDifference[]
  /** Told of each listed difference that is met. */
  readonly onWanted?: (difference: WantedDifference) => void
}

/** The first difference and the steps up to it, or undefined. */
export async function findDifference(
  comparison: Comparison,
  program: Program,
): Promise<Difference | undefined> {
  const { ours, theirs, wanted, onWanted } = comparison
  const shapes = program.tables.map(({ shape }) => shape)
  const peers = [ours, theirs]
  for (const { create } of program.tables) for (const peer of peers) await makeTable(peer, create)
  for (const [index, step] of [...program.steps, ...closing(shapes)].entries()) {
    const [mine, other] = [await runStep(ours, step, shapes), await runStep(theirs, step, shapes)]
    if (isAlike(mine, other)) continue
    const listed = wanted.find((difference) => allows(difference, step, mine, other))
    if (listed === undefined) {
      await dropTables(peers, shapes)
      return { steps: [...program.steps.slice(0, index), step], ours: mine, theirs: other }
    }
    onWanted?.(listed)
    for (const shape of shapes) await copyItems(theirs, ours, shape)
  }
  await dropTables(peers, shapes)
  return undefined
}

/** Leaves out steps, more and more finely, while the last one still makes a difference of the same kind. */
export async function shrink(
  comparison: Comparison,
  program: Program,
  found: Difference,
  triesMax = 150,
): Promise<Difference> {
  let best = found
  let tries = 0
  for (let chunk = best.steps.length >> 1; chunk > 0; ) {
    let isShorter = false
    for (let from = 0; from + 1 < best.steps.length && tries < triesMax; tries++) {
      const steps = best.steps.toSpliced(from, Math.min(chunk, best.steps.length - 1 - from))
      const again = await findDifference(comparison, { tables: program.tables, steps })
      if (
        again !== undefined &&
        again.ours.type === found.ours.type &&
        again.theirs.type === found.theirs.type
      ) {
        best = again
        isShorter = true
      } else {
        from += chunk
      }
    }
    if (!isShorter) chunk >>= 1
  }
  return best
}

export function showDifference(program: Program, { steps, ours, theirs }: Difference): string {
  const last = steps.at(-1)
  return [
    ...program.tables.map(({ create }) => `CreateTable ${JSON.stringify(create)}`),
    ...steps.map(
      ({ operation, input, isPaged }) =>
        `${operation}${isPaged ? ' (all pages)' : ''} ${JSON.stringify(input)}`,
    ),
    `${last?.operation} ours:   ${showOutcome(ours)}`,
    `${last?.operation} theirs: ${showOutcome(theirs)}`,
  ].join('\n')
}

/** At the end all items are compared, and all that indexes hold. */
function closing(shapes: readonly TableShape[]): Step[] {
  return shapes.flatMap(({ name, indexes }) =>
    [{}, ...indexes.map((index) => ({ IndexName: index.name }))].map(
      (index): Step => ({ operation: 'Scan', input: { TableName: name, ...index }, isPaged: true }),
    ),
  )
}

function allows(
  { operations, ours, theirs }: WantedDifference,
  step: Step,
  mine: Outcome,
  other: Outcome,
): boolean {
  if (operations !== undefined && !operations.includes(step.operation)) return false
  return ours.test(showOutcome(mine)) && theirs.test(showOutcome(other))
}

async function makeTable(peer: Peer, create: JsonObject): Promise<void> {
  const { status, body } = await peer.call('CreateTable', create)
  if (status !== 200)
    throw new Error(`${peer.name} refuses ${JSON.stringify(create)}: ${JSON.stringify(body)}`)
  for (;;) {
    const { body } = await peer.call('DescribeTable', { TableName: create.TableName ?? null })
    if ((body.Table as JsonObject | undefined)?.TableStatus === 'ACTIVE') return
  }
}

async function dropTables(peers: readonly Peer[], shapes: readonly TableShape[]): Promise<void> {
  for (const peer of peers) {
    for (const { name } of shapes) {
      await peer.call('DeleteTable', { TableName: name })
      while ((await peer.call('DescribeTable', { TableName: name })).status === 200);
    }
  }
}

/** After a wanted difference the two go on from the same items. */
async function copyItems(from: Peer, to: Peer, { name, partition, sort }: TableShape): Promise<void> {
  const [wanted, present] = [await allItems(from, name), await allItems(to, name)]
  const texts = new Set(wanted.map((item) => JSON.stringify(item)))
  for (const item of present) {
    if (texts.has(JSON.stringify(item))) continue
    const Key: Record<string, Json> = { [partition.name]: item[partition.name]! }
    if (sort !== undefined) Key[sort.name] = item[sort.name]!
    await to.call('DeleteItem', { TableName: name, Key })
  }
  for (const Item of wanted) await to.call('PutItem', { TableName: name, Item })
}

async function allItems(peer: Peer, TableName: string): Promise<JsonObject[]> {
  const items: JsonObject[] = []
  let start: JsonObject = {}
  for (;;) {
    const { body } = await peer.call('Scan', { TableName, ...start })
    items.push(...(body.Items as readonly JsonObject[])) // As the API has it.
    if (body.LastEvaluatedKey === undefined) return items
    start = { ExclusiveStartKey: body.LastEvaluatedKey }
  }
}
