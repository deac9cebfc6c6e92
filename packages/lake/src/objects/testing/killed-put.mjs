/** A process that is killed at a step of a put: killed-put.mjs DIR STEP VALUE. It runs the built package. */
import { FolderObjectStore } from '../../../dist/objects/folder-object-store.js'

const [dir, killAt, value] = process.argv.slice(2)
const store = new FolderObjectStore({
  name: 'lake',
  dir,
  clock: { now: () => 0, sleep: () => Promise.resolve() },
  onPutStep: (step) => {
    if (step === killAt) process.kill(process.pid, 'SIGKILL')
  },
})
await store.put('a/b', { bytes: Buffer.from(value) })
