/** Functions of the host in KDA programs: typed by the binder, the same in the interpreter and the engine. */
import { describe, expect, test } from 'vitest'
import { compileProgram } from '../engine/compile-program.ts'
import type { QueryInstance } from '../engine-port.ts'
import type { HostFunction } from '../host-function.ts'
import { batchToRows, rowsToBatch } from '../interpreter/bridge.ts'
import { InterpretedInstance } from '../interpreter/interpreted-instance.ts'
import { bindProgram } from './bind-program.ts'

const text = { kind: 'VARCHAR', length: 64 } as const
const hosts: HostFunction[] = [
  {
    kind: 'scalar',
    name: 'domain_of',
    parameters: [text],
    returns: text,
    nullIn: 'null',
    call: (email) => {
      const [, domain] = String(email).split('@')
      if (domain === undefined) throw new Error(`"${email}" has no @`)
      return domain
    },
  },
  {
    kind: 'scalar',
    name: 'plus_one',
    parameters: [{ kind: 'BIGINT' }],
    returns: { kind: 'BIGINT' },
    nullIn: 'null',
    call: (n) => (typeof n === 'bigint' ? n + 1n : Number(n) + 1),
  },
  {
    kind: 'async',
    name: 'ask',
    parameters: [text],
    returns: text,
    nullIn: 'null',
    timeoutMs: 1000,
    capacity: 1,
    ordered: true,
    retry: undefined,
    call: async () => 'x',
  },
]
const schema = {
  fields: [
    { name: 'email', type: text, nullable: true },
    { name: 'n', type: { kind: 'BIGINT' }, nullable: true },
  ],
} as const

function bind(select: string) {
  return bindProgram({
    text: `CREATE STREAM "OUT" ("d" VARCHAR(64), "n" BIGINT);
      CREATE PUMP "P" AS INSERT INTO "OUT" SELECT STREAM ${select} FROM "IN";`,
    fileName: 'p.sql',
    dialect: 'kda',
    inputs: [{ name: 'IN', schema }],
    references: [],
    outputs: ['OUT'],
    hosts: new Map(hosts.map((host) => [host.name.toUpperCase(), host])),
  })
}

test('interpreter and engine call them alike; what they throw is on the error stream', () => {
  const { program, diagnostics } = bind('domain_of("email"), PLUS_ONE("n")')
  expect(diagnostics).toEqual([])
  const rows = [
    { values: ['ada@example.org', 1n], rowtime: 0, origin: 0 },
    { values: ['nobody', 2n], rowtime: 0, origin: 1 },
    { values: [null, 9007199254740993n], rowtime: 0, origin: 2 },
  ]
  const run = (instance: QueryInstance) => {
    const inputs = new Map([['IN', rowsToBatch(rows, schema)]])
    const result = instance.process({ inputs, records: 3, bound: Number.NEGATIVE_INFINITY })
    const out = program!.streams.find(({ name }) => name === 'OUT')!.schema
    return {
      rows: batchToRows(result.outputs.get('OUT')!, out).map(({ values }) => values),
      errors: result.errors.map(({ name, message }) => [name, message.replace(/^column ".*?": /, '')]),
    }
  }
  const expected = {
    rows: [
      ['example.org', 2n],
      [null, 9007199254740994n],
    ],
    errors: [['HostFunctionError', 'domain_of: "nobody" has no @']],
  }
  expect(run(new InterpretedInstance(program!))).toEqual(expected)
  expect(run(compileProgram(program!))).toEqual(expected)
})

describe('refused', () => {
  test.each([
    ['domain_of("n"), "n"', 'SQL3001', /argument 1 of domain_of is VARCHAR\(64\)/],
    ['domain_of("email", "email"), "n"', 'SQL3001', /takes 1 arguments, not 2/],
    ['ask("email"), "n"', 'SQL6001', /asynchronous/],
    ['unknown_one("email"), "n"', 'SQL2005', /unknown_one/i],
  ])('%s', (select, code, message) => {
    const [first] = bind(select).diagnostics
    expect(first?.code).toBe(code)
    expect(first?.message).toMatch(message)
  })
})
