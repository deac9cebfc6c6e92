/**
 * Fills DuckDB's vectors from sealed columns: one copy for each array. The texts of a column go to the vector as one long string, in
 * whose memory the cells then point; it lives as long as the vector does, and whoever takes rows from the chunk copies them.
 *
 * This stands on the memory layout that DuckDB's C API documents (duckdb_string_t); the law over random rows would fail with another.
 */
import duckdb from '@duckdb/node-bindings'
import { inlineTextBytes, type SealedColumn } from './column-builder.ts'

export function fillVector(vector: duckdb.Vector, column: SealedColumn): void {
  switch (column.kind) {
    case 'fixed':
      copy(vector, column.values, column.length * column.width)
      break
    case 'text':
      copy(vector, withPointers(vector, column), column.length * 16)
      break
    case 'list': {
      // Its size has to be known before the child's memory is.
      duckdb.list_vector_reserve(vector, column.child.length)
      duckdb.list_vector_set_size(vector, column.child.length)
      fillVector(duckdb.list_vector_get_child(vector), column.child)
      copy(vector, column.values, column.length * 16)
      break
    }
    case 'struct':
      for (const [i, field] of column.fields.entries())
        fillVector(duckdb.struct_vector_get_child(vector, i), field)
      break
  }
  const { validity } = column
  if (validity === null || column.length === 0) return
  // Rows behind the last NULL may not be covered by our bits; those of the vector say that there is a value.
  const bytes = Math.min(validity.length, Math.ceil(column.length / 64) * 8)
  duckdb.vector_ensure_validity_writable(vector)
  duckdb.copy_data_to_vector_validity(vector, 0, bufferOf(validity), validity.byteOffset, bytes)
}

/** The cells, with pointers in place of offsets. The column keeps its offsets, so that it can be written again. */
function withPointers(vector: duckdb.Vector, column: Extract<SealedColumn, { kind: 'text' }>): Int32Array {
  if (column.text.length === 0) return column.values
  duckdb.vector_assign_string_element_len(vector, 0, column.text)
  const cell = duckdb.vector_get_data(vector, 16)
  const view = new DataView(cell.buffer, cell.byteOffset, 16)
  const low = view.getUint32(8, true)
  const high = view.getUint32(12, true)
  if (view.getUint32(0, true) !== column.text.length)
    throw new Error('DuckDB did not take the texts of a column')
  const cells = scratchOf(column.length * 4)
  cells.set(column.values.subarray(0, column.length * 4))
  for (let at = 0; at < column.length * 4; at += 4) {
    if (cells[at]! <= inlineTextBytes) continue
    const pointer = low + cells[at + 2]!
    cells[at + 2] = pointer
    cells[at + 3] = pointer > 0xffff_ffff ? high + 1 : high
  }
  return cells
}

let scratch = new Int32Array(2048 * 4)

function scratchOf(length: number): Int32Array {
  if (scratch.length < length) scratch = new Int32Array(length)
  return scratch
}

function copy(vector: duckdb.Vector, from: ArrayBufferView, bytes: number): void {
  if (bytes > 0) duckdb.copy_data_to_vector(vector, 0, bufferOf(from), from.byteOffset, bytes)
}

/** All arrays here are made by this package over memory that is not shared. */
function bufferOf(view: ArrayBufferView): ArrayBuffer {
  return view.buffer as ArrayBuffer
}
