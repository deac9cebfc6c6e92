/** The pipeline over HTTP: its graph, samples of what flows, what keeps it from flowing, and one stage in detail. */
import { AdminEvents, AdminProblem, type AdminRequest, adminRoute, type Routes } from '@millrace/gateway'
import { diagnoseApp } from '@millrace/runtime'
import type { ConsoleOptions } from '../../console-options.ts'
import type { WhyAnswer } from '../../protocol/pipeline.ts'
import { PipelineSampler, thisProcess } from './sampler.ts'
import { stageDetail } from './stage-detail.ts'

export const pipelinePath = '/admin/pipeline'

export function pipelineRoutes({ store, clock, app }: ConsoleOptions): Routes {
  const sampler = new PipelineSampler({ store, clock, app, process: thisProcess })
  const live = ({ signal }: AdminRequest) => new AdminEvents(sampler.listen(signal))
  const why = (): WhyAnswer => ({
    findings: app === undefined ? [] : diagnoseApp(app.definition, store, clock),
  })
  const stage = ({ query }: AdminRequest) => {
    const name = query.get('name')
    if (name === null || name === '') throw new AdminProblem('VALUE_MISSING', '"name" of a stage is needed.')
    return stageDetail(name, { store, clock, app })
  }
  return new Map([
    [pipelinePath, adminRoute('millrace:DescribePipeline', () => sampler.graph())],
    [`${pipelinePath}/live`, adminRoute('millrace:DescribePipeline', live)],
    [`${pipelinePath}/stage`, adminRoute('millrace:DescribePipeline', stage)],
    [`${pipelinePath}/why`, adminRoute('millrace:DescribePipeline', why)],
  ])
}
