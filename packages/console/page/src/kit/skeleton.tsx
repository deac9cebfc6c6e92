/** Grey lines where something will be: they take the room that it will take, so that nothing jumps when it comes. */
import './skeleton.css'

export function Skeleton({ lines = 3, height }: { readonly lines?: number; readonly height?: number }) {
  return (
    <div className="skeleton" style={height === undefined ? undefined : { height }} aria-hidden="true">
      {Array.from({ length: lines }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike.
        <div key={i} style={{ width: `${94 - ((i * 29) % 47)}%` }} />
      ))}
    </div>
  )
}
