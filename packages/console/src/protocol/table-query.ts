/**
 * What is asked of a table: the address says it (`pk`, `op`, `sk`, `to`, `index`, `order`, `q`), the API is asked with it, and people
 * copy it as a call of the command line, of the AWS CLI or of the SDK. Values are texts, as the key's type reads them.
 */
import {
  type IndexShape,
  type KeyShape,
  type KeysShape,
  type SortOperator,
  sortOperators,
  type TableShape,
} from './tables.ts'

export interface TableQuery {
  readonly index: string
  /** Empty: all items. */
  readonly partition: string
  readonly op: SortOperator
  /** Empty: all of the partition. */
  readonly sort: string
  /** Of between. */
  readonly to: string
  readonly backward: boolean
  readonly filter: string
}

export function queryOf(place: URLSearchParams): TableQuery {
  const op = place.get('op')
  return {
    index: place.get('index') ?? '',
    partition: place.get('pk') ?? '',
    op: sortOperators.find((known) => known === op) ?? '=',
    sort: place.get('sk') ?? '',
    to: place.get('to') ?? '',
    backward: place.get('order') === 'backward',
    filter: place.get('q') ?? '',
  }
}

/** The other way round; what says nothing is left out. */
export function placeOf(query: TableQuery): Readonly<Record<string, string | undefined>> {
  const { index, partition, op, sort, to, backward, filter } = query
  const hasSort = partition !== '' && sort !== ''
  return {
    index: given(index),
    pk: given(partition),
    op: hasSort && op !== '=' ? op : undefined,
    sk: hasSort ? sort : undefined,
    to: hasSort && op === 'between' ? given(to) : undefined,
    order: partition !== '' && backward ? 'backward' : undefined,
    q: given(filter),
  }
}

/** Parameters of /admin/tables/items. */
export function apiQuery(table: string, query: TableQuery): Readonly<Record<string, string | undefined>> {
  const { pk, op, sk, to, order, q, index } = placeOf(query)
  return {
    table,
    index,
    partition: pk,
    op: sk === undefined ? undefined : (op ?? '='),
    sort: sk,
    to: op === 'between' ? (to ?? '') : undefined,
    order,
    filter: q,
  }
}

export function keysOf(table: TableShape, index: string): KeysShape {
  return table.indexes.find(({ name }: IndexShape) => name === index) ?? table
}

/** Undefined: the text is a value of the key, or empty. */
export function valueProblem({ name, type }: KeyShape, text: string): string | undefined {
  if (text === '' || type === 'string') return undefined
  if (type === 'number')
    return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? undefined : `${name} is a number.`
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
    ? undefined
    : `${name} is binary: give base64.`
}

export interface CopyText {
  readonly label: string
  readonly text: string
}

/** What calls have to name. */
export interface CallPlace {
  /** Of the gateway. */
  readonly endpoint: string
  /** Undefined: not known yet. */
  readonly dataDir: string | undefined
}

export function queryCalls(table: TableShape, query: TableQuery, place: CallPlace): readonly CopyText[] {
  const { endpoint } = place
  const millrace = millraceCall(table, query, place)
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(apiQuery(table.name, query)))
    if (value !== undefined) search.set(name, value)
  return [
    ...(millrace === undefined ? [] : [{ label: 'millrace', text: millrace }]),
    { label: 'AWS CLI', text: awsCall(table, query, endpoint) },
    { label: 'SDK v3 (TypeScript)', text: sdkCall(table, query, endpoint) },
    { label: 'curl', text: `curl -s ${quoted(`${endpoint}/admin/tables/items?${search}`)}` },
  ]
}

