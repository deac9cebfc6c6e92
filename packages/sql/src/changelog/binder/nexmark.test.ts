import { expect, test } from 'vitest'
import type { HostFunction } from '../../host-function.ts'
import { bindFlinkProgram } from './bind-flink-program.ts'
import { shape } from './testing/flink-binding.ts'
import { nexmarkQueries, nexmarkTables } from './testing/nexmark-queries.ts'

const countChar: HostFunction = {
  kind: 'scalar',
  name: 'count_char',
  parameters: undefined,
  returns: { kind: 'BIGINT' },
  nullIn: 'called',
  call: () => 0,
}

/** A view over the stream: computed column, watermark, filter. */
const view = 'filter(watermark(datagen))'
const plans: Readonly<Record<string, [changes: 'append' | 'retract', shape: string]>> = {
  q0: ['append', view],
  q1: ['append', view],
  q2: ['append', `filter(${view})`],
  q3: ['append', `inner join(filter(${view}), filter(${view}))`],
  q4: ['retract', `aggregate(aggregate(inner join(${view}, ${view})))`],
  q5: ['append', `inner window-join(window-aggregate(${view}), window-aggregate(window-aggregate(${view})))`],
  q7: ['append', `inner join(${view}, window-aggregate(${view}))`],
  q8: ['append', `inner window-join(window-aggregate(${view}), window-aggregate(${view}))`],
  q9: ['retract', `rank(inner join(${view}, ${view}))`],
  q10: ['append', view],
  q11: ['append', `window-aggregate(${view})`],
  q12: ['append', `window-aggregate(${view})`],
  q13: ['append', `inner lookup-join(${view})`],
  q14: ['append', `filter(${view})`],
  q15: ['retract', `aggregate(${view})`],
  q16: ['retract', `aggregate(${view})`],
  q17: ['retract', `aggregate(${view})`],
  q18: ['retract', `dedup(${view})`],
  q19: ['retract', `rank(${view})`],
  q20: ['append', `inner join(${view}, filter(${view}))`],
  q21: ['append', `filter(${view})`],
  q22: ['append', view],
}

test.each(Object.keys(plans))('%s has the operators that it needs', (name) => {
  const { program, diagnostics } = bindFlinkProgram({
    text: `${nexmarkTables}${nexmarkQueries[name]!}`,
    fileName: `${name}.sql`,
    hosts: new Map([['COUNT_CHAR', countChar]]),
  })
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  const [sink] = program!.sinks
  expect([sink!.plan.traits.changes, shape(sink!.plan)]).toEqual(plans[name])
  expect(program!.sources).toEqual(['datagen'])
})

test('all queries in one program read the stream once', () => {
  const { program } = bindFlinkProgram({
    text: nexmarkTables + Object.values(nexmarkQueries).join(';'),
    fileName: 'all.sql',
    hosts: new Map([['COUNT_CHAR', countChar]]),
  })
  expect(program!.sinks).toHaveLength(Object.keys(plans).length)
  expect(program!.sources).toEqual(['datagen'])
})
