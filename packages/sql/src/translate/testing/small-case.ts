/** A KDA program over one input with a few rows, as a case without an expectation. */
import type { CaseValue, SqlCase } from '../../cases/case-file.ts'

export interface SmallCase {
  readonly program: string
  /** `name TYPE`, ... of the input S. */
  readonly columns: string
  /** ms after 2026-01-01 00:00, then the values. */
  readonly rows: readonly (readonly [time: number, ...values: readonly CaseValue[]])[]
  readonly outputs?: readonly string[]
}

const start = Date.UTC(2026, 0, 1)

export function smallCase({ program, columns, rows, outputs = [] }: SmallCase): SqlCase {
  const declared = columns.split(/,(?![^(]*\))/).map((part) => {
    const [name, ...type] = part.trim().split(/\s+/)
    return { name: name!, type: type.join(' '), path: undefined }
  })
  return {
    name: 'small',
    title: '',
    features: [],
    dialect: 'kda',
    program,
    schemas: new Map([
      [
        'S',
        {
          recordFormat: 'JSON',
          recordRowPath: undefined,
          recordRowDelimiter: undefined,
          recordColumnDelimiter: undefined,
          columns: declared,
        },
      ],
    ]),
    inputs: new Map([
      [
        'S',
        rows.map(([time, ...values], seq) => ({
          seq,
          rowtime: start + time,
          op: '+I' as const,
          record: undefined,
          values: Object.fromEntries(declared.map(({ name }, i) => [name, values[i] ?? null])),
        })),
      ],
    ]),
    referenceTables: new Map(),
    bounds: [],
    end: 'flush',
    settings: {},
    expected: outputs.map((stream) => ({
      stream,
      mode: 'set' as const,
      columns: [],
      rows: [],
      alternatives: [],
      orderColumns: [],
      jsonColumns: [],
      statements: [],
    })),
    expectedErrors: [],
    contested: false,
  }
}
