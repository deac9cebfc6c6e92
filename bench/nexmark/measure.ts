/**
 * One Nexmark query measured in a process of its own: rows in memory, one thread, changes of state taken every 2,000 events
 * as a commit would. Prints one line of JSON. Half of the events run first, uncounted, so that compiled code is hot.
 */
import { argv } from 'node:process'
import { bindQuery, eventRows, runEvents, startQuery } from './run-query.ts'

const [name = 'q0', count = '1000000'] = argv.slice(2)
const program = bindQuery(name)
const bindStart = performance.now()
startQuery(bindQuery(name))
const compileMs = performance.now() - bindStart
const events = eventRows(Number(count))
let changes = 0
const drop = () => {
  changes++
}
runEvents(startQuery(program), events.slice(0, events.length / 2), drop)
changes = 0
globalThis.gc?.()
const heapBefore = process.memoryUsage().heapUsed
const instance = startQuery(program)
const start = performance.now()
runEvents(instance, events, drop)
const ms = performance.now() - start
globalThis.gc?.()
const state = instance.stateInfo()
console.log(
  JSON.stringify({
    name,
    events: events.length,
    ms: Math.round(ms),
    rowsPerSecond: Math.round((events.length / ms) * 1000),
    compileMs: Math.round(compileMs),
    changes,
    stateRows: state.reduce((sum, { rows }) => sum + rows, 0),
    stateBytes: state.reduce((sum, { bytes }) => sum + bytes, 0),
    heapMiB: Math.round((process.memoryUsage().heapUsed - heapBefore) / 2 ** 20),
  }),
)
