/** At the foot of the navigation: who is signed in, and how to end that. Nothing where nobody has to sign in. */
import { useState } from 'react'
import { ApiError } from '../../api/client.ts'
import { useSession } from '../../api/session.ts'
import { signOut } from '../../api/sign-in.ts'
import { Button } from '../../kit/controls.tsx'
import { useToast } from '../../kit/toast.tsx'
import './login.css'

export function SessionFoot() {
  const { answer } = useSession()
  const toast = useToast()
  const [isBusy, setIsBusy] = useState(false)
  if (answer?.user === undefined) return null
  const end = async () => {
    setIsBusy(true)
    try {
      await signOut()
    } catch (error) {
      toast('bad', `Not signed out: ${error instanceof ApiError ? error.message : String(error)}`)
    }
    setIsBusy(false)
  }
  const { keyId } = answer.user
  return (
    <div className="session-foot">
      <span className="mono muted" title={`Signed in with the access key ${keyId}`}>
        {keyId}
      </span>
      {answer.session === undefined ? null : (
        <Button look="plain" disabled={isBusy} onClick={end}>
          Sign out
        </Button>
      )}
    </div>
  )
}
