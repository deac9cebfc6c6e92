/**
 * What screen readers and people who see little would stumble over: axe-core's rules for WCAG 2.2 A and AA and its good practice.
 *
 * The page's policy lets no script in; axe comes through the debugger instead, so that the page is checked with its policy.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Resolves to one readable text for each violation: the rule, what to do, and the elements. */
export async function axe(page: Page): Promise<string[]> {
  const debug = await page.context().newCDPSession(page)
  try {
    await debug.send('Runtime.evaluate', { expression: source })
    const { result, exceptionDetails } = await debug.send('Runtime.evaluate', {
      expression: `axe.run(document, ${JSON.stringify({ runOnly: tags, resultTypes: ['violations'] })})`,
      awaitPromise: true,
      returnByValue: true,
    })
    if (exceptionDetails !== undefined) throw new Error(`axe failed: ${JSON.stringify(exceptionDetails)}`)
    // axe.run resolves to its results, which are JSON.
    return (result.value as AxeResults).violations.map(violationText)
  } finally {
    await debug.detach()
  }
}

function violationText({ id, help, helpUrl, nodes }: AxeResults['violations'][number]): string {
  const places = nodes.slice(0, 5).map((node) => {
    const why = [...node.any, ...node.all, ...node.none].map(({ message }) => message).join('; ')
    return `  ${node.target.join(' ')}\n    ${node.html.slice(0, 200)}\n    ${why}`
  })
  const more = nodes.length > places.length ? [`  and ${nodes.length - places.length} more`] : []
  return [`${id}: ${help} (${helpUrl})`, ...places, ...more].join('\n')
}
