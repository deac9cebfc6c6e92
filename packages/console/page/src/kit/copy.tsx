/** Buttons that put a text on the clipboard, and say that they did. */
import { useEffect, useState } from 'react'
import { after } from './clock.ts'
import { Button } from './controls.tsx'
import { Menu } from './menu.tsx'
import { useToast } from './toast.tsx'

const shownMs = 1_500

export function CopyButton({
  text,
  label,
  look = '',
}: {
  readonly text: string
  /** What is copied: "Copy the payload". */
  readonly label: string
  readonly look?: '' | 'plain'
}) {
  const [state, setState] = useState<'' | 'copied' | 'failed'>('')
  useEffect(() => (state === '' ? undefined : after(shownMs, () => setState(''))), [state])
  const said = state === '' ? '' : state === 'copied' ? 'Copied' : 'Not copied'
  // Both words lie in one place, so that the button keeps its width.
  return (
    <>
      <Button
        look={look}
        className="copy"
        onClick={() => {
          copyText(text).then((isCopied) => setState(isCopied ? 'copied' : 'failed'))
        }}
      >
        <span className={said === '' ? '' : 'away'}>{label}</span>
        <span className={said === '' ? 'away' : 'said'} aria-hidden="true">
          {said}
        </span>
      </Button>
      <span className="hidden-label" role="status">
        {said}
      </span>
    </>
  )
}

/** `label` names the kind: "CLI", "curl", "SDK". */
export function CopyMenu({
  items,
  label = 'Copy as',
}: {
  readonly items: readonly { readonly label: string; readonly text: string }[]
  readonly label?: string
}) {
  const toast = useToast()
  return (
    <Menu
      label={label}
      items={items.map((item) => ({
        label: item.label,
        onChoose: () => {
          copyText(item.text).then((isCopied) =>
            isCopied
              ? toast('ok', `Copied: ${item.label}.`)
              : toast('bad', 'The browser did not let the page copy.'),
          )
        },
      }))}
    />
  )
}

/** Browsers give the clipboard to pages of this machine and of https; of others they still obey the older command. */
export async function copyText(text: string): Promise<boolean> {
  try {
    if (window.isSecureContext) {
      await navigator.clipboard.writeText(text)
      return true
    }
  } catch {
    // Asked and refused: the older way may still be open.
  }
  const before = document.activeElement
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'hidden-label'
  document.body.append(field)
  field.select()
  const isCopied = document.execCommand('copy')
  field.remove()
  if (before instanceof HTMLElement) before.focus({ preventScroll: true })
  return isCopied
}
