/**
 * `millrace generate orders`: writes the order model's files, `products.json` and `changes.ndjson`. Equal flags give equal
 * bytes. The changes are written beside the file first, so that a stopped command leaves no file that looks whole.
 */
import { closeSync, openSync, renameSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { generateOrders as makeOrders } from '@millrace/connect'
import { systemClock } from '@millrace/values'
import { MillraceError, messageOf } from '../error.ts'
import { formatBytes, formatCount, formatDuration } from './format.ts'
import { Screen } from './screen.ts'
import { removePart, writeFileAtomic } from './write-file.ts'

export interface GenerateOrdersFlags {
  readonly orders: number
  readonly products: number
  readonly seed: number
  readonly out: string
  readonly json: boolean
}

const redrawMs = 200

export function generateOrders(flags: GenerateOrdersFlags): void {
  const started = systemClock.now()
  const made = makeOrders({ orders: flags.orders, products: flags.products, seed: flags.seed })
  const dir = resolve(flags.out)
  const files = { products: join(dir, 'products.json'), changes: join(dir, 'changes.ndjson') }
  writeFileAtomic(files.products, made.products)
  const bytes = writeChanges(files.changes, made.changes(), made.changeCount)
  const elapsedMs = systemClock.now() - started
  if (flags.json) {
    const counts = { orders: flags.orders, products: flags.products, changes: made.changeCount, bytes }
    const result = { ...counts, files: [files.products, files.changes], elapsedMs: Math.round(elapsedMs) }
    process.stdout.write(`${JSON.stringify(result)}\n`)
    return
  }
  process.stdout.write(
    `${files.products}: ${flags.products} products\n` +
      `${files.changes}: ${made.changeCount} changes of ${flags.orders} orders, ${formatBytes(bytes)}, ` +
      `${formatDuration(elapsedMs)}\n` +
      `next: millrace run APP -- --file ${join(flags.out, 'changes.ndjson')}\n`,
  )
}

function writeChanges(path: string, chunks: Iterable<Uint8Array>, changes: number): number {
  const part = `${path}.${process.pid}.part`
  const screen = process.stderr.isTTY ? new Screen(process.stderr) : undefined
  let bytes = 0
  let written = 0
  let drawnAt = 0
  try {
    const descriptor = openSync(part, 'w')
    try {
      for (const chunk of chunks) {
        writeSync(descriptor, chunk)
        bytes += chunk.length
        if (screen === undefined) continue
        written += countLines(chunk)
        if (systemClock.now() - drawnAt < redrawMs) continue
        drawnAt = systemClock.now()
        screen.draw([`${formatCount(written)} of ${formatCount(changes)} changes, ${formatBytes(bytes)}`])
      }
    } finally {
      closeSync(descriptor)
    }
    renameSync(part, path)
  } catch (error) {
    removePart(part)
    throw new MillraceError('OUTPUT_FAILED', `${path} cannot be written: ${messageOf(error)}.`, {
      cause: error,
    })
  } finally {
    screen?.clear()
  }
  return bytes
}

function countLines(chunk: Uint8Array): number {
  let count = 0
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) count++
  return count
}
