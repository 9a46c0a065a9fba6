/** What arguments of ssh mean for a connection that is made without the ssh client. */
export interface SshArgs {
  /** Options that change nothing here, as `-A` or `-o Ciphers`, each once. Those that cannot matter are not among them. */
  readonly withoutEffect: readonly string[]
  /** A word that is no option and no option's value, or an option whose value is missing, in words. */
  readonly fault?: string
}

/** ssh(1): the options that take a value. */
const withValue = 'BbcDEeFIiJLlmOoPpQRSWw'
const followed = 'JiplF'
/** Terminal, compression, verbosity, and forwarding that is off: nothing of it is done here anyway. */
const needless = 'CqvtTaxn'

/** In small letters, as ssh takes them in any. */
const followedKeywords: ReadonlySet<string> = new Set([
  ...['proxyjump', 'proxycommand', 'hostname', 'port', 'user', 'connecttimeout'],
  ...['identityfile', 'identitiesonly', 'identityagent', 'pubkeyauthentication'],
  ...['stricthostkeychecking', 'userknownhostsfile', 'globalknownhostsfile', 'hostkeyalias'],
])
/** One connection per host is kept and watched as it is, and nobody is asked anything. */
const needlessKeywords: ReadonlySet<string> = new Set([
  ...['controlmaster', 'controlpersist', 'controlpath', 'serveraliveinterval', 'serveralivecountmax', 'tcpkeepalive'],
  ...['batchmode', 'loglevel', 'requesttty', 'compression', 'gssapiauthentication'],
])

/** Reads the words of one variable. */
export function readSshArgs(words: readonly string[]): SshArgs {
  const withoutEffect = new Set<string>()
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    if (!/^-[A-Za-z0-9]/.test(word)) return { withoutEffect: [], fault: `expected options of ssh, got '${word}'` }
    for (let at = 1; at < word.length; at++) {
      const option = word[at] ?? ''
      if (!withValue.includes(option)) {
        if (!needless.includes(option)) withoutEffect.add(`-${option}`)
        continue
      }
      const value = word.slice(at + 1) || words[++i]
      if (value === undefined) return { withoutEffect: [], fault: `the option -${option} lacks its value` }
      if (option === 'o') noteKeyword(value, withoutEffect)
      else if (!followed.includes(option)) withoutEffect.add(`-${option}`)
      break
    }
  }
  return { withoutEffect: [...withoutEffect] }
}

/** `KEYWORD=value` or `KEYWORD value`. */
function noteKeyword(setting: string, withoutEffect: Set<string>): void {
  const keyword = /^\s*(\w+)/.exec(setting)?.[1] ?? setting
  const known = keyword.toLowerCase()
  if (!followedKeywords.has(known) && !needlessKeywords.has(known)) withoutEffect.add(`-o ${keyword}`)
}
