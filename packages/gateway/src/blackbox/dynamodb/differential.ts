/**
 * Runs a program on two servers step by step and finds the first step that they answer differently, other than as listed;
 * then makes the program as short as it can be while they still differ.
 */
import { canonical, isAlike, type Outcome, runStep, showOutcome, withSortedSets } from './compare-replies.ts'
import { drifts, isAskable, isWanted, mender, type Oracle, type WantedDifference } from './oracle.ts'
import type { Program, Step } from './random-program.ts'
import type { TableShape } from './random-values.ts'
import { readChanges } from './read-changes.ts'
import type { Json, JsonObject, Peer } from './table-peer.ts'

export interface Difference {
  /** All that leads to it. */
  readonly steps: readonly Step[]
  /** The step that is answered differently: the last one, or a look at everything afterwards. */
  readonly at: Step
  readonly ours: Outcome
  readonly theirs: Outcome
}

export interface Comparison {
  readonly ours: Peer
  readonly theirs: Peer
  readonly oracle: Pick<Oracle, 'lacks' | 'unaskable' | 'drifts' | 'mends' | 'wanted'>
  /** Told of each listed difference that is met. */
  readonly onWanted?: (difference: WantedDifference) => void
}

/** The first difference and the steps up to it, or undefined. */
export async function findDifference(
  comparison: Comparison,
  program: Program,
): Promise<Difference | undefined> {
  const { ours, theirs, oracle, onWanted } = comparison
  const shapes = program.tables.map(({ shape }) => shape)
  const peers = [ours, theirs]
  for (const { create } of program.tables) for (const peer of peers) await makeTable(peer, create)
  let copied = 0
  const copy = async (): Promise<void> => {
    for (const shape of shapes) copied += await copyItems(comparison, shape)
  }
  for (const [index, step] of [...program.steps, ...closing(shapes)].entries()) {
    if (!isAskable(oracle, step)) continue
    const mine = await runStep(ours, step, shapes, mender(oracle, 'ours', step))
    const other = await runStep(theirs, step, shapes, mender(oracle, 'theirs', step))
    if (isAlike(mine, other)) {
      if (drifts(oracle, step)) await copy()
      continue
    }
    const listed = oracle.wanted.find((difference) => isWanted(difference, step, mine, other))
    if (listed === undefined) {
      await dropTables(peers, shapes)
      return { steps: program.steps.slice(0, index + 1), at: step, ours: mine, theirs: other }
    }
    onWanted?.(listed)
    await copy()
  }
  for (const { create } of program.tables) {
    // What was copied was written, so it is in the stream of one of them only.
    if (create.StreamSpecification === undefined || copied > 0) continue
    const step = { operation: 'GetRecords', input: { TableName: create.TableName ?? null } }
    const mine = await changes(ours, create, mender(oracle, 'ours', step))
    const other = await changes(theirs, create, mender(oracle, 'theirs', step))
    if (isAlike(mine, other)) continue
    await dropTables(peers, shapes)
    return { steps: program.steps, at: step, ours: mine, theirs: other }
  }
  await dropTables(peers, shapes)
  return undefined
}

/** All that a table's change stream holds. */
async function changes(peer: Peer, { TableName }: JsonObject, mend: (body: Json) => Json): Promise<Outcome> {
  return { type: 'ok', message: '', body: withSortedSets(mend(await readChanges(peer, String(TableName)))) }
}

/** Leaves out steps, in ever smaller pieces, while there is still a difference of the same kind. */
export async function shrink(
  comparison: Comparison,
  program: Program,
  found: Difference,
  triesMax = 150,
): Promise<Difference> {
  let best = found
  let tries = 0
  for (let piece = best.steps.length >> 1; piece > 0; piece >>= 1) {
    for (let from = 0; from < best.steps.length && tries < triesMax; tries++) {
      const steps = best.steps.toSpliced(from, piece)
      const again = await findDifference(comparison, { tables: program.tables, steps })
      const isSame = again?.ours.type === found.ours.type && again.theirs.type === found.theirs.type
      if (again !== undefined && isSame && again.at.operation === found.at.operation) best = again
      else from += piece
    }
  }
  return best
}

export function showDifference(program: Program, { steps, at, ours, theirs }: Difference): string {
  const show = ({ operation, input, isPaged }: Step): string =>
    `${operation}${isPaged ? ' (all pages)' : ''} ${JSON.stringify(input)}`
  return [
    ...program.tables.map(({ create }) => `CreateTable ${JSON.stringify(create)}`),
    ...steps.map(show),
    `answered differently: ${show(at)}`,
    `ours:   ${showOutcome(ours)}`,
    `theirs: ${showOutcome(theirs)}`,
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

async function makeTable(peer: Peer, create: JsonObject): Promise<void> {
  const { status, body } = await peer.call('CreateTable', create)
  if (status !== 200)
    throw new Error(`${peer.name} refuses ${JSON.stringify(create)}: ${JSON.stringify(body)}`)
  for (;;) {
    const { body } = await peer.call('DescribeTable', { TableName: create.TableName ?? null })
    if ((body.Table as JsonObject | undefined)?.TableStatus === 'ACTIVE') return
  }
}

export async function dropTables(peers: readonly Peer[], shapes: readonly TableShape[]): Promise<void> {
  for (const peer of peers) {
    for (const { name } of shapes) {
      await peer.call('DeleteTable', { TableName: name })
      while ((await peer.call('DescribeTable', { TableName: name })).status === 200);
    }
  }
}

/** After a wanted difference the two go on from the same items: those of the oracle that ours takes. Gives the writes made. */
async function copyItems({ ours, theirs, oracle }: Comparison, shape: TableShape): Promise<number> {
  const { name } = shape
  const scan: Step = { operation: 'Scan', input: { TableName: name } }
  const textOf = (mend: (body: Json) => Json, item: JsonObject): string =>
    canonical(withSortedSets(mend(item)))
  const [mendOurs, mendTheirs] = [mender(oracle, 'ours', scan), mender(oracle, 'theirs', scan)]
  const present = new Map((await allItems(ours, name)).map((item) => [textOf(mendOurs, item), item]))
  const wanted = new Map((await allItems(theirs, name)).map((item) => [textOf(mendTheirs, item), item]))
  let writes = 0
  for (const [text, item] of present) {
    if (wanted.has(text)) continue
    writes++
    await dropItem(ours, shape, item)
  }
  for (const [text, Item] of wanted) {
    if (present.has(text)) continue
    writes++
    const { status } = await ours.call('PutItem', { TableName: name, Item })
    if (status !== 200) await dropItem(theirs, shape, Item)
  }
  return writes
}

async function dropItem(peer: Peer, { name, partition, sort }: TableShape, item: JsonObject): Promise<void> {
  const keys = sort === undefined ? [partition] : [partition, sort]
  const Key = Object.fromEntries(keys.map((key) => [key.name, item[key.name] ?? null]))
  await peer.call('DeleteItem', { TableName: name, Key })
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
