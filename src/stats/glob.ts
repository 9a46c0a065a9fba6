/** Whether a name matches a shell pattern: `*`, `?`, `[abc]`, `[!abc]`; everything else is itself. */
export function matchesGlob(name: string, glob: string): boolean {
  const pattern = glob.replaceAll(/\[(!?)([^\]]+)\]|./gsu, (part, not: string, set: string | undefined) => {
    if (part === '*') return '.*'
    if (part === '?') return '.'
    if (set === undefined) return quote(part)
    return `[${not === '!' ? '^' : ''}${quote(set).replaceAll('-', '\\-')}]`
  })
  return new RegExp(`^${pattern}$`, 'su').test(name)
}

const quote = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&')
