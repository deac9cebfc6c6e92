/** Asks for the items of one partition key, by conditions of the sort key, through an index or not. Enter runs it. */
import { type FormEvent, useState } from 'react'
import { keysOf, type TableQuery, valueProblem } from '../../../../src/protocol/table-query.ts'
import { type SortOperator, sortOperators, type TableShape } from '../../../../src/protocol/tables.ts'
import { Button, SelectField, TextField } from '../../kit/controls.tsx'
import { keyLabel } from './key-label.ts'

const operatorWords: Readonly<Record<SortOperator, string>> = {
  '=': '=',
  '<': '<',
  '<=': '≤',
  '>': '>',
  '>=': '≥',
  between: 'between',
  begins: 'begins with',
}

export interface QueryFormProps {
  readonly table: TableShape
  readonly query: TableQuery
  readonly onRun: (query: TableQuery) => void
}

/** To be made anew (`key`) when the query changes from outside. */
export function QueryForm({ table, query, onRun }: QueryFormProps) {
  const [draft, setDraft] = useState(query)
  const { partitionKey, sortKey } = keysOf(table, draft.index)
  const change = (part: Partial<TableQuery>) => setDraft({ ...draft, ...part })
  const problems = [
    valueProblem(partitionKey, draft.partition),
    sortKey === undefined ? undefined : valueProblem(sortKey, draft.sort),
    sortKey === undefined || draft.op !== 'between' ? undefined : valueProblem(sortKey, draft.to),
    draft.partition === '' && draft.sort !== '' ? `Give ${partitionKey.name} too.` : undefined,
    draft.op === 'between' && draft.sort !== '' && draft.to === '' ? 'Give both bounds.' : undefined,
  ].filter((problem) => problem !== undefined)
  const run = (event: FormEvent) => {
    event.preventDefault()
    if (problems.length === 0) onRun(draft)
  }
  const isAll = query.partition === '' && query.index === ''
  const operators = sortOperators.filter((op) => op !== 'begins' || sortKey?.type !== 'number')
  return (
    <form className="query-form" aria-label="Query" onSubmit={run}>
      {table.indexes.length === 0 ? null : (
        <SelectField
          label="Read"
          value={draft.index}
          options={[['', 'the table'], ...table.indexes.map(({ name }) => [name, `index ${name}`] as const)]}
          onChange={({ currentTarget }) =>
            change({ index: currentTarget.value, partition: '', sort: '', to: '', op: '=' })
          }
        />
      )}
      <TextField
        label={keyLabel(partitionKey)}
        value={draft.partition}
        placeholder="all items"
        inputMode={partitionKey.type === 'number' ? 'decimal' : 'text'}
        autoComplete="off"
        spellCheck={false}
        onChange={({ currentTarget }) => change({ partition: currentTarget.value })}
      />
      {sortKey === undefined ? null : (
        <>
          <SelectField
            label="Condition"
            value={draft.op}
            options={operators.map((op) => [op, operatorWords[op]] as const)}
            // One of the options, which are operators.
            onChange={({ currentTarget }) => change({ op: currentTarget.value as SortOperator })}
          />
          <TextField
            label={keyLabel(sortKey)}
            value={draft.sort}
            placeholder="any"
            inputMode={sortKey.type === 'number' ? 'decimal' : 'text'}
            autoComplete="off"
            spellCheck={false}
            onChange={({ currentTarget }) => change({ sort: currentTarget.value })}
          />
          {draft.op === 'between' ? (
            <TextField
              label="and"
              value={draft.to}
              inputMode={sortKey.type === 'number' ? 'decimal' : 'text'}
              autoComplete="off"
              spellCheck={false}
              onChange={({ currentTarget }) => change({ to: currentTarget.value })}
            />
          ) : null}
          <SelectField
            label="Order"
            value={draft.backward ? 'backward' : 'forward'}
            options={[
              ['forward', 'forward'],
              ['backward', 'backward'],
            ]}
            onChange={({ currentTarget }) => change({ backward: currentTarget.value === 'backward' })}
          />
        </>
      )}
      <Button type="submit" look="primary" disabled={problems.length > 0}>
        {draft.partition === '' ? 'Browse' : 'Query'}
      </Button>
      {isAll ? null : (
        <Button
          onClick={() =>
            onRun({ ...query, index: '', partition: '', op: '=', sort: '', to: '', backward: false })
          }
        >
          All items
        </Button>
      )}
      <span className="problem" role="status">
        {problems[0] ?? ''}
      </span>
    </form>
  )
}
