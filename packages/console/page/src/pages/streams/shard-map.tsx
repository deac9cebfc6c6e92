/**
 * The hash space from left to right, generations from top to bottom: a shard is as wide as its range of keys and reaches down to the
 * shards that followed it. What is open reaches the lower edge. Colours say open, closed and hot; each block opens its shard.
 */
import type { ShardState } from '../../../../src/protocol/streams.ts'
import { rateText } from '../../kit/numbers.ts'

const rowHeight = 34
/** Generations that are drawn: the newest ones. */
const generationsMax = 10
/** Above this many shards Tab does not stop at each; the list below has them all. */
const stopsMax = 64
/** Share of the width from which on a block has room for words. */
const wordsFrom = 0.05

export function ShardMap({
  shards,
  selected,
  onOpen,
}: {
  readonly shards: readonly ShardState[]
  readonly selected: number | undefined
  readonly onOpen: (shard: ShardState) => void
}) {
  const last = Math.max(0, ...shards.map(({ generation }) => generation))
  const first = Math.max(0, last - generationsMax + 1)
  const blocks = shards
    .map((shard) => ({
      shard,
      top: Math.max(first, shard.generation),
      bottom: bottomOf(shard, shards, last),
    }))
    .filter(({ top, bottom }) => bottom > top)
  return (
    <fieldset className="shard-map">
      <legend className="hidden-label">Hash space, a row for each generation of shards</legend>
      <div className="shard-blocks" style={{ height: (last - first + 1) * rowHeight }}>
        {blocks.map(({ shard, top, bottom }) => (
          <button
            key={shard.shard}
            type="button"
            className={`shard-block ${shard.closedAt === undefined ? 'open' : 'closed'} ${shard.hot === undefined ? '' : 'hot'} ${shard.shard === selected ? 'selected' : ''}`}
            style={{
              left: `${shard.from * 100}%`,
              width: `${shard.width * 100}%`,
              top: (top - first) * rowHeight,
              height: (bottom - top) * rowHeight,
            }}
            tabIndex={blocks.length > stopsMax ? -1 : 0}
            title={aboutShard(shard)}
            onClick={() => onOpen(shard)}
          >
            <Words shard={shard} isShown={shard.width >= wordsFrom} />
          </button>
        ))}
      </div>
      <div className="shard-scale muted" aria-hidden="true">
        <span>0</span>
        <span>2¹²⁷</span>
        <span>2¹²⁸ − 1</span>
      </div>
    </fieldset>
  )
}

/** What is seen is a part of what is read out. */
function Words({ shard, isShown }: { readonly shard: ShardState; readonly isShown: boolean }) {
  const { state, hot, share } = partsOf(shard)
  if (!isShown) return <span className="hidden-label">{aboutShard(shard)}</span>
  return (
    <>
      <span className="hidden-label">Shard </span>
      <b>{shard.shard}</b> <span>{state}</span>
      <span className="hidden-label">
        {hot} {share}
      </span>
    </>
  )
}

/** The row in which its first child begins, or the lower edge. */
function bottomOf({ children }: ShardState, shards: readonly ShardState[], last: number): number {
  return Math.min(last + 1, ...children.map((child) => shards[child]?.generation ?? last + 1))
}

function aboutShard(shard: ShardState): string {
  const { state, hot, share } = partsOf(shard)
  return `Shard ${shard.shard}, ${state}${hot}, ${share}`
}

function partsOf({ closedAt, recordsPerSecond, hot, width }: ShardState) {
  return {
    state: closedAt === undefined ? rateText(recordsPerSecond) : 'closed',
    hot: hot === undefined ? '' : hot === 'limit' ? ', near its limit' : ', takes more than its share',
    share: `${shareText(width)} of the hash space`,
  }
}

export function shareText(share: number): string {
  const percent = share * 100
  return `${percent >= 10 ? percent.toFixed(0) : percent.toPrecision(2)} %`
}
