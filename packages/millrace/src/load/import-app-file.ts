/**
 * Imports an app file, in TypeScript or JavaScript, so that its `import ... from 'millrace'` is this very copy of the
 * package, also when the file lies outside any project that has it installed. One copy matters: tables find their
 * invocation, and factories their marks, in module state.
 *
 * Node versions that strip types themselves import the file as it is; a resolve hook answers for 'millrace'. Others, and
 * files with syntax that cannot be stripped (enums, parameter properties), go through jiti, which translates each file
 * once into a cache. Lines keep their numbers both ways.
 */

import { pathToFileURL } from 'node:url'
import { codeOf } from '../error.ts'
import * as millrace from '../index.ts'
import { cacheDir } from './cache-dir.ts'
import { registerHooks } from './node-hooks.ts'

export async function importAppFile(file: string): Promise<unknown> {
  if (registerHooks === undefined) return importTranslated(file)
  try {
    answerForMillrace(registerHooks)
    return await import(pathToFileURL(file).href)
  } catch (error) {
    // Node does not say where invalid syntax is; jiti does.
    const isSyntax = /^ERR_(UNSUPPORTED|INVALID)_TYPESCRIPT_SYNTAX$/.test(codeOf(error) ?? '')
    if (isSyntax) return importTranslated(file)
    throw error
  }
}

async function importTranslated(file: string): Promise<unknown> {
  const { createJiti } = await import('jiti')
  const jiti = createJiti(import.meta.url, {
    fsCache: cacheDir() ?? false,
    interopDefault: false,
    virtualModules: { millrace },
  })
  return jiti.import(file)
}

let answering = false

function answerForMillrace(register: NonNullable<typeof registerHooks>): void {
  if (answering) return
  answering = true
  const own = new URL(import.meta.url.endsWith('.ts') ? '../index.ts' : '../index.js', import.meta.url).href
  register({
    resolve(specifier, context, nextResolve) {
      return specifier === 'millrace' ? { url: own, shortCircuit: true } : nextResolve(specifier, context)
    },
  })
}
