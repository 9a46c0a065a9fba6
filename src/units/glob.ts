/** Whether a name matches a shell pattern: `*`, `?`, `[abc]`, `[!abc]`; everything else is itself. */
export function matchesGlob(name: string, glob: string): boolean {
  const pattern = glob.replaceAll(/\[(!?)([^\]]+)\]|[\s\S]/gu, (part, not: string, set: string | undefined) => {
    if (part === '*') return '[\\s\\S]*'
    if (part === '?') return '[\\s\\S]'
    if (set === undefined) return quote(part)
    return `[${not === '!' ? '^' : ''}${quote(set).replaceAll('-', '\\-')}]`
  })
  return new RegExp(`^${pattern}$`, 'u').test(name)
}

const quote = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&')
