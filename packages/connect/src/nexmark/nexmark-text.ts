/** Random text of Nexmark's events: names, filling of a wanted size, channels with their URLs. */
import { type Random, seededRandom } from '@millrace/values'

const letters = 'abcdefghijklmnopqrstuvwxyz'

/** 3 to `maxLength` - 1 letters, one in 13 a `special`; blanks at the ends are cut. */
export function randomText(random: Random, maxLength: number, special = ' '): string {
  let text = ''
  for (let left = 3 + random.below(maxLength - 3); left > 0; left--)
    text += random.below(13) === 0 ? special : letters[random.below(26)]!
  return text.trim()
}

/** Letters to cut filling from: drawing each letter would cost more than all the rest of an event. */
const filling = fillingText()
const channelCount = 10_000
const hotChannels = ['Google', 'Facebook', 'Baidu', 'Apple']
/** The channels are the same for every seed, as the ids are. */
const { hotUrls, channels } = makeChannels()

/** So many letters that an event of `size` bytes comes to `average` bytes, give or take a fifth. */
export function extraText(random: Random, size: number, average: number): string {
  if (size > average) return ''
  const wanted = average - size
  const spread = Math.round(wanted * 0.2)
  const length = wanted - spread + (spread === 0 ? 0 : random.below(2 * spread))
  const from = random.below(filling.length - length)
  return filling.slice(from, from + length)
}

/** Half of the bids come through one of four hot channels. */
export function bidChannel(random: Random): { readonly channel: string; readonly url: string } {
  if (random.below(2) > 0) {
    const i = random.below(hotChannels.length)
    return { channel: hotChannels[i]!, url: hotUrls[i]! }
  }
  return channels[random.below(channelCount)]!
}

function fillingText(): string {
  const random = seededRandom('nexmark filling')
  const codes = Buffer.alloc(1 << 20)
  for (let i = 0; i < codes.length; i++) codes[i] = 97 + random.below(26)
  return codes.toString('latin1')
}

function makeChannels(): { hotUrls: string[]; channels: { channel: string; url: string }[] } {
  const random = seededRandom('nexmark channels')
  const baseUrl = () => {
    const part = () => randomText(random, 5, '_')
    return `https://www.nexmark.com/${part()}/${part()}/${part()}/item.htm?query=1`
  }
  const hotUrls = hotChannels.map(baseUrl)
  const channels = Array.from({ length: channelCount }, (_, i) => {
    const url = baseUrl()
    const id = random.below(10) > 0 ? `&channel_id=${Math.abs(reversedBits(i))}` : ''
    return { channel: `channel-${i}`, url: `${url}${id}` }
  })
  return { hotUrls, channels }
}

/** Of a 32-bit integer, as a signed one. */
function reversedBits(value: number): number {
  let reversed = 0
  for (let bit = 0; bit < 32; bit++) reversed = (reversed << 1) | ((value >>> bit) & 1)
  return reversed
}
