/**
 * The form that takes an access key. The secret goes to the gateway once and is kept nowhere in the page. It is a dialog above
 * everything, since a session may end below an open one.
 */
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { type ApiError, asApiError } from '../../api/client.ts'
import { signIn } from '../../api/sign-in.ts'
import { Button, ErrorNote, Note, TextField } from '../../kit/controls.tsx'
import { CopyButton } from '../../kit/copy.tsx'

const command = 'millrace keys create'

export function LoginPage({
  maySignIn,
  hasEnded,
}: {
  readonly maySignIn: boolean
  /** Somebody was signed in before. */
  readonly hasEnded: boolean
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [keyId, setKeyId] = useState('')
  const [secret, setSecret] = useState('')
  const [isBusy, setIsBusy] = useState(false)
  const [error, setError] = useState<ApiError | undefined>()
  useEffect(() => {
    document.title = 'Sign in - Millrace'
    // React's strict mode runs effects twice.
    if (dialog.current?.open === false) dialog.current.showModal()
  }, [])
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (isBusy) return
    setIsBusy(true)
    setError(undefined)
    try {
      await signIn(keyId.trim(), secret.trim())
    } catch (refused) {
      setSecret('')
      setError(asApiError(refused))
      setIsBusy(false)
    }
  }
  return (
    <dialog
      ref={dialog}
      className="login"
      aria-labelledby="login-title"
      onCancel={(event) => event.preventDefault()}
      // Browsers close a dialog at the second Esc whatever the page says.
      onClose={({ currentTarget }) => currentTarget.showModal()}
    >
      <form className="panel login-form" onSubmit={submit}>
        <h1 id="login-title">Sign in to Millrace</h1>
        {hasEnded ? <Note>You have been signed out. What you had open is still there.</Note> : null}
        {maySignIn ? null : (
          <Note tone="warn" code="TLS_NEEDED">
            Others can read this connection, so no secret is taken over it. Start Millrace with{' '}
            <code>--tls-port 4568</code> and open it with https://, or come from the same machine.
          </Note>
        )}
        <TextField
          label="Access key id"
          name="username"
          autoComplete="username"
          spellCheck={false}
          required
          value={keyId}
          onChange={({ currentTarget }) => setKeyId(currentTarget.value)}
        />
        <TextField
          label="Secret access key"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          value={secret}
          onChange={({ currentTarget }) => setSecret(currentTarget.value)}
        />
        <Button look="primary" type="submit" disabled={isBusy || !maySignIn}>
          {isBusy ? 'Signing in…' : 'Sign in'}
        </Button>
        <ErrorNote error={error} />
        <div className="login-help">
          <span className="muted">No key yet? Make one where Millrace runs:</span>
          <span className="login-command">
            <code>{command}</code>
            <CopyButton text={command} label="Copy" look="plain" />
          </span>
        </div>
      </form>
    </dialog>
  )
}
