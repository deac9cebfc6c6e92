/** A thread that makes access keys, for the test of several at once. It runs the built package. */
import { workerData } from 'node:worker_threads'
import { createAccessKey } from '@millrace/gateway'
import { systemClock } from '@millrace/values'

const { directory, keys } = workerData
for (let i = 0; i < keys; i++) createAccessKey({ directory, clock: systemClock })
