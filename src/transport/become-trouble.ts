import { LockstepError } from '../errors/error.ts'
import type { Asked } from './become.ts'

const passwordHint = 'ask for it with -K, or set ansible_become_password (a vault secret) for the host'

/** What sudo says, in the order in which it is asked about; the first that fits. */
const troubles: readonly {
  readonly said: RegExp
  readonly message: (asked: Asked) => string
  readonly hint: string
}[] = [
  {
    said: /only a tether of root/,
    message: ({ host, user }) =>
      `what runs as ${user} on ${host} could not be ended by the run, which is not root there`,
    hint: 'leave ansible_become_user of the host at root, and name the user at the step',
  },
  {
    said: /must have a tty/,
    message: ({ host, login }) => `sudo of ${host} wants a terminal before ${login} may use it`,
    hint: "take requiretty out of the host's sudoers, or add: Defaults:USER !requiretty",
  },
  {
    said: /not in the sudoers|not allowed to|may not run sudo/,
    message: ({ host, login, user }) => `${login} may not become ${user} on ${host}: sudoers does not allow it`,
    hint: 'allow it in sudoers (on Debian: adduser USER sudo), or log in as that user',
  },
  {
    said: /password is required|no askpass/,
    message: ({ host, login, user }) => `${login} becomes ${user} on ${host} only with a password, and there is none`,
    hint: passwordHint,
  },
  {
    said: /sudo: (?:not found|No such file)|sudo'?: command not found/i,
    message: ({ host, login, user }) => `${login} cannot become ${user} on ${host}: sudo is missing there`,
    hint: 'install sudo on the host, or log in as that user',
  },
]

/** Why the program was not begun, out of what was said on stderr instead. */
export function becomeTrouble(
  asked: Asked,
  said: string,
  { code, given }: { readonly code: number | undefined; readonly given: boolean },
): LockstepError {
  const known = troubles.find(trouble => trouble.said.test(said))
  if (known !== undefined) return new LockstepError('HOST_BECOME', known.message(asked), { hint: known.hint })
  const { host, login, user } = asked
  if (given)
    return new LockstepError('HOST_BECOME', `${host} does not take the password with which ${login} becomes ${user}`, {
      hint: `sudo wants the password of ${login}: ${passwordHint}`,
    })
  const words = said.trim().split('\n').at(-1) || `exit status ${code}`
  return new LockstepError('HOST_BECOME', `${login} cannot become ${user} on ${host}: ${words}`, {
    hint: `try it there: sudo -u ${user} true`,
  })
}
