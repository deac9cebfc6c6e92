// Before the first paint, so that a theme that was chosen never flashes in the other one. kit/theme.ts keeps it.
try {
  const theme = localStorage.getItem('millrace.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // A browser that keeps nothing shows the system's theme.
}
