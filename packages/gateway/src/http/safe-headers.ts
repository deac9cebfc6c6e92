/**
 * What browsers are told about answers that are data: not to guess a type, not to keep or show them in pages of elsewhere, and to run
 * nothing in them, should somebody open one as a page.
 */
export const safeHeaders: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}
