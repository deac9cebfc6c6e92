/** Over the page while Millrace does not answer; goes away by itself when it does. What was shown stays, and is old. */
import { useConnection } from '../api/connection.ts'
import './shell.css'

export function ConnectionBar() {
  const connection = useConnection()
  return (
    <div role="alert">
      {connection === 'answers' ? null : (
        <div className="connection-bar">
          <strong>Millrace does not answer at {window.location.host}.</strong> It may have been stopped: start
          it again with the same data directory. What you see is from before; this page goes on by itself.
        </div>
      )}
    </div>
  )
}
