/**
 * `app.lambda`: a Lambda handler as it would be deployed, with one event source mapping or several. Each mapping is a stage
 * with positions of its own; what they share is the function's name, its code and its reserved concurrency.
 */
import { type FunctionStage, mappingDefaults } from '@millrace/runtime'
import { MillraceError } from '../error.ts'
import { checkLambdaCode, type LambdaCodeSettings, lambdaCodeNames } from './lambda-code.ts'
import {
  type LambdaMapping,
  lambdaMapping,
  lambdaMappingNames,
  type TemplateMapping,
} from './lambda-mapping.ts'
import { defaultsFor, type MappingReferences } from './mapping-options.ts'
import { checkSettings, here, quoted } from './names.ts'
import type { StreamHandle } from './stream-handle.ts'

/** One event source of a function. */
export interface LambdaSource extends LambdaMapping {
  readonly from: StreamHandle
  /** The mapping as a template has it, in PascalCase, in place of the settings here. */
  readonly mapping?: TemplateMapping
}

export interface LambdaSettings extends LambdaMapping, LambdaCodeSettings {
  /** What the function reads. Either this, or `mappings`. */
  readonly from?: StreamHandle
  readonly mapping?: TemplateMapping
  /** Several event sources, each with settings of its own. `name` keeps its position; `FUNCTION-STREAM` unless given. */
  readonly mappings?: readonly (LambdaSource & { readonly name?: string })[]
}

const codeNames: ReadonlySet<string> = new Set(lambdaCodeNames)

/** The stages of a function, in the order of its mappings. `name` is checked. */
export function lambdaStages(
  name: string,
  settings: LambdaSettings,
  references: MappingReferences,
): FunctionStage[] {
  const what = `lambda "${name}"`
  checkSettings(what, settings, [...lambdaCodeNames, 'from', 'mapping', 'mappings', ...lambdaMappingNames])
  const code = checkLambdaCode(what, name, settings, references)
  const stage = (stageName: string, place: string, source: LambdaSource): FunctionStage => {
    const from = references.streamName(`from of ${place}`, source.from)
    const defaults = defaultsFor(from, references, mappingDefaults)
    return {
      kind: 'function',
      name: stageName,
      from,
      mapping: lambdaMapping(place, source, { template: source.mapping, references, defaults }),
      code: { form: 'lambda', lambda: code },
    }
  }
  const { mappings, from } = settings
  if (mappings === undefined) {
    if (from === undefined) {
      throw new MillraceError('APP_SETTING_MISSING', `${what} has no from.`, {
        ...here(),
        next: 'Name the stream that it reads: from: stream.',
      })
    }
    return [stage(name, what, { ...settings, from })]
  }
  checkSeveral(what, settings)
  return mappings.map((source, index) => {
    const place = `mapping ${index + 1} of ${what}`
    checkSettings(place, source, ['from', 'name', 'mapping', ...lambdaMappingNames])
    const stream = references.streamName(`from of ${place}`, source.from)
    return stage(source.name ?? `${name}-${stream.replaceAll('.', '-')}`, place, source)
  })
}

function checkSeveral(what: string, settings: LambdaSettings): void {
  const { mappings } = settings
  if (!Array.isArray(mappings) || mappings.length === 0) {
    throw new MillraceError('APP_VALUE_INVALID', `mappings of ${what} is ${quoted(mappings)}.`, {
      ...here(),
      next: 'Give a list: mappings: [{ from: stream, batchSize: 100 }, ...].',
    })
  }
  const beside = Object.keys(settings).find((key) => key !== 'mappings' && !codeNames.has(key))
  if (beside === undefined) return
  throw new MillraceError('APP_VALUE_INVALID', `${what} has ${beside} beside mappings.`, {
    ...here(),
    next: 'Say it in each mapping.',
  })
}
