/** Small drawings, 16 by 16, in the colour of the text beside them. They say nothing that words do not say. */
import type { ReactNode } from 'react'

const drawings = {
  pipeline: (
    <>
      <rect x="1.5" y="6" width="4" height="4" rx="1" />
      <rect x="10.5" y="1.5" width="4" height="4" rx="1" />
      <rect x="10.5" y="10.5" width="4" height="4" rx="1" />
      <path d="M5.5 8h2.2V3.5h2.8M7.7 8v4.5h2.8" />
    </>
  ),
  streams: (
    <path d="M1.5 4.5c2-1.6 3-1.6 4.5 0s3 1.6 4.5 0 2.5-1.6 4 0M1.5 8.500c2-1.6 3-1.6 4.5 0s3 1.6 4.5 0 2.5-1.6 4 0M1.5 12.500c2-1.6 3-1.6 4.5 0s3 1.6 4.5 0 2.5-1.6 4 0" />
  ),
  notebook: (
    <>
      <rect x="3" y="1.5" width="10.5" height="13" rx="1.5" />
      <path d="M1.5 4.500h3M1.5 8h3M1.5 11.500h3M7 6l1.8 2L7 10M10 10.500h1.5" />
    </>
  ),
  tables: (
    <>
      <rect x="1.5" y="2.5" width="13" height="11" rx="1.5" />
      <path d="M1.5 6.200h13M1.5 9.900h13M6 6.200v7.3" />
    </>
  ),
  lake: (
    <>
      <ellipse cx="8" cy="3.8" rx="5.5" ry="2.3" />
      <path d="M2.5 3.800v8.400c0 1.3 2.5 2.3 5.5 2.300s5.5-1 5.5-2.300V3.800M2.5 8c0 1.3 2.5 2.3 5.5 2.300s5.5-1 5.5-2.3" />
    </>
  ),
  'dead-letters': (
    <>
      <rect x="1.5" y="3" width="13" height="10" rx="1.5" />
      <path d="m2 4.5 6 4.5 6-4.5" />
    </>
  ),
  metrics: <path d="M1.5 14.500h13M3.5 11.500V8.500M7 11.500v-8M10.5 11.500V6.500M14 11.500v-6" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="m10.5 10.5 4 4" />
    </>
  ),
  system: (
    <>
      <rect x="1.5" y="2.5" width="13" height="8.5" rx="1.5" />
      <path d="M5.5 14h5M8 11v3" />
    </>
  ),
  light: (
    <>
      <circle cx="8" cy="8" r="2.8" />
      <path d="M8 1.200v1.600M8 13.200v1.600M1.2 8h1.600M13.2 8h1.600M3.2 3.200l1.1 1.100M11.7 11.700l1.1 1.100M12.8 3.200l-1.1 1.100M4.3 11.700l-1.1 1.1" />
    </>
  ),
  dark: <path d="M13.8 9.700A6 6 0 0 1 6.3 2.200a6 6 0 1 0 7.5 7.500z" />,
  help: (
    <>
      <circle cx="8" cy="8" r="6.3" />
      <path d="M6.2 6.300c.1-1 .8-1.6 1.8-1.600s1.9.6 1.9 1.600c0 1.3-1.9 1.4-1.9 2.700M8 11.200v.2" />
    </>
  ),
  fold: (
    <>
      <rect x="1.5" y="2.5" width="13" height="11" rx="1.5" />
      <path d="M6 2.500v11" />
    </>
  ),
} as const satisfies Readonly<Record<string, ReactNode>>

export type IconName = keyof typeof drawings

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      className="icon-drawing"
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
      focusable="false"
    >
      {drawings[name]}
    </svg>
  )
}

export function isIconName(name: string): name is IconName {
  return name in drawings
}
