/**
 * The service's own API model, as botocore brings it: what inputs look like and which of them it takes. An oracle for shapes, read
 * by a checker that shares nothing with the gateway's.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

export interface ModelShape {
  readonly type: string
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly required?: readonly string[]
  readonly members?: Readonly<Record<string, { readonly shape: string }>>
  readonly member?: { readonly shape: string }
  readonly key?: { readonly shape: string }
  readonly value?: { readonly shape: string }
}

export interface ServiceModel {
  readonly operations: Readonly<Record<string, { readonly input: { readonly shape: string } }>>
  readonly shapes: Readonly<Record<string, ModelShape>>
}

/** Undefined where there is no Python with botocore. MILLRACE_PYTHON names the one to take. */
export function readServiceModel(service: string, version: string): ServiceModel | undefined {
  const script = 'import botocore, os; print(os.path.dirname(botocore.__file__))'
  const { status, stdout } = spawnSync(process.env.MILLRACE_PYTHON ?? 'python3', ['-c', script], {
    encoding: 'utf8',
  })
  if (status !== 0) return undefined
  const path = join(stdout.trim(), 'data', service, version, 'service-2.json.gz')
  if (!existsSync(path)) return undefined
  // The file's form is botocore's; only members that it states are looked at.
  return JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as ServiceModel
}

export type Verdict =
  | { readonly kind: 'taken' }
  /** Some value is of another type. */
  | { readonly kind: 'unreadable' }
  /** Paths of what breaks a constraint. */
  | { readonly kind: 'invalid'; readonly paths: ReadonlySet<string> }

/** `open`: names of shapes of which only is asked that they are structures. */
export function judge(
  model: ServiceModel,
  operation: string,
  input: unknown,
  open: (name: string) => boolean,
): Verdict {
  const paths = new Set<string>()
  let isReadable = true
  const visit = (name: string, value: unknown, path: string): void => {
    const shape = model.shapes[name]!
    switch (shape.type) {
      case 'structure': {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) {
          isReadable = false
          return
        }
        if (open(name)) return
        // Of an object that is no list, members are all that there is.
        const members = value as Readonly<Record<string, unknown>>
        for (const [member, { shape: of }] of Object.entries(shape.members ?? {})) {
          const at = `${path}${path === '' ? '' : '.'}${member.charAt(0).toLowerCase()}${member.slice(1)}`
          const given = Object.hasOwn(members, member) ? members[member] : undefined
          if (given !== undefined && given !== null) visit(of, given, at)
          else if (shape.required?.includes(member) === true) paths.add(at)
        }
        return
      }
      case 'list': {
        if (!Array.isArray(value)) {
          isReadable = false
          return
        }
        if (isOutside(value.length, shape)) paths.add(path)
        const of = shape.member!.shape
        const isScalar = isScalarShape(model.shapes[of]!)
        for (const [i, item] of value.entries()) {
          if (item === null) isReadable = false
          else if (isScalar) visit(of, item, path)
          else visit(of, item, `${path}.${i + 1}.member`)
        }
        return
      }
      case 'map': {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) {
          isReadable = false
          return
        }
        for (const [key, item] of Object.entries(value)) {
          if (item === null) continue
          visit(shape.key!.shape, key, path)
          visit(shape.value!.shape, item, path)
        }
        return
      }
      case 'string':
        if (typeof value !== 'string') isReadable = false
        else if (!isText(value, shape)) paths.add(path)
        return
      case 'blob': {
        const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : undefined
        if (bytes === undefined || bytes.toString('base64') !== value) isReadable = false
        else if (isOutside(bytes.length, shape)) paths.add(path)
        return
      }
      case 'boolean':
        if (typeof value !== 'boolean') isReadable = false
        return
      default:
        if (typeof value !== 'number') isReadable = false
        else if (isOutside(shape.type === 'double' ? value : Math.floor(value), shape)) paths.add(path)
    }
  }
  visit(model.operations[operation]!.input.shape, input, '')
  if (!isReadable) return { kind: 'unreadable' }
  return paths.size === 0 ? { kind: 'taken' } : { kind: 'invalid', paths }
}

function isScalarShape({ type }: ModelShape): boolean {
  return type !== 'structure' && type !== 'list' && type !== 'map'
}

function isText(text: string, shape: ModelShape): boolean {
  if (isOutside([...text].length, shape)) return false
  if (shape.enum !== undefined && !shape.enum.includes(text)) return false
  return shape.pattern === undefined || new RegExp(`^(?:${shape.pattern})$`, 'u').test(text)
}

function isOutside(
  size: number,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: ModelShape,
): boolean {
  return size < min || size > max
}
