/**
 * Server-sent events as a hook. Browsers give all tabs of an origin six connections together over HTTP/1.1, so a page has one event
 * stream at most, and none while its tab is hidden; EventSource comes back with Last-Event-ID by itself.
 */
import { useEffect, useRef, useState } from 'react'
import { refreshSession, useSignIns } from './session.ts'

export type StreamState = 'closed' | 'opening' | 'open' | 'lost'

/**
 * Calls `onEvent(name, data)` for each event of `url`, at most as often as the server sends; draw in animation frames.
 * `url` undefined: nothing is listened to. A new `url` starts a new stream.
 */
export function useEvents(
  url: string | undefined,
  names: readonly string[],
  onEvent: (name: string, data: unknown) => void,
): StreamState {
  const [state, setState] = useState<StreamState>('closed')
  const handler = useRef(onEvent)
  handler.current = onEvent
  const list = names.join(' ')
  const signIns = useSignIns()
  useEffect(() => {
    void signIns
    if (url === undefined) {
      setState('closed')
      return
    }
    let source: EventSource | undefined
    const open = () => {
      if (source !== undefined) return
      setState('opening')
      source = new EventSource(url)
      source.onopen = () => setState('open')
      source.onerror = () => {
        setState('lost')
        // Refused, and not tried again by the browser: perhaps nobody is signed in any more.
        if (source?.readyState === EventSource.CLOSED) void refreshSession()
      }
      for (const name of list.split(' ')) {
        source.addEventListener(name, (event) =>
          handler.current(name, JSON.parse((event as MessageEvent<string>).data)),
        )
      }
    }
    const close = () => {
      source?.close()
      source = undefined
    }
    const follow = () => (document.hidden ? close() : open())
    follow()
    document.addEventListener('visibilitychange', follow)
    return () => {
      document.removeEventListener('visibilitychange', follow)
      close()
    }
  }, [url, list, signIns])
  return state
}
