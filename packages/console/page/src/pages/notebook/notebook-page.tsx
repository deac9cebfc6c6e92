/** SQL notebooks: the list of them at /console/notebook, one at /console/notebook/NAME. */
import type { PageProps } from '../../kit/page-props.ts'
import { NotebookList } from './list/notebook-list.tsx'
import { NotebookView } from './notebook-view.tsx'
import './notebook.css'

export default function NotebookPage({ parts }: PageProps) {
  const [name] = parts
  return name === undefined ? <NotebookList /> : <NotebookView key={name} name={name} />
}
