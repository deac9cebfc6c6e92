/**
 * Names of tables and what belongs to them as resources:
 *   arn:<partition>:dynamodb:<region>:<account>:table/<name>
 *   <table ARN>/index/<index>
 *   <table ARN>/stream/<label>       label: when the stream was switched on, ISO
 */
export interface TableArn {
  readonly region: string
  readonly account: string
  readonly table: string
}

export interface ChangeStreamArn extends TableArn {
  readonly label: string
}

const table = 'arn:aws[^:]*:dynamodb:([^:]*):([0-9]{12}):table/([a-zA-Z0-9_.-]{3,255})'
const tablePattern = new RegExp(`^${table}$`)
const changeStreamPattern = new RegExp(`^${table}/stream/([0-9T:.-]{1,40})$`)

export function tableArn(at: { region: string; account: string }, table: string): string {
  return `arn:aws:dynamodb:${at.region}:${at.account}:table/${table}`
}

export function changeStreamArn(
  at: { region: string; account: string },
  { table, label }: { readonly table: string; readonly label: string },
): string {
  return `${tableArn(at, table)}/stream/${label}`
}

export function parseTableArn(text: string): TableArn | undefined {
  const match = tablePattern.exec(text)
  // The pattern's groups always take part.
  return match === null ? undefined : { region: match[1]!, account: match[2]!, table: match[3]! }
}

export function parseChangeStreamArn(text: string): ChangeStreamArn | undefined {
  const match = changeStreamPattern.exec(text)
  return match === null
    ? undefined
    : { region: match[1]!, account: match[2]!, table: match[3]!, label: match[4]! }
}
