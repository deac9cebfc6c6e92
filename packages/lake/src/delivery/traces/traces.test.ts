/**
 * Conformance traces of deliveries under virtual time, each a file beside this one: settings, what is put when, and the objects that
 * must then be there, with their bytes. Keys have ID in place of what makes them unique; of several that are alike then, #1 and #2 tell
 * which came first.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import type { DeliverySettings, FilesDestination } from '../delivery-settings.ts'
import { openDeliveries } from '../open-deliveries.ts'
import { DeliveryKit, settingsOf, startMs, tempDir } from '../testing/delivery-kit.ts'

interface Trace {
  readonly about: string
  readonly destination: Partial<FilesDestination>
  readonly more?: Partial<Omit<DeliverySettings, 'destination'>>
  readonly steps: readonly Step[]
}

type Step =
  | { readonly put: readonly string[] }
  | { readonly advanceSeconds: number }
  | { readonly objects: Readonly<Record<string, Content>> }
  /** `fromSeconds`: after the start of the trace. */
  | { readonly update: Partial<FilesDestination>; readonly fromSeconds?: number }

type Content =
  | string
  | { readonly gunzip: string }
  /** Code and data of each line. */
  | { readonly errors: readonly (readonly [string, string])[] }

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

function readTrace(name: string): Trace {
  // Written beside this file, to this form; a step that is of no form fails below.
  return JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8')) as Trace
}

const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.json'))

describe('traces of deliveries', () => {
  it('are there', () => expect(names.length).toBeGreaterThan(10))

  it.each(names.map((name) => ({ name, ...readTrace(name) })))('$name: $about', async (trace) => {
    const temp = tempDir()
    opened.push(() => temp.remove())
    const settings = settingsOf(trace.destination, trace.more ?? {})
    const kit = await DeliveryKit.open({ settings, dir: temp.dir })
    opened.push(() => kit.close())
    for (const step of trace.steps) await take(kit, step, settings)
    const report = kit.app.report()
    expect(report.ledgerBalanced, JSON.stringify(report.stages)).toBe(true)
  })
})

async function take(kit: DeliveryKit, step: Step, settings: DeliverySettings): Promise<void> {
  if ('put' in step) kit.put(step.put)
  else if ('advanceSeconds' in step) await kit.advance(step.advanceSeconds * 1_000)
  else if ('objects' in step) {
    const expected = Object.entries(step.objects).map(([key, content]) => [key, content])
    expect(found(kit, step.objects)).toEqual(expected.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)))
  } else {
    const directory = openDeliveries({ store: kit.store, clock: kit.clock })
    const { version } = directory.get(kit.name)!
    // Of files alone: the kit makes no others.
    const destination = { ...settings.destination, ...step.update } as FilesDestination
    const from = step.fromSeconds === undefined ? {} : { from: startMs + step.fromSeconds * 1_000 }
    directory.update(kit.name, { ...settings, destination }, { version, ...from })
  }
}

/** Objects in the order of their shapes, each in the form in which it is expected. */
function found(kit: DeliveryKit, expected: Readonly<Record<string, Content>>): [string, Content][] {
  const { objects } = kit.buckets.open('lake')
  const byShape = new Map<string, Uint8Array[]>()
  // A map keeps the order in which objects were stored.
  for (const [key, { bytes }] of objects) {
    const shape = key.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'ID')
    byShape.set(shape, [...(byShape.get(shape) ?? []), bytes])
  }
  return [...byShape]
    .flatMap(([shape, all]) =>
      all.map((bytes, i): [string, Content] => {
        const key = all.length === 1 ? shape : `${shape}#${i + 1}`
        return [key, inForm(bytes, expected[key])]
      }),
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function inForm(bytes: Uint8Array, form: Content | undefined): Content {
  const text = Buffer.from(bytes).toString()
  if (form === undefined || typeof form === 'string') return text
  if ('gunzip' in form) return { gunzip: gunzipSync(bytes).toString() }
  const lines = text.split('\n').filter(Boolean)
  return {
    errors: lines.map((line) => {
      const { errorCode, lastErrorCode, rawData } = JSON.parse(line) as Record<string, string>
      return [errorCode ?? lastErrorCode ?? '', Buffer.from(rawData ?? '', 'base64').toString()]
    }),
  }
}
