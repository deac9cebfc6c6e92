import { mappingDefaults } from '@millrace/runtime'
import { afterEach, describe, expect, it } from 'vitest'
import { drawPipeline } from './draw-pipeline.ts'
import { lookAt } from './look.ts'
import { type Run, runApp, smallApp, tickingSource } from './testing/pipeline-kit.ts'

let run: Run | undefined
afterEach(async () => {
  await run?.close()
  run = undefined
})

const drawn = ({ app, clock, door }: Run, withApp = true) =>
  drawPipeline(lookAt({ store: app.store, clock, app: withApp ? door : undefined }), app.store).graph

describe('the graph of an app', () => {
  it('leads from its source to its table: what a function writes is seen from its first commit on', async () => {
    run = await runApp(smallApp())
    const before = drawn(run)
    await run.app.advance(1_000)
    const after = drawn(run)
    const edges = [
      'stage:feed>stream:in',
      'stream:in>stage:pass',
      'stage:pass>stream:out',
      'stream:out>stage:save',
    ]
    expect(before.edges.map(({ id }) => id)).toEqual(edges)
    expect(after.edges.map(({ id }) => id)).toEqual([...edges, 'stage:save>table:Saved'])
    expect(after.revision).not.toBe(before.revision)
    expect(after.app).toEqual({ name: 'small', file: '/apps/small.app.ts' })
    expect(new Map(after.nodes.map(({ id, kind }) => [id, kind]))).toEqual(
      new Map([
        ['stream:in', 'stream'],
        ['stream:out', 'stream'],
        ['table:Saved', 'table'],
        ['stage:feed', 'source'],
        ['stage:pass', 'query'],
        ['stage:save', 'function'],
      ]),
    )
  })

  it('stays the same while only numbers change', async () => {
    run = await runApp(smallApp())
    await run.app.advance(1_000)
    const before = drawn(run)
    await run.app.advance(10_000)
    expect(drawn(run)).toEqual(before)
  })

  it('shows errors and dead letters where there are some', async () => {
    run = await runApp(
      smallApp({
        source: tickingSource({
          total: 20,
          value: (n) => (n === 3 ? { id: 'x', n: 'many' } : { id: `i${n}`, n }),
        }),
        fails: (n) => n === 7,
      }),
    )
    expect(drawn(run).nodes.some(({ aside }) => aside)).toBe(false)
    await run.app.advance(5_000)
    const { nodes, edges } = drawn(run)
    expect(nodes.filter(({ aside }) => aside).map(({ id }) => id)).toEqual([
      'stream:pass.error_stream',
      'dead-letters:save',
    ])
    expect(edges.filter(({ kind }) => kind === 'aside').map(({ id }) => id)).toEqual([
      'stage:pass>stream:pass.error_stream',
      'stage:save>dead-letters:save',
    ])
  })

  it('has tables of a Flink program as the streams that stand for them, lookups as files, changes of tables as streams', async () => {
    const flink = {
      kind: 'query',
      name: 'sum-1-of-2',
      dialect: 'flink',
      fileName: 'sum.sql',
      text: '',
      inputs: [{ table: 'a', stream: 'in' }],
      outputs: [{ from: 'b', stream: 'out', partitionKey: undefined, format: undefined }],
      lookups: [{ table: 'names', file: '/data/names.json' }],
      functions: [],
      part: { query: 'sum', index: 0, of: 2 },
    } as const
    const base = smallApp()
    run = await runApp({
      ...base,
      tables: [{ name: 'Saved', partitionKey: { name: 'id', type: 'string' }, changes: 'NEW_IMAGE' }],
      stages: [],
    })
    const definition = { ...base, stages: [flink] }
    const { nodes, edges } = drawn({ ...run, door: { ...run.door, definition } })
    expect(edges.map(({ id, kind }) => `${kind} ${id}`)).toEqual([
      'data stream:in>stage:sum-1-of-2',
      'data stage:sum-1-of-2>stream:out',
      'lookup reference:/data/names.json>stage:sum-1-of-2',
      'data table:Saved>stream:Saved.changes',
    ])
    expect(nodes.find(({ id }) => id === 'stage:sum-1-of-2')?.about).toBe('SQL (Flink), part 1 of 2')
    expect(nodes.find(({ id }) => id === 'reference:/data/names.json')?.name).toBe('names')
  })

  it('without an app: streams and tables of the directory', async () => {
    run = await runApp(smallApp())
    await run.app.advance(1_000)
    const { app, nodes, edges } = drawn(run, false)
    expect(app).toBeUndefined()
    expect(edges).toEqual([])
    expect(nodes.map(({ id }) => id)).toEqual(['stream:in', 'stream:out', 'table:Saved'])
  })

  it('of fifty stages has an edge for each', async () => {
    const base = smallApp()
    const stages = Array.from({ length: 50 }, (_, i) => ({
      kind: 'function' as const,
      name: `f${i}`,
      from: 'in',
      mapping: mappingDefaults,
      code: { form: 'batch' as const, handler: () => {} },
    }))
    run = await runApp({ ...base, stages: [...base.stages, ...stages] })
    await run.app.advance(500)
    expect(drawn(run).edges).toHaveLength(55)
  })
})
