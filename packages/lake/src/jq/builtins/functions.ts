/** Built-in functions of values, by `name/arity`: each gets its input and the values of its arguments. */
import type { NativeFunction } from '../machine.ts'
import { collectionFunctions } from './collections.ts'
import { mathFunctions } from './math.ts'
import { regexFunctions } from './regex.ts'
import { textFunctions } from './text.ts'
import { timeFunctions } from './time.ts'

export const functions: Readonly<Record<string, NativeFunction>> = {
  ...collectionFunctions,
  ...mathFunctions,
  ...regexFunctions,
  ...textFunctions,
  ...timeFunctions,
}
