/** The signs of the live screen, each one column wide. */
export interface Symbols {
  readonly done: string
  readonly failed: string
  readonly waiting: string
  readonly warning: string
  readonly full: string
  readonly empty: string
  readonly cut: string
  readonly to: string
  readonly spinner: readonly string[]
}

const unicode: Symbols = {
  done: '✔',
  failed: '✖',
  waiting: '·',
  warning: '!',
  full: '█',
  empty: '░',
  cut: '…',
  to: '→',
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
}

const ascii: Symbols = {
  done: '+',
  failed: 'x',
  waiting: '.',
  warning: '!',
  full: '#',
  empty: '-',
  cut: '~',
  to: '>',
  spinner: ['|', '/', '-', '\\'],
}

/** Unicode only where the locale says that the terminal reads UTF-8 (locale(7): LC_ALL, LC_CTYPE, LANG in that order). */
export function symbolsFor(env: Readonly<Record<string, string | undefined>>): Symbols {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(value => value !== undefined && value !== '')
  return /utf-?8/i.test(locale ?? '') ? unicode : ascii
}
