/**
 * Bodies of the query protocol: `application/x-www-form-urlencoded` pairs whose names are paths,
 *
 *   Action=PutMetricData&MetricData.member.1.MetricName=x&MetricData.member.1.Value=5
 *
 * become the tree that their JSON form would be: { Action: 'PutMetricData', MetricData: [ { MetricName: 'x', ... } ] }, with
 * every leaf a string. A list is what has only the child `member` whose children are numbers; their order counts, gaps do
 * not. Objects have no prototype, so a path may be called anything. Cost and depth are bounded.
 */
import { WireError } from '../../wire/wire-error.ts'

export type FormTree = string | readonly FormTree[] | { readonly [name: string]: FormTree }

type Branch = Map<string, Branch | string>

const pairsMax = 100_000
const depthMax = 12

/** Throws a WireError, MalformedQueryString, for what is no such tree. */
export function parseFormTree(body: Uint8Array): { readonly [name: string]: FormTree } {
  const root: Branch = new Map()
  let pairs = 0
  for (const [path, value] of new URLSearchParams(new TextDecoder().decode(body))) {
    if (++pairs > pairsMax) throw malformed(`has more than ${pairsMax} parameters`)
    insert(root, path, value)
  }
  return objectOf(root)
}

function insert(root: Branch, path: string, value: string): void {
  const steps = path.split('.', depthMax + 1)
  if (steps.length > depthMax) throw malformed(`has a parameter of more than ${depthMax} parts`)
  const last = steps.pop() ?? ''
  let branch = root
  for (const step of steps) {
    let next = branch.get(step)
    if (next === undefined) {
      next = new Map()
      branch.set(step, next)
    }
    if (typeof next === 'string') throw malformed('has a parameter that is a value and a structure')
    branch = next
  }
  if (branch.has(last)) throw malformed('has a parameter twice')
  branch.set(last, value)
}

function treeOf(node: Branch | string): FormTree {
  if (typeof node === 'string') return node
  const members = node.size === 1 ? node.get('member') : undefined
  if (typeof members === 'object' && [...members.keys()].every((key) => /^[1-9]\d{0,5}$/.test(key))) {
    return [...members].sort(([a], [b]) => Number(a) - Number(b)).map(([, item]) => treeOf(item))
  }
  return objectOf(node)
}

function objectOf(branch: Branch): { readonly [name: string]: FormTree } {
  const object: { [name: string]: FormTree } = Object.create(null)
  for (const [name, node] of branch) object[name] = treeOf(node)
  return object
}

function malformed(what: string): WireError {
  return new WireError('MalformedQueryString', `The query ${what}.`)
}
