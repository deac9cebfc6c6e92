/** A case as text: the plan as nested calls, the records one a line. For people who read a failed law. */
import { typeText } from '../functions/index.ts'
import type { AggregateCall, Expr, PlanNode, SqlValue } from '../plan.ts'
import type { LawCase } from './trace.ts'

export function caseText({ program, references, records }: LawCase): string {
  const lines: string[] = []
  for (const { name, schema, origin } of program.streams) {
    const columns = schema.fields.map((f) => `${f.name} ${typeText(f.type)}${f.nullable ? '' : ' NOT NULL'}`)
    lines.push(`${origin} ${name}(${columns.join(', ')})`)
  }
  for (const { name, schema } of program.references) {
    lines.push(`table ${name}(${schema.fields.map((f) => `${f.name} ${typeText(f.type)}`).join(', ')})`)
    for (const row of references.get(name) ?? []) lines.push(`  ${valuesText(row)}`)
  }
  for (const { name, target, plan, stopped } of program.pumps) {
    lines.push(`pump ${name} into ${target}${stopped ? ' stopped' : ''}`, ...nodeLines(plan, '  '))
  }
  records.forEach(({ stream, rowtime, rows }, i) => {
    lines.push(`record ${i} at ${rowtime} into ${stream}: ${rows.map(valuesText).join('; ')}`)
  })
  return lines.join('\n')
}

function nodeLines(node: PlanNode, indent: string): string[] {
  const inner = `${indent}  `
  const under = (...inputs: PlanNode[]) => inputs.flatMap((input) => nodeLines(input, inner))
  switch (node.kind) {
    case 'scan':
      return [`${indent}scan ${node.stream}`]
    case 'filter':
      return [`${indent}filter ${exprText(node.predicate)}`, ...under(node.input)]
    case 'project': {
      const time = node.rowtime === undefined ? '' : ` rowtime ${exprText(node.rowtime)}`
      return [`${indent}project ${node.exprs.map(exprText).join(', ')}${time}`, ...under(node.input)]
    }
    case 'lookup-join': {
      const keys = node.inputKeys.map((key, i) => `${exprText(key)} = T.${node.tableKeys[i]}`)
      return [
        `${indent}${node.join} lookup-join ${node.table} on ${keys.join(' and ')}${residualText(node.residual)}`,
        ...under(node.input),
      ]
    }
    case 'window-join': {
      const keys = node.leftKeys.map((key, i) => `${exprText(key)} = ${exprText(node.rightKeys[i]!)}`)
      const windows = `windows ${JSON.stringify(node.leftWindow ?? null)} ${JSON.stringify(node.rightWindow ?? null)}`
      return [
        `${indent}${node.join} window-join ${windows} on ${keys.join(' and ')}${residualText(node.residual)}`,
        ...under(node.left, node.right),
      ]
    }
    case 'over':
      return [
        ...node.windows.map(({ partition, frame, calls }) => {
          return `${indent}over ${frame.kind} ${frame.preceding} by ${partition.map(exprText).join(', ')}: ${calls.map(callText).join(', ')}`
        }),
        ...under(node.input),
      ]
    case 'group':
      return [
        `${indent}group by ${node.keys.map(exprText).join(', ')} (time key ${node.timeKey}, next ${exprText(node.nextStep)}): ${node.calls.map(callText).join(', ')}`,
        ...under(node.input),
      ]
    case 'union':
      return [`${indent}union`, ...under(...node.inputs)]
    case 'table-source':
      return [`${indent}rows of ${node.table}, once`]
    case 'rows':
      return [
        `${indent}rows ${JSON.stringify(node.operator)} of ${node.args.map(exprText).join(', ')} (${node.passed} carried)`,
        ...under(node.input),
      ]
  }
}

function residualText(residual: Expr | undefined): string {
  return residual === undefined ? '' : ` where ${exprText(residual)}`
}

function callText({ fn, args, ignoreNulls }: AggregateCall): string {
  return `${fn}(${args.map(exprText).join(', ')})${ignoreNulls ? ' ignore nulls' : ''}`
}

export function exprText(expr: Expr): string {
  switch (expr.kind) {
    case 'literal':
      return `${valueText(expr.value)}:${typeText(expr.type)}`
    case 'column':
      return `$${expr.index}:${typeText(expr.type)}`
    case 'rowtime':
      return 'ROWTIME'
    case 'call': {
      const target = expr.fn === 'CAST' || expr.fn === 'ASSIGN' ? ` AS ${typeText(expr.type)}` : ''
      return `${expr.fn}(${expr.args.map(exprText).join(', ')}${target})`
    }
  }
}

function valuesText(values: readonly SqlValue[]): string {
  return `[${values.map(valueText).join(', ')}]`
}

function valueText(value: SqlValue): string {
  if (typeof value === 'bigint') return `${value}n`
  return value instanceof Uint8Array ? `X'${Buffer.from(value).toString('hex')}'` : JSON.stringify(value)
}
