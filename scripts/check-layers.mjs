#!/usr/bin/env node
/**
 * Checks the layers: `node scripts/check-layers.mjs [ROOT]`, a part of `npm run lint`.
 *
 * Rules, with the order read from layers.json, the one place where it is written:
 *   layer   a package imports only packages below it in the order, and only those that its own lists allow
 *   deep    another package is imported by its name alone; its folders are its own
 *   outside a relative import stays inside the package's source; benchmarks and processes of tests may use its build, and a
 *           page in a browser (page/src) the shapes of src/protocol
 *   cycle   the files of a package import each other without a ring; `import type` counts as well, since a ring of types
 *           is a ring for the reader
 * Tests obey the same rules. Cost: one pass over every source file.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { importsOf, tokensOf } from './source-tokens.mjs'

/**
 * @typedef {{ order: string[], only: Record<string, string[]>, never: Record<string, string[]> }} Layers
 * @typedef {{ rule: 'layer' | 'deep' | 'outside' | 'cycle', file: string, line: number, message: string }} Finding
 */

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..'))
  const findings = checkLayers(root, readLayers())
  for (const { rule, file, line, message } of findings) console.error(`${file}:${line}: ${rule}: ${message}`)
  if (findings.length > 0) {
    console.error(`${findings.length} imports break the layers. The order is in scripts/layers.json.`)
    process.exit(1)
  }
}

/** @returns {Layers} */
export function readLayers() {
  return JSON.parse(readFileSync(new URL('./layers.json', import.meta.url), 'utf8'))
}

/**
 * @param {string} root Folder that holds `packages/`.
 * @param {Layers} layers
 * @returns {Finding[]}
 */
export function checkLayers(root, layers) {
  const findings = []
  for (const name of readdirSync(join(root, 'packages')).sort()) {
    const source = join(root, 'packages', name, 'src')
    if (!existsSync(source)) continue
    if (!layers.order.includes(name)) {
      const message = `package "${name}" has no place in the order; add it to scripts/layers.json`
      findings.push({ rule: 'layer', file: `packages/${name}`, line: 1, message })
    }
    findings.push(...checkPackage(root, name, source, layers))
    const page = join(root, 'packages', name, 'page', 'src')
    if (existsSync(page)) findings.push(...checkPackage(root, name, page, layers))
  }
  return findings
}

function checkPackage(root, name, source, layers) {
  const findings = []
  /** File -> its imports inside the package. */
  const graph = new Map()
  for (const file of sourceFiles(source)) {
    const shown = relative(root, file)
    const inside = []
    for (const { specifier, line } of importsOf(tokensOf(readFileSync(file, 'utf8')))) {
      if (specifier.startsWith('.')) {
        const target = resolve(dirname(file), specifier)
        if (target.startsWith(join(source, '/'))) inside.push({ target, line })
        else if (
          !isOwnBuild(file, target, join(root, 'packages', name)) &&
          !isPageProtocol(source, target, join(root, 'packages', name))
        ) {
          const message = `"${specifier}" leaves the package; import other packages by name`
          findings.push({ rule: 'outside', file: shown, line, message })
        }
        continue
      }
      const found = checkSpecifier({ name, file, specifier }, layers)
      if (found !== undefined) findings.push({ ...found, file: shown, line })
    }
    graph.set(file, inside)
  }
  return [...findings, ...cycles(root, graph)]
}

/** Benchmarks, and processes that a test starts, run the built package: not every Node version runs TypeScript. */
function isOwnBuild(file, target, folder) {
  return target.startsWith(join(folder, 'dist/')) && usesBuild(file)
}

/** A page in a browser and the process that answers it share the shapes of what they say, and nothing else. */
function isPageProtocol(source, target, folder) {
  return source === join(folder, 'page', 'src') && target.startsWith(join(folder, 'src', 'protocol/'))
}

