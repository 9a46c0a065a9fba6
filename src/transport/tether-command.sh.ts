/**
 * What a command of a run does on its host before it becomes its program: it makes sure that it leads a session, writes the
 * record by which the tether ends that session (c.N, see tether.sh.ts), and only then asks whether it is still wanted;
 * whoever ends it takes these two steps in the other order. Builtins alone: it costs no process.
 * Words: SCRIPT STATE N MARK AS CWD ENV BEGIN ARGV... AS: a user, `-` for the login, or nothing. What it refuses it says on
 * stderr behind MARK.
 */
export const commandScript = String.raw`state=$2 n=$3 mark=$4 asked=$5 as=$5 cwd=$6 env=$7 begin=$8
refuse() { printf '%s\n' "$mark $*" >&2; exit 143; }
read -r line </proc/self/stat
pid=${'$'}{line%% *}
set_ids() { group=$3 session=$4 start=${'$'}{20}; }
set_ids ${'$'}{line##*) }
if [ "$session" != "$pid" ]; then
  [ "$group" = "$pid" ] || exec setsid sh -c 'eval "$1"' sh "$@"
  setsid sh -c 'eval "$1"' sh "$@" <&0 &
  wait "$!"
  exit
fi
shift 8
{ printf '%s\n' "$pid $start $pid $start $start" >"$state/c.$n"; } 2>/dev/null && [ -f "$state/open" ] && ! [ -f "$state/s.$n" ] ||
  refuse 'the run is over there'
PATH=$PATH:/usr/sbin:/sbin
export PATH
[ "$as" != - ] || as=${'$'}{SUDO_USER:-}
if [ -n "$as" ] && [ "$as" != "$(id -un)" ]; then
  [ "$(id -u)" = 0 ] || refuse "only a tether of root can end what runs as $as"
  exec sudo -n -H -u "$as" -- sh -c "$begin" sh "$mark" "$env" "$cwd" "$@"
fi
[ -n "$asked" ] || mark=
set -- "$mark" "$env" "$cwd" "$@"
eval "$begin"`

/**
 * The rest of it, after a change of user in a shell of that user. Words: MARK ENV CWD ARGV... A MARK that is not empty is
 * said on stderr. With ENV, the first line of stdin is a command that sets variables; `read` takes no octet beyond it.
 */
export const beginScript = String.raw`[ -z "$1" ] || printf '%s\n' "$1" >&2
nl='
'
[ -z "$2" ] || { IFS= read -r line; eval "$line"; }
[ -z "$3" ] || cd -- "$3" || exit 126
shift 3
exec "$@"`