/** Undefined where the command line has no such query: its bounds are included, and scans go through no index. */
function millraceCall({ name }: TableShape, query: TableQuery, place: CallPlace): string | undefined {
  const { index, partition, op, sort, to, backward } = query
  if (partition === '') return index === '' ? millraceText(['scan', name], place) : undefined
  const flags: Readonly<Record<SortOperator, readonly string[] | undefined>> = {
    '=': ['--sort', sort],
    '<': undefined,
    '<=': ['--to', sort],
    '>': undefined,
    '>=': ['--from', sort],
    between: ['--from', sort, '--to', to],
    begins: ['--prefix', sort],
  }
  const range = sort === '' ? [] : flags[op]
  if (range === undefined) return undefined
  const through = index === '' ? [] : ['--index', index]
  // What begins with a dash would be a flag.
  const words = ['query', name, ...through, ...range, ...(backward ? ['--reverse'] : [])]
  return millraceText([...words, ...(partition.startsWith('-') ? ['--'] : []), partition], place)
}

export function millraceText(words: readonly string[], { dataDir }: CallPlace): string {
  const all = ['npx', 'millrace', 'table', words[0] ?? '']
  const place = dataDir === undefined ? [] : ['--data-dir', dataDir]
  return [...all, ...place, ...words.slice(1)].map(quoted).join(' ')
}

function awsCall(table: TableShape, query: TableQuery, endpoint: string): string {
  const { index, partition, backward } = query
  const tail = ['--endpoint-url', endpoint, '--region', 'us-east-1']
  const from = ['--table-name', table.name, ...(index === '' ? [] : ['--index-name', index])]
  if (partition === '') return ['aws', 'dynamodb', 'scan', ...from, ...tail].map(quoted).join(' ')
  const { condition, names, values } = keyCondition(keysOf(table, index), query)
  return [
    ...['aws', 'dynamodb', 'query', ...from, '--key-condition-expression', condition],
    ...['--expression-attribute-names', JSON.stringify(names)],
    ...['--expression-attribute-values', JSON.stringify(values)],
    ...(backward ? ['--no-scan-index-forward'] : []),
    ...tail,
  ]
    .map(quoted)
    .join(' ')
}

function sdkCall(table: TableShape, query: TableQuery, endpoint: string): string {
  const { index, partition, backward } = query
  const command = partition === '' ? 'ScanCommand' : 'QueryCommand'
  const input: Record<string, unknown> = { TableName: table.name }
  if (index !== '') input.IndexName = index
  if (partition !== '') {
    const { condition, names, values } = keyCondition(keysOf(table, index), query)
    input.KeyConditionExpression = condition
    input.ExpressionAttributeNames = names
    input.ExpressionAttributeValues = values
    if (backward) input.ScanIndexForward = false
  }
  return sdkText(command, input, endpoint)
}

/** A whole call with the SDK of AWS for JavaScript. */
export function sdkText(command: string, input: object, endpoint: string): string {
  return [
    `import { DynamoDBClient, ${command} } from '@aws-sdk/client-dynamodb'`,
    '',
    `const client = new DynamoDBClient({ endpoint: '${endpoint}', region: 'us-east-1' })`,
    `const answer = await client.send(new ${command}(${JSON.stringify(input, undefined, 2)}))`,
    '',
  ].join('\n')
}

function keyCondition({ partitionKey, sortKey }: KeysShape, { partition, op, sort, to }: TableQuery) {
  const names: Record<string, string> = { '#p': partitionKey.name }
  const values: Record<string, object> = { ':p': typed(partitionKey, partition) }
  let condition = '#p = :p'
  if (sortKey !== undefined && sort !== '') {
    names['#s'] = sortKey.name
    values[':s'] = typed(sortKey, sort)
    if (op === 'between') values[':t'] = typed(sortKey, to)
    const test =
      op === 'between' ? '#s BETWEEN :s AND :t' : op === 'begins' ? 'begins_with(#s, :s)' : `#s ${op} :s`
    condition += ` AND ${test}`
  }
  return { condition, names, values }
}

/** A key's value as an attribute. */
export function typed({ type }: KeyShape, text: string): { S: string } | { N: string } | { B: string } {
  return type === 'string' ? { S: text } : type === 'number' ? { N: text } : { B: text }
}

/** A word of a shell. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function given(text: string): string | undefined {
  return text === '' ? undefined : text
}
