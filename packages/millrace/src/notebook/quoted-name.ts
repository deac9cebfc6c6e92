import { dialectOf } from '@millrace/sql'

/** A name as texts of the dialect write it. */
export function quoted(name: string, dialect: 'flink' | 'kda' | 'lake'): string {
  const isPlain = dialect === 'kda' ? /^[A-Z_][A-Z0-9_]*$/.test(name) : /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
  const isWord = dialect === 'lake' ? false : dialectOf(dialect).reserved.has(name.toUpperCase())
  if (isPlain && !isWord) return name
  const quote = dialect === 'flink' ? '`' : '"'
  return `${quote}${name.replaceAll(quote, quote + quote)}${quote}`
}
