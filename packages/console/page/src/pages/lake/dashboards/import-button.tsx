/** A dashboard from a file, as `millrace dashboard export` writes it. */
import { useRef, useState } from 'react'
import type { ImportAnswer } from '../../../../../src/protocol/dashboards.ts'
import { ApiError, postJson } from '../../../api/client.ts'
import { Button, Note } from '../../../kit/controls.tsx'
import { Dialog } from '../../../kit/dialog.tsx'
import { go, hrefOf } from '../../../kit/router.ts'
import { useToast } from '../../../kit/toast.tsx'

/** Larger ones are no dashboards. */
const fileBytesMax = 4 * 2 ** 20

export function ImportButton({ onDone }: { readonly onDone: () => void }) {
  const input = useRef<HTMLInputElement>(null)
  const [refused, setRefused] = useState<{ readonly file: unknown; readonly error: ApiError } | undefined>()
  const toast = useToast()
  const put = async (file: unknown, replace: boolean) => {
    try {
      const { dashboard } = await postJson<ImportAnswer>('/admin/dashboards/import', { file, replace })
      setRefused(undefined)
      onDone()
      go(hrefOf(['lake', 'dashboards', dashboard]))
    } catch (error) {
      if (error instanceof ApiError && error.code === 'DASHBOARD_CHANGED') setRefused({ file, error })
      else toast('bad', error instanceof Error ? error.message : String(error))
    }
  }
  const read = async (chosen: File) => {
    if (chosen.size > fileBytesMax) return toast('bad', `${chosen.name} is too large for a dashboard.`)
    let file: unknown
    try {
      file = JSON.parse(await chosen.text())
    } catch {
      return toast(
        'bad',
        `${chosen.name} is no JSON. Choose a file that "millrace dashboard export" has written.`,
      )
    }
    await put(file, false)
  }
  return (
    <>
      <input
        ref={input}
        type="file"
        accept="application/json,.json"
        className="hidden-label"
        aria-label="File of a dashboard"
        tabIndex={-1}
        onChange={({ currentTarget }) => {
          const [chosen] = currentTarget.files ?? []
          currentTarget.value = ''
          if (chosen !== undefined) read(chosen).catch(() => {})
        }}
      />
      <Button onClick={() => input.current?.click()}>Import</Button>
      {refused === undefined ? null : (
        <Dialog
          title="Replace what is there?"
          onClose={() => setRefused(undefined)}
          actions={
            <Button look="danger" onClick={() => put(refused.file, true)}>
              Replace
            </Button>
          }
        >
          <Note tone="warn" code={refused.error.code}>
            {refused.error.message}
          </Note>
        </Dialog>
      )}
    </>
  )
}
