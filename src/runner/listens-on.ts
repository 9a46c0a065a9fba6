import type { Asking } from '../transport/file-question.ts'

/**
 * Succeeds when that very process, or another of its session, holds the listening socket of the port: the socket's inode
 * (column 10 of /proc/net/tcp, state 0A = LISTEN; of udp, 07 = unconnected) is among its descriptors. A stranger's socket
 * on the same port does not count.
 */
export function listensOn(pid: number, port: number, protocol: 'tcp' | 'udp' = 'tcp'): Asking {
  const state = protocol === 'tcp' ? '0A' : '07'
  const words = [String(pid), port.toString(16).toUpperCase().padStart(4, '0'), state, protocol, `${protocol}6`]
  return { argv: ['sh', '-c', listens, 'sh', ...words], question: ['listens', ...words] }
}

/** PID PORT STATE PROTOCOL PROTOCOL6. Behind the name in a stat, which may hold blanks: state, parent, group, session. */
const listens = `
for inode in $(awk -v port=":$2" '$4 == state && substr($2, length($2) - 4) == port { print $10 }' "state=$3" "/proc/net/$4" "/proc/net/$5" 2>/dev/null); do
  for stat in /proc/"$1"/stat /proc/[0-9]*/stat; do
    { read -r line <"$stat"; } 2>/dev/null || continue
    set -f; set -- "$1" \${line##*) }; set +f
    [ "$stat" = "/proc/$1/stat" ] || [ "$5" = "$1" ] || continue
    case $(ls -l "\${stat%stat}fd") in *"socket:[$inode]"*) exit 0 ;; esac
  done
done
exit 1`
