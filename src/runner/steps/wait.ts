import { StringDecoder } from 'node:string_decoder'
import { LockstepError } from '../../errors/error.ts'
import type { WaitCondition } from '../../playbook/step.ts'
import { pause } from '../../transport/deadline.ts'
import type { CommandOptions, HostDoor } from './doors.ts'

/** A look may take this long; the step's own timeout comes first. */
const lookMs = 30_000
/** Of a log that grows, what one look reads at most. */
const chunkBytes = 4 << 20
/** A line that is longer is searched as far as this. */
const longestLine = 1 << 20

export interface WaitOptions extends Pick<CommandOptions, 'signal' | 'become' | 'env' | 'cwd'> {
  readonly everyMs: number
}

/** Looks until the condition holds; ends with the reason of `signal` when that comes first. */
export async function untilSo(condition: WaitCondition, door: HostDoor, options: WaitOptions): Promise<void> {
  const isSo = lookFor(condition, door, options)
  for (;;) {
    const lookedAt = performance.now()
    if (await isSo()) return
    await pause(Math.max(0, options.everyMs - (performance.now() - lookedAt)), options.signal)
  }
}

function lookFor(condition: WaitCondition, door: HostDoor, options: WaitOptions): () => Promise<boolean> {
  const look = async (argv: readonly string[], maxBytes = 1 << 20) =>
    await door.exec(argv, { ...options, timeoutMs: lookMs, maxBytes })
  switch (condition.kind) {
    case 'port':
      return () => accepts(door, condition.port, condition.address)
    case 'file': {
      // A link that leads nowhere is there as well.
      const script = condition.absent ? '! [ -e "$1" ] && ! [ -L "$1" ]' : '[ -e "$1" ] || [ -L "$1" ]'
      return async () => (await look(['sh', '-c', script, 'sh', condition.path])).code === 0
    }
    case 'command': {
      const argv = 'argv' in condition.command ? condition.command.argv : [door.shell, '-c', condition.command.line]
      return async () => (await look(argv)).code === 0
    }
    case 'log':
      return logLook(condition.pattern, async from => {
        const { code, stdout } = await look(['sh', '-c', readFrom, 'sh', condition.path, `${from}`], chunkBytes + 64)
        return code === 0 ? stdout : undefined
      })
  }
}

/** A port that nobody listens on is an answer; a host that forbids to ask is not. */
async function accepts(door: HostDoor, port: number, address: string): Promise<boolean> {
  try {
    const socket = await door.forward(port, address)
    socket.on('error', () => undefined)
    socket.destroy()
    return true
  } catch (error) {
    if (!(error instanceof LockstepError) || error.code !== 'SSH_FORWARD' || error.hint !== undefined) throw error
    return false
  }
}

/** Words: FILE OFFSET. The file's inode and size, then what lies behind the offset. A file that is not there says nothing. */
const readFrom = `set -f
file=$1 from=$2
[ -f "$file" ] && size=$(wc -c <"$file") || exit 3
set -- $(ls -diL -- "$file")
echo "$1" $size
[ "$size" -ge "$from" ] || from=0
tail -c "+$((from + 1))" -- "$file" | head -c ${chunkBytes}`

/** Reads what has come since the last look; a file that was replaced or cut is read from its start. */
function logLook(pattern: RegExp, read: (from: number) => Promise<Buffer | undefined>): () => Promise<boolean> {
  let offset = 0
  let file = ''
  let rest = ''
  let decoder = new StringDecoder('utf8')
  const restart = () => {
    offset = 0
    rest = ''
    decoder = new StringDecoder('utf8')
  }
  return async () => {
    const said = await read(offset)
    if (said === undefined) return false
    const headEnd = said.indexOf(10)
    const [inode = '', size = '0'] = said.subarray(0, headEnd).toString('latin1').split(' ')
    const replaced = file !== '' && inode !== file
    file = inode
    if (replaced || Number(size) < offset) {
      restart()
      return false
    }
    const chunk = said.subarray(headEnd + 1)
    offset += chunk.length
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = (lines.pop() ?? '').slice(-longestLine)
    // The last line counts as well, though it may not be whole: what matches now matches then.
    return [...lines, rest].some(line => matches(pattern, line))
  }
}

/** A pattern with the flag g would go on where it stopped last. */
const matches = (pattern: RegExp, line: string) => {
  pattern.lastIndex = 0
  return pattern.test(line)
}