function usesBuild(file) {
  return /\.(mjs|bench\.ts|test\.ts)$/.test(file)
}

/** @returns {{ rule: 'layer' | 'deep', message: string } | undefined} */
function checkSpecifier({ name, file, specifier }, layers) {
  const [target, isDeep] = packageOf(specifier)
  if (target === undefined) return undefined
  if (target === name && !isDeep && usesBuild(file)) return undefined
  if (target === name)
    return { rule: 'deep', message: `"${specifier}" is this package; import its files by path` }
  if (isDeep)
    return { rule: 'deep', message: `"${specifier}" reaches into a package; import it by its name alone` }
  const from = layers.order.indexOf(name)
  const to = layers.order.indexOf(target)
  if (to < 0) return { rule: 'layer', message: `"${specifier}" is no package of this workspace` }
  if (to <= from)
    return { rule: 'layer', message: `"${name}" stands below "${target}" and must not import it` }
  const only = layers.only[name]
  if (only !== undefined && !only.includes(target)) {
    return {
      rule: 'layer',
      message: `"${name}" may import only ${only.join(', ') || 'nothing'}, not "${target}"`,
    }
  }
  if (layers.never[name]?.includes(target)) {
    return { rule: 'layer', message: `"${name}" must know nothing of "${target}"` }
  }
  return undefined
}

/** The package of this workspace that a specifier names, and whether it reaches deeper than its door. */
function packageOf(specifier) {
  const [first = '', second = '', ...rest] = specifier.split('/')
  if (first === '@millrace') return [second, rest.length > 0]
  if (first === 'millrace') return ['millrace', second !== '' && specifier !== 'millrace/testing']
  return [undefined, false]
}

/** One finding for each ring: Tarjan's strongly connected components, then the shortest way round from the first file. */
function cycles(root, graph) {
  const findings = []
  for (const component of components(graph)) {
    const members = new Set(component)
    const first = [...component].sort()[0]
    const path = wayRound(first, graph, members)
    if (path === undefined) continue
    const edge = graph.get(first).find((to) => to.target === path[1])
    findings.push({
      rule: 'cycle',
      file: relative(root, first),
      line: edge?.line ?? 1,
      message: path.map((file) => relative(root, file)).join(' -> '),
    })
  }
  return findings
}

function components(graph) {
  const found = []
  const index = new Map()
  const low = new Map()
  const stack = []
  const onStack = new Set()
  const visit = (file) => {
    index.set(file, index.size)
    low.set(file, index.get(file))
    stack.push(file)
    onStack.add(file)
    for (const { target } of graph.get(file) ?? []) {
      if (!graph.has(target)) continue
      if (!index.has(target)) {
        visit(target)
        low.set(file, Math.min(low.get(file), low.get(target)))
      } else if (onStack.has(target)) low.set(file, Math.min(low.get(file), index.get(target)))
    }
    if (low.get(file) !== index.get(file)) return
    const component = []
    let member
    do {
      member = stack.pop()
      onStack.delete(member)
      component.push(member)
    } while (member !== file)
    found.push(component)
  }
  for (const file of graph.keys()) if (!index.has(file)) visit(file)
  return found
}

/** Breadth first from a file back to itself inside its component; undefined if there is no ring. */
function wayRound(start, graph, members) {
  let frontier = [[start]]
  const seen = new Set()
  while (frontier.length > 0) {
    const next = []
    for (const path of frontier) {
      for (const { target } of graph.get(path.at(-1)) ?? []) {
        if (target === start) return [...path, start]
        if (!members.has(target) || seen.has(target)) continue
        seen.add(target)
        next.push([...path, target])
      }
    }
    frontier = next
  }
  return undefined
}

/** @returns {string[]} Absolute paths of the .ts and .mjs files below a folder, in order. */
export function sourceFiles(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|tsx|mts|mjs|js)$/.test(name) && !/(^|[\\/])node_modules[\\/]/.test(name))
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .sort()
}
