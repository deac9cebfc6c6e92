/**
 * An independent reader of Prometheus' text format 0.0.4, strict where real readers are lenient: each line has to be a
 * HELP, TYPE or sample; HELP and TYPE stand once, before the samples of their family; samples of a family stand together;
 * a summary has only its _sum and _count; counters end in _total and do not fall below 0; no sample stands twice.
 */
import assert from 'node:assert/strict'

export interface Sample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

export interface Family {
  readonly help: string
  readonly type: string
  readonly samples: Sample[]
}

export function parsePrometheusText(text: string): ReadonlyMap<string, Family> {
  assert.ok(text.endsWith('\n'), 'the last line ends with a line feed')
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  let help: { name: string; text: string } | undefined
  let current = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const helpLine = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line)
    const typeLine = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|summary)$/.exec(line)
    if (helpLine !== null) {
      help = { name: helpLine[1]!, text: unescaped(helpLine[2]!) }
    } else if (typeLine !== null) {
      const [, name, type] = typeLine
      assert.equal(help?.name, name, `HELP stands right before TYPE: ${line}`)
      assert.ok(!families.has(name!), `one family of each name: ${line}`)
      families.set(name!, { help: help!.text, type: type!, samples: [] })
      current = name!
    } else {
      const sample = parseSample(line)
      const family = families.get(current)
      assert.ok(family !== undefined, `a family before its samples: ${line}`)
      const names = family.type === 'summary' ? [`${current}_sum`, `${current}_count`] : [current]
      assert.ok(names.includes(sample.name), `samples of ${current} stand together: ${line}`)
      if (family.type === 'counter') assert.ok(sample.name.endsWith('_total') && sample.value >= 0, line)
      const key = JSON.stringify([sample.name, [...sample.labels].sort()])
      assert.ok(!seen.has(key), `each sample once: ${line}`)
      seen.add(key)
      family.samples.push(sample)
    }
  }
  return families
}

function parseSample(line: string): Sample {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0]
  assert.ok(name !== undefined, `a name: ${line}`)
  let rest = line.slice(name.length)
  const labels = new Map<string, string>()
  if (rest.startsWith('{')) {
    rest = rest.slice(1)
    while (!rest.startsWith('}')) {
      const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|(?=\}))/.exec(rest)
      assert.ok(label !== null, `a label at ${rest}`)
      assert.ok(!labels.has(label[1]!), `each label once: ${line}`)
      labels.set(label[1]!, unescaped(label[2]!))
      rest = rest.slice(label[0].length)
    }
    rest = rest.slice(1)
  }
  const value = /^ ([+-]Inf|NaN|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(rest)?.[1]
  assert.ok(value !== undefined, `a number: ${line}`)
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) }
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character))
}
