/**
 * What an access key may do: a list of statements, each allowing actions on streams, tables and deliveries by their names. There is
 * no deny: what no statement allows is refused. In both lists `*` stands for any run of characters, `?` for one; actions
 * compare without case, as in AWS policies, and say which service is meant. A resource that is none of these
 * (such as `*` of ListStreams) needs a statement for the name pattern `*`.
 *
 * Objects of a bucket have names like `lake/orders/part-1`. An ARN with `*` at its end means all of them that begin so; a pattern
 * covers these only if it ends in `*` as well.
 */
export interface PolicyStatement {
  /** For example `kinesis:Put*`. */
  readonly allow: readonly string[]
  /**
   * Patterns of names: of streams for actions of Kinesis, of tables for those of DynamoDB and its streams, of deliveries for those
   * of Firehose, of buckets with the keys in them for those of the lake (`lake/orders/*`).
   */
  readonly streams: readonly string[]
}

export type Policy = readonly PolicyStatement[]

export const fullAccess: Policy = [{ allow: ['*'], streams: ['*'] }]

export function policyAllows(policy: Policy, action: string, resourceArn: string): boolean {
  const lowerAction = action.toLowerCase()
  const isName = nameTest(resourceArn)
  return policy.some(
    ({ allow, streams }) =>
      allow.some((pattern) => matches(pattern.toLowerCase(), lowerAction)) && streams.some(isName),
  )
}

/** Whether a pattern of names takes the resource. */
function nameTest(arn: string): (pattern: string) => boolean {
  if (arn.startsWith(objectArn)) {
    const name = arn.slice(objectArn.length)
    if (!name.endsWith('*')) return (pattern) => matches(pattern, name)
    const beginning = name.slice(0, -1)
    return (pattern) => pattern.endsWith('*') && matches(pattern, beginning)
  }
  const name = nameOf(arn)
  return (pattern) => (name === undefined ? pattern === '*' : matches(pattern, name))
}

const objectArn = 'arn:aws:s3:::'

/** The stream, table or delivery that an ARN names: of itself, a consumer, an index, a change stream. */
function nameOf(arn: string): string | undefined {
  const kind = [':stream/', ':table/', ':deliverystream/'].find((each) => arn.includes(each))
  if (kind === undefined) return undefined
  const mark = arn.indexOf(kind)
  const from = mark + kind.length
  const end = arn.indexOf('/', from)
  return end < 0 ? arn.slice(from) : arn.slice(from, end)
}

/** Linear in practice: after a mismatch only the last star is tried again. */
function matches(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let starAt = -1
  let resumeAt = 0
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      starAt = p++
      resumeAt = t
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++
      t++
    } else if (starAt >= 0) {
      p = starAt + 1
      t = ++resumeAt
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
