/**
 * What an access key may do: a list of statements, each allowing actions on streams. There is no deny: what no statement
 * allows is refused. In both lists `*` stands for any run of characters, `?` for one; actions compare without case, as
 * in AWS policies. A resource that is no stream (such as `*` of ListStreams) needs a statement for the stream pattern `*`.
 */
export interface PolicyStatement {
  /** For example `kinesis:Put*`. */
  readonly allow: readonly string[]
  /** Patterns of stream names. */
  readonly streams: readonly string[]
}

export type Policy = readonly PolicyStatement[]

export const fullAccess: Policy = [{ allow: ['*'], streams: ['*'] }]

export function policyAllows(policy: Policy, action: string, resourceArn: string): boolean {
  const lowerAction = action.toLowerCase()
  const stream = streamOf(resourceArn)
  return policy.some(
    ({ allow, streams }) =>
      allow.some((pattern) => matches(pattern.toLowerCase(), lowerAction)) &&
      streams.some((pattern) => (stream === undefined ? pattern === '*' : matches(pattern, stream))),
  )
}

/** The stream that an ARN names, of the stream itself or of one of its consumers. */
function streamOf(arn: string): string | undefined {
  const mark = arn.indexOf(':stream/')
  if (mark < 0) return undefined
  const from = mark + ':stream/'.length
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
