/**
 * Reads the JSON body of a PutRecordBatch call from its bytes:
 *   {"DeliveryStreamName":"<name>","Records":[{"Data":"<base64>"},...]}
 * with members in any order, each once, and white space anywhere. Anything else, a fault or only unusual, makes `scan` false, and
 * the body is read again by the general way, which knows the right answer.
 *
 * No strings, no allocation per record: data are decoded into an arena, which is valid until the next scan.
 */
import { BodyScanner, CLOSE, CLOSE_LIST, COMMA, OPEN, OPEN_LIST } from '../../wire/body-scanner.ts'
import { BATCH_RECORDS_MAX, RECORD_BYTES_MAX } from '../shapes/input-shapes.ts'

const DATA = Buffer.from('"Data"')
const RECORDS = Buffer.from('"Records"')
const NAME = Buffer.from('"DeliveryStreamName"')
const namePattern = /^[a-zA-Z0-9_.-]{1,64}$/

export class PutBatchScanner extends BodyScanner {
  count = 0
  name = ''
  /** Ends of data in the arena; record i begins where the one before ends, or at 0. */
  readonly dataEnd = new Int32Array(BATCH_RECORDS_MAX)

  /** True if the body is of the known kind. */
  scan(body: Uint8Array): boolean {
    this.begin(body)
    this.count = 0
    this.name = ''
    if (!this.take(OPEN)) return false
    let hasRecords = false
    do {
      const at = this.skipSpace()
      // First letters of the names: "R, "D.
      if (this.body[at + 1] === 82) {
        if (hasRecords || !this.takeName(RECORDS) || !this.#scanRecords()) return false
        hasRecords = true
      } else {
        if (this.name !== '' || !this.takeName(NAME)) return false
        const name = this.takeText(namePattern)
        if (name === undefined) return false
        this.name = name
      }
    } while (this.take(COMMA))
    return this.take(CLOSE) && hasRecords && this.name !== '' && this.skipSpace() === this.body.length
  }

  #scanRecords(): boolean {
    if (!this.take(OPEN_LIST)) return false
    do {
      if (this.count === BATCH_RECORDS_MAX || !this.#scanRecord()) return false
      this.count++
    } while (this.take(COMMA))
    return this.take(CLOSE_LIST)
  }

  #scanRecord(): boolean {
    const from = this.arenaAt
    if (!this.take(OPEN)) return false
    this.skipSpace()
    if (!this.takeName(DATA) || !this.takeBase64() || !this.take(CLOSE)) return false
    this.dataEnd[this.count] = this.arenaAt
    return this.arenaAt - from <= RECORD_BYTES_MAX
  }
}
