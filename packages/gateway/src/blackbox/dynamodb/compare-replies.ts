/**
 * When do two servers answer alike? Members may come in any order, as may the elements of sets, the items of a scan or a
 * batch, items of equal keys in an index, and the parts of a message that lists several faults. Everything else is compared
 * in full, and errors by type and message.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Step } from './random-program.ts'
import type { TableShape } from './random-values.ts'
import type { Json, JsonObject, Peer, PeerReply } from './table-peer.ts'

/** What came of a step: all pages of it, in a form that can be compared. */
export interface Outcome {
  /** `ok`, or the error's type without namespace. */
  readonly type: string
  readonly message: string
  readonly body: Json
}

/** A scan or a query that never ends is a fault too. */
const pagesMax = 300

/** `mend` brings bodies into a form in which they can be compared. */
export async function runStep(
  peer: Peer,
  step: Step,
  shapes: readonly TableShape[],
  mend: (body: Json) => Json = (body) => body,
): Promise<Outcome> {
  const replies: PeerReply[] = []
  let input = step.input
  for (;;) {
    const reply = await peer.call(step.operation, input)
    replies.push(reply)
    const next = reply.body.LastEvaluatedKey
    if (step.isPaged === undefined || next === undefined) break
    if (replies.length > pagesMax)
      throw new Error(`${peer.name}: the pages do not end: ${JSON.stringify(step)}`)
    input = { ...input, ExclusiveStartKey: next }
  }
  const mended = replies.map(({ status, body }) => ({ status, body: mend(body) as JsonObject })) // It stays an object.
  return outcomeOf(step, mended, shapes)
}

export function isAlike(a: Outcome, b: Outcome): boolean {
  return isDeepStrictEqual(a, b)
}

/** For people: what is compared. */
export function showOutcome({ type, message, body }: Outcome): string {
  return type === 'ok' ? `ok ${JSON.stringify(body)}` : `${type}: ${message} ${JSON.stringify(body)}`
}

function outcomeOf(step: Step, replies: readonly PeerReply[], shapes: readonly TableShape[]): Outcome {
  const failure = replies.find(({ status }) => status !== 200)
  if (failure !== undefined) {
    const { __type, message, Message, ...rest } = failure.body
    return {
      type: String(__type).replace(/^.*#/, ''),
      message: sortedFaults(String(message ?? Message ?? '')),
      body: withSortedSets(rest),
    }
  }
  const bodies = replies.map(({ body }) => withSortedSets(body) as JsonObject) // An object stays one.
  const body = isRead(step.operation) ? readBody(step, bodies, shapes) : sortedBatch(bodies[0] ?? {})
  return { type: 'ok', message: '', body }
}

function isRead(operation: string): boolean {
  return operation === 'Query' || operation === 'Scan'
}

/**
 * A query of a table has one right order, page by page. In an index items of equal keys come in any order, and in a scan all
 * of them: then one page with a limit may hold any of them, so that only its counts are compared.
 */
function readBody(
  { operation, input, isPaged }: Step,
  pages: readonly JsonObject[],
  shapes: readonly TableShape[],
): Json {
  const shape = shapes.find(({ name }) => name === input.TableName)
  const index = shape?.indexes.find(({ name }) => name === input.IndexName)
  if (operation === 'Query' && index === undefined) return pages
  // Which items a segment has is the server's own choice.
  if (operation === 'Scan' && Number(input.TotalSegments) > 1) return null
  const items = pages.flatMap(({ Items }) => (Array.isArray(Items) ? (Items as readonly JsonObject[]) : []))
  const isWhole = isPaged === true || pages.every(({ LastEvaluatedKey }) => LastEvaluatedKey === undefined)
  const counts = pages.map(({ Count, ScannedCount, LastEvaluatedKey, ConsumedCapacity, ...rest }) => ({
    ScannedCount: ScannedCount ?? null,
    isLast: LastEvaluatedKey === undefined,
    // Both follow from which items the page holds.
    ...(isWhole && input.Limit !== undefined ? {} : { ConsumedCapacity: ConsumedCapacity ?? null }),
    members: Object.keys(rest).sort(),
  }))
  const total = pages.reduce((sum, { Count }) => sum + Number(Count), 0)
  if (!isWhole) return [counts]
  return [counts, total, sorted(items), input.ExclusiveStartKey === undefined]
}

/** BatchGetItem gives the items of a table in any order, and capacity comes table by table. */
function sortedBatch(body: JsonObject): Json {
  const { Responses, ConsumedCapacity } = body
  const sortedBody: Record<string, Json> = { ...body }
  if (Array.isArray(ConsumedCapacity)) sortedBody.ConsumedCapacity = sorted(ConsumedCapacity)
  if (typeof Responses === 'object' && Responses !== null && !Array.isArray(Responses)) {
    sortedBody.Responses = Object.fromEntries(
      Object.entries(Responses).map(([table, items]) => [
        table,
        Array.isArray(items) ? sorted(items) : items,
      ]),
    ) as JsonObject // From JSON.
  }
  return sortedBody
}

export function withSortedSets(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(withSortedSets)
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      /^[SNB]S$/.test(name) && Array.isArray(member) ? [...member].sort() : withSortedSets(member as Json), // From JSON.
    ]),
  )
}

function sorted(items: readonly Json[]): Json {
  return items.toSorted((a, b) => (canonical(a) < canonical(b) ? -1 : 1))
}

/** The text of a value, whatever the order of its members. */
export function canonical(value: Json): string {
  return JSON.stringify(value, (_, member: Json) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}

/** `2 validation errors detected: X; Y` in one order. */
function sortedFaults(message: string): string {
  const list = /^(\d+ validation errors? detected: )(.*)$/s.exec(message)
  return list === null ? message : list[1] + list[2]!.split('; ').sort().join('; ')
}
