/**
 * A store in memory for tests, with the promises of the port, and a hook at each step of a put. "Killed" puts leave what a kill
 * leaves: nothing before `visible`, the object from then on.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '@millrace/values'
import { LakeError } from '../../errors.ts'
import { compareKeys } from '../compare-keys.ts'
import { assertObjectKey } from '../object-key.ts'
import type { ObjectBody, ObjectList, ObjectStore, PutOptions, StoredObject } from '../object-store.ts'
import type { OnPutStep } from '../put-step.ts'

export interface MemoryObjectStoreOptions {
  readonly clock: Clock
  readonly name?: string
  readonly onPutStep?: OnPutStep
}

export class MemoryObjectStore implements ObjectStore {
  readonly name: string
  readonly url: string
  /** What a test wants to see: each object's bytes, by key. */
  readonly objects = new Map<string, { readonly bytes: Uint8Array; readonly stored: StoredObject }>()
  readonly #clock: Clock
  readonly #onPutStep: OnPutStep | undefined
  #folder: string | undefined
  #fetched = 0

  constructor({ clock, name = 'memory', onPutStep }: MemoryObjectStoreOptions) {
    this.name = name
    this.url = `memory://${name}`
    this.#clock = clock
    this.#onPutStep = onPutStep
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<StoredObject | undefined> {
    assertObjectKey(key)
    await this.#onPutStep?.('begin', key)
    const bytes = new Uint8Array('bytes' in body ? body.bytes : readFileSync(body.file))
    await this.#onPutStep?.('written', key)
    if (options.ifAbsent && this.objects.has(key)) {
      if ('file' in body && body.isMove) rmSync(body.file)
      return undefined
    }
    const stored = {
      key,
      bytes: bytes.length,
      etag: createHash('md5').update(bytes).digest('hex'),
      modifiedAt: this.#clock.now(),
    }
    this.objects.set(key, { bytes, stored })
    if ('file' in body && body.isMove) rmSync(body.file)
    await this.#onPutStep?.('visible', key)
    return stored
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    assertObjectKey(key)
    const object = this.objects.get(key)
    return object === undefined ? undefined : new Uint8Array(object.bytes)
  }

  async head(key: string): Promise<StoredObject | undefined> {
    assertObjectKey(key)
    return this.objects.get(key)?.stored
  }

  async list(prefix: string, { after = '', limit = 1000 } = {}): Promise<ObjectList> {
    const keys = [...this.objects.keys()]
      .filter((key) => key.startsWith(prefix) && compareKeys(key, after) > 0)
      .sort(compareKeys)
    const objects = keys.slice(0, limit).flatMap((key) => this.objects.get(key)?.stored ?? [])
    return { objects, more: keys.length > limit }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      assertObjectKey(key)
      this.objects.delete(key)
    }
  }

  async localFile(key: string): Promise<string> {
    assertObjectKey(key)
    const object = this.objects.get(key)
    if (object === undefined) throw new LakeError('OBJECT_MISSING', `${this.url} holds no object ${key}.`)
    this.#folder ??= mkdtempSync(join(tmpdir(), 'millrace-memory-'))
    const path = join(this.#folder, String(++this.#fetched))
    writeFileSync(path, object.bytes)
    return path
  }

  async close(): Promise<void> {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true })
    this.#folder = undefined
  }
}
