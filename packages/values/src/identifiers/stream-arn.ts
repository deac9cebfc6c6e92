/**
 * Names of streams and consumers as resources:
 *   arn:<partition>:kinesis:<region>:<account>:stream/<name>
 *   <stream ARN>/consumer/<name>:<creation second>
 */
export interface StreamArn {
  readonly region: string
  readonly account: string
  readonly stream: string
}

export interface ConsumerArn extends StreamArn {
  readonly consumer: string
  readonly createdSecond: number
}

const name = '[a-zA-Z0-9_.-]{1,128}'
const streamPattern = new RegExp(`^arn:aws[^:]*:kinesis:([^:]*):([0-9]{12}):stream/(${name})$`)
const consumerPattern = new RegExp(
  `^arn:aws[^:]*:kinesis:([^:]*):([0-9]{12}):stream/(${name})/consumer/(${name}):([0-9]{1,12})$`,
)
const namePattern = new RegExp(`^${name}$`)

/** Whether the API can name a stream so; apps may use any text. */
export function isStreamName(text: string): boolean {
  return namePattern.test(text)
}

export function streamArn(at: { region: string; account: string }, stream: string): string {
  return `arn:aws:kinesis:${at.region}:${at.account}:stream/${stream}`
}

export function consumerArn(stream: string, consumer: { name: string; createdAt: number }): string {
  return `${stream}/consumer/${consumer.name}:${Math.floor(consumer.createdAt / 1000)}`
}

export function parseStreamArn(text: string): StreamArn | undefined {
  const match = streamPattern.exec(text)
  // The pattern's groups always take part.
  return match === null ? undefined : { region: match[1]!, account: match[2]!, stream: match[3]! }
}

export function parseConsumerArn(text: string): ConsumerArn | undefined {
  const match = consumerPattern.exec(text)
  if (match === null) return undefined
  return {
    region: match[1]!,
    account: match[2]!,
    stream: match[3]!,
    consumer: match[4]!,
    createdSecond: Number(match[5]),
  }
}
