/** All keys that hold now: those of the page first, then those of every page. */
import { Dialog } from '../kit/dialog.tsx'
import { keyText, type Shortcut, useShortcuts } from './shortcuts.ts'
import './help.css'

/** Of the kit's pieces, which handle their keys themselves. */
const ofPieces: readonly Shortcut[] = [
  { key: '↑ ↓', what: 'Move in a list; Home, End, PageUp, PageDown too', isGlobal: true },
  { key: 'Enter', what: 'Open what is marked', isGlobal: true },
  { key: 'Esc', what: 'Close a drawer, empty a filter', isGlobal: true },
]

export function Help({ onClose }: { readonly onClose: () => void }) {
  const shortcuts = useShortcuts()
  const ofPage = unique(shortcuts.filter(({ isGlobal }) => !isGlobal))
  const ofAll = unique(shortcuts.filter(({ isGlobal }) => isGlobal))
  return (
    <Dialog title="Keys" onClose={onClose} wide>
      <div className="help">
        {ofPage.length === 0 ? null : <Keys title="On this page" shortcuts={ofPage} />}
        <Keys title="Everywhere" shortcuts={ofAll.filter(({ key }) => !key.startsWith('g '))} />
        <Keys title="Go to" shortcuts={ofAll.filter(({ key }) => key.startsWith('g '))} />
        <Keys title="In lists and drawers" shortcuts={ofPieces} />
      </div>
    </Dialog>
  )
}

function Keys({ title, shortcuts }: { readonly title: string; readonly shortcuts: readonly Shortcut[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {shortcuts.map(({ key, what }) => (
          <div key={key}>
            <dt>
              {keyText(key).map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** The one that came last has the key. */
function unique(shortcuts: readonly Shortcut[]): readonly Shortcut[] {
  return [...new Map(shortcuts.map((one) => [one.key, one])).values()]
}
