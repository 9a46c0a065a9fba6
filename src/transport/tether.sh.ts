import { sentinelScript } from './sentinel.pl.ts'

/**
 * The tether: what supervises our processes on a host. POSIX shell, run by dash, bash and busybox alike; it needs
 * setsid, grep and Linux's /proc. Two processes: the reader takes commands from stdin, the watchdog counts seconds;
 * whichever finds the other gone, or hears its time has come, ends everything.
 *
 * Commands come as one line of quoted words (`"$nl"` is a newline), events go out as one line that begins with `@`.
 *
 * Its state is files in FOLDER/.tether, as both processes may need all of it:
 *   open    exists until the end begins: nothing starts without it, and whoever removes it ends everything
 *   beat    the number of the last beat
 *   p.N     a started program: PID START SID SID-START SINCE LITTER
 *   k.N     its keeper, the shell that waits for it: PID START
 *   s.N     exists when it was stopped: it does not start any more, should it not have come so far
 *   u.N     an undo command, as quoted words
 *   out     what an undo command prints
 *   pair    reader and watchdog themselves: PID START PID START
 *   f.PID   a log reader, in the form of p.N
 *   c.N     a command of tether-command.ts, in the form of p.N; it writes this itself
 *   l.N     the same once the command has ended and left something behind in its session
 * START and SINCE are clock ticks since boot (field 22 of /proc/PID/stat): a number that has passed to another process
 * has another start, and is left alone.
 */
export const tetherScript = String.raw`# Lockstep's tether: supervises the processes of one run on this host.
# reader:   MODE FOLDER LEASE-S SHELL UMASK CLAIMS OWNER RUN    (CLAIMS: a folder; empty: the usual ones; -: no claim)
# watchdog: MODE FOLDER LEASE-S SHELL UMASK CLAIM READER-PID READER-START
# rescue:   MODE FOLDER LEASE-S SHELL UMASK CLAIMS
mode=$1 folder=$2 lease=$3 shell=$4 mask=$5
state=$folder/.tether
nl='
'
umask 077
# Events leave by descriptor 3, so that nothing else is taken for one.
exec 3>&1 1>/dev/null 2>/dev/null
trap : PIPE

# pause: the process that slumber waits for.
pause=

# pace: two seconds are $naps naps, the first five of which are short, as most programs end, or fork, within milliseconds.
# Found out by whoever has to wait first: most hosts of a run never do.
naps=
pace() {
  [ -z "$naps" ] || return 0
  if sleep 0.01; then blink=0.02 nap=0.1 naps=24; else blink=1 nap=1 naps=2; fi
}

# doze N: the pause after try N, counted from 0.
doze() {
  pace
  if [ "$1" -lt 5 ]; then sleep "$blink"; else sleep "$nap"; fi
}

say() { printf '@%s\n' "$*" >&3; }

# stat_of PID: true when it is alive; its _state, _sid, _start. The name in brackets may hold anything, newlines too.
stat_of() {
  _line= _state= _sid= _start=
  while IFS= read -r _part; do _line=$_part; done <"/proc/$1/stat"
  [ -n "$_line" ] || return 1
  set -- ${'$'}{_line##*) }
  _state=$1 _sid=$4 _start=${'$'}{20}
  case $_state in Z | X | x) return 1 ;; esac
}

# same PID START: that very process is alive.
same() { [ -n "$2" ] && stat_of "$1" && [ "$_start" = "$2" ]; }

# own: the number and start of this very shell, subshell or not, as _pid and _start.
own() {
  IFS= read -r _line </proc/self/stat || return
  _pid=${'$'}{_line%% *}
  set -- ${'$'}{_line##*) }
  _start=${'$'}{20}
}

# want RECORD: adds the session and process of a record to what 'look' searches.
want() {
  _p= _ps= _s= _ss= _since=
  read -r _p _ps _s _ss _since _ <"$1"
  [ -n "$_since" ] || return 1
  mine="$mine $_p:$_ps"
  stat_of "$_s"
  # Another leader now: the session's number has passed on, so nothing of ours is left in it.
  if [ -z "$_start" ] || [ "$_start" = "$_ss" ]; then wanted="$wanted $_s:$_since"; fi
}

# look: what is alive of everything wanted, as "PID:START ...", and the sessions that it is in. grep reads all of /proc in
# one go, where this shell would read it octet by octet.
look() {
  found= sids= _list=
  for _each in $mine; do same "${'$'}{_each%%:*}" "${'$'}{_each#*:}" && found="$found $_each" sids="$sids $_sid"; done
  for _each in $wanted; do _list="$_list|${'$'}{_each%%:*}"; done
  [ -n "$_list" ] || return 0
  set -f
  IFS=$nl
  set -- $(stats_of "${'$'}{_list#|}")
  set +f
  unset IFS
  for _line; do
    _pid=${'$'}{_line%%/*}
    case "$found " in *" $_pid:"*) continue ;; esac
    # A name may hold anything, even what looks like such a line.
    set -- ${'$'}{_line##*) }
    _state=$1 _sid=$4 _start=${'$'}{20}
    case $_state in Z | X | x) continue ;; esac
    case "$wanted " in *" $_sid:"*) ;; *) continue ;; esac
    _rest=${'$'}{wanted#*" $_sid:"}
    [ "$_start" -ge "${'$'}{_rest%% *}" ] && found="$found $_pid:$_start" sids="$sids $_sid"
  done
}

# stats_of "SID|SID...": PID/stat:LINE of each process in these sessions. The first form does for some ten thousands of
# processes.
stats_of() (
  set +f
  cd /proc || return
  LC_ALL=C
  export LC_ALL
  _pattern="\) [A-Za-z] -?[0-9]+ -?[0-9]+ ($1) "
  grep -E "$_pattern" /dev/null [0-9]*/stat
  [ "$?" -le 2 ] || echo [0-9]*/stat | xargs grep -E "$_pattern" /dev/null
)

# signal NAME: to everything found, comparing once more.
signal() {
  for _each in $found; do same "${'$'}{_each%%:*}" "${'$'}{_each#*:}" && kill -s "$1" "${'$'}{_each%%:*}"; done
}

# wait_gone: up to two seconds until everything found is gone.
wait_gone() {
  _tries=0
  for _each in $found; do
    while same "${'$'}{_each%%:*}" "${'$'}{_each#*:}"; do
      pace
      [ "$_tries" -lt "$naps" ] || return 1
      doze "$_tries"
      _tries=$((_tries + 1))
    done
  done
}

# end_wanted: TERM, two seconds, KILL. What stays is in $found. A child that was just being forked escapes one look.
end_wanted() {
  look
  [ -n "$found" ] || return 0
  signal TERM
  wait_gone
  for _round in 1 2 3 4; do
    look
    [ -n "$found" ] || return 0
    signal KILL
    wait_gone || break
  done
  look
}

# end_one N: ends what the record of one program names.
end_one() {
  wanted= mine= found=
  want "$state/p.$1" && end_wanted
}

# end_records PREFIX...: ends what the records PREFIX.* name.
end_records() {
  wanted= mine=
  for _prefix; do
    for _record in "$state/$_prefix".*; do want "$_record"; done
  done
  end_wanted
}

# drop RECORD FILE...: of a program that is gone, and files that go with it. What it leaves when it is killed is a file
# named LITTER and its number.
drop() {
  _p= _litter=
  read -r _p _ _ _ _ _litter <"$1"
  # A number that has passed on names somebody else's file.
  if [ -n "$_litter" ] && [ -e "$_litter$_p" ]; then stat_of "$_p" || rm -f "$_litter$_p"; fi
  rm -f "$@"
}

# keep N LOG CWD PIDFILE WAIT-S LITTER LEADS ARGV...: starts a program in a session of its own and waits for it. LEADS: not
# empty when it begins that session itself.
keep() {
  exec 9<&-
  trap : HUP INT TERM PIPE
  number=$1 log=$2 cwd=$3 pidfile=$4 wait_s=$5 litter=$6 leads=$7
  shift 7
  own && printf '%s %s\n' "$_pid" "$_start" >"$state/k.$number" || return
  launch "$@" &
  child=$! child_start= code= pid= trouble=
  if [ -n "$pidfile" ]; then adopt; fi
  reap
  if [ -n "$trouble" ]; then
    say "failed $number $trouble"
  elif [ -z "$pid" ] || [ "$pid" = "$child" ]; then
    say "exited $number $code"
    pid=
  fi
  # What a program leaves in its session ends with it. A program that is known by its pid file has a record of its own.
  wanted=" $child:$child_start" mine=" $child:$child_start"
  if [ -n "$pid" ] && [ "$session" = "$child" ]; then wanted=; fi
  end_wanted
  if [ -z "$pid" ]; then
    drop "$state/p.$number" "$state/k.$number"
    return
  fi
  if ! [ -f "$state/open" ]; then
    wanted= mine=
    want "$state/p.$number" && end_wanted
  fi
  rm -f "$state/k.$number"
}

# wanted_still: false once it was stopped, or the end has begun. Whoever stops it looks for its record after that.
wanted_still() { [ -f "$state/open" ] && ! [ -f "$state/s.$number" ]; }

# launched: the start of the program, as its record has it; false while that is not written.
launched() { [ -n "$child_start" ] || read -r _ child_start _ <"$state/p.$number"; }

# reap: waits for the program itself and keeps its exit status. A signal to us cuts a wait short.
reap() {
  while [ -z "$code" ]; do
    wait "$child"
    _status=$?
    launched
    same "$child" "$child_start" || code=$_status
  done
}

# launch ARGV...: becomes the program, once its record is written and unless the end has begun.
launch() {
  trap - HUP INT TERM PIPE
  own && printf '%s\n' "$_pid $_start $_pid $_start $_start $litter" >"$state/p.$number" && wanted_still || exit 143
  [ -n "$pidfile" ] || say "started $number $_pid"
  exec </dev/null >>"$folder/$log" 2>&1
  cd "${'$'}{cwd:-$folder}" || exit 126
  umask "$mask"
  [ -z "$leads" ] || exec "$@" 3>&-
  exec setsid "$@" 3>&-
}

# adopt: waits for the pid file and records the process it names, with the session it is in.
adopt() {
  pace
  _turn=0 _turns=$((wait_s * naps / 2))
  while [ "$_turn" -lt "$_turns" ]; do
    pid=
    read -r pid _ <"$pidfile"
    case $pid in
      '' | *[!0-9]*) ;;
      *)
        # A process older than the program we started is not its work: the file is an old one.
        if launched && stat_of "$pid" && [ "$_start" -ge "$child_start" ]; then
          _pid_start=$_start session=$_sid
          stat_of "$session"
          printf '%s\n' "$pid $_pid_start $session ${'$'}{_start:-0} $child_start $litter" >"$state/p.$number"
          say "started $number $pid"
          return
        fi ;;
    esac
    # A launcher that failed will not write it any more. One that was ended by a signal, as we do it, may have forked before.
    if launched && ! same "$child" "$child_start"; then
      reap
      if [ "$code" -gt 128 ]; then hurry
      elif [ "$code" -ne 0 ]; then break
      fi
    fi
    wanted_still || hurry
    doze "$_turn"
    _turn=$((_turn + 1))
  done
  pid= trouble="wrote no process number to $pidfile within $wait_s s"
  [ "${'$'}{code:-0}" -eq 0 ] || trouble="ended with $code"
  wanted=" $child:$child_start" mine=" $child:$child_start"
  end_wanted
}

# hurry: a second is left for the pid file.
hurry() { _turns=$((_turns > _turn + naps / 2 ? _turn + naps / 2 : _turns)); }

# stop N: ends one program and what is in its session.
stop() {
  exec 9<&-
  trap : HUP INT TERM PIPE
  printf '' >"$state/s.$1"
  end_one "$1"
  # Its keeper reports the exit status before we say that all is over.
  _keeper= _since=
  read -r _keeper _since <"$state/k.$1" && found=" $_keeper:$_since$found" && wait_gone
  # What was just leaving its launcher's session has been recorded meanwhile.
  end_one "$1"
  [ -n "$found" ] || drop "$state/p.$1"
  say "stopped $1$found"
}

# cut N: ends one command and what is in its session; should it not have come so far, it does not begin.
cut() {
  exec 9<&-
  trap : HUP INT TERM PIPE
  printf '' >"$state/s.$1"
  wanted= mine=
  want "$state/c.$1" || want "$state/l.$1"
  end_wanted
  [ -n "$found" ] || rm -f "$state/c.$1" "$state/l.$1"
  say "stopped $1$found"
}

# undo N: runs an undo command, five seconds at most.
undo() {
  _line=
  IFS= read -r _line <"$state/u.$1"
  eval "set -- $1 $_line"
  _number=$1
  shift
  (exec 9<&- setsid "$@" </dev/null >"$state/out" 2>&1 3>&-) &
  _undo=$!
  setsid sh -c 'sleep 5; kill -s KILL -- "-$1"' sh "$_undo" </dev/null 3>&- 9<&- &
  _timer=$!
  wait "$_undo"
  _code=$?
  # The timer leads a group, unless it has not come so far; nothing of it may stay.
  kill -s KILL -- "-$_timer"
  kill -s KILL "$_timer"
  kill -s KILL -- "-$_timer"
  if [ "$_code" -ne 0 ]; then
    _line=
    IFS= read -r _line <"$state/out"
    say "undo $_number $_code $_line"
  fi
  rm -f "$state/u.$_number"
}

# finish: ends everything, puts everything back, and goes. Called by the reader, the watchdog, or the one that is left.
finish() {
  trap : HUP INT TERM
  [ -z "$pause" ] || kill -s KILL "$pause"
  if ! rm "$state/open" && ! [ -f "$state/open" ]; then
    # The other one is at it. Should it be killed meanwhile, the rest is ours.
    while same "$peer" "$peer_start"; do doze 5; done
    [ -d "$state" ] || exit 0
  fi
  end_records p c l
  found=
  for _record in "$state"/k.*; do
    _pid= _since=
    read -r _pid _since <"$_record" && found="$found $_pid:$_since"
  done
  wait_gone
  # Keepers have recorded by now what was just leaving its launcher's session.
  end_records p
  for _each in $found; do
    _name=
    read -r _name <"/proc/${'$'}{_each%%:*}/comm"
    say "left process ${'$'}{_each%%:*} ($_name)"
  done
  _undos=
  for _record in "$state"/u.*; do [ -f "$_record" ] && _undos="${'$'}{_record##*.} $_undos"; done
  for _record in $_undos; do undo "$_record"; done
  end_records f
  for _record in "$state"/p.*; do [ -f "$_record" ] && drop "$_record"; done
  # One after the other: the claim is the last that goes.
  rm -rf "$folder" ${'$'}{claim:+"$claim"}
  [ -d "$folder" ] && say "left folder $folder"
  say ended
  # The watchdog leads a group of its own, its pause included; of the reader's only the reader itself is ours to end.
  if same "$peer" "$peer_start"; then
    if [ "$mode" = reader ]; then kill -s KILL -- "-$peer"; else kill -s KILL "$peer"; fi
  fi
  exit 0
}

# find_claim: where the claim of this host is kept.
find_claim() {
  for _dir in "$claims" /run/lock /run /tmp; do [ -n "$_dir" ] && [ -d "$_dir" ] && [ -w "$_dir" ] && break; done
  claim=$_dir/lockstep.claim
}

# take_claim: one run at a time on this host. The kernel frees the lock when reader and watchdog are both gone.
take_claim() {
  find_claim
  if command -v flock; then take_flock; else take_link; fi
}

take_flock() {
  _tries=0
  while [ "$_tries" -lt 9 ]; do
    _tries=$((_tries + 1))
    # Made once and opened for reading only: so a file that another user has left can be locked as well.
    umask 022
    set -C
    command : >"$claim"
    set +C
    umask 077
    command exec 9<"$claim" || continue
    flock -n 9 || busy
    # The run before us may have removed the file between our opening and our locking it.
    if ! [ "$claim" -ef /proc/self/fd/9 ]; then exec 9<&-; continue; fi
    printf '%s %s %s\n' "$me" "$me_start" "$owner" >"$claim" && return
    # Somebody else's file: put one of our own in its place, where the folder lets us.
    rm -f "$claim" || return 0
    exec 9<&-
  done
  refuse "cannot claim this host by $claim"
}

# Without flock(1): a file that appears whole or not at all, and names a process that may be dead by now.
take_link() {
  (umask 022 && printf '%s %s %s\n' "$me" "$me_start" "$owner" >"$claim.$me") || refuse "cannot claim this host by $claim"
  _tries=0
  while [ "$_tries" -lt 9 ]; do
    _tries=$((_tries + 1))
    if ln "$claim.$me" "$claim"; then rm -f "$claim.$me"; return; fi
    _p= _ps=
    read -r _p _ps _ <"$claim" || continue
    if same "$_p" "$_ps"; then rm -f "$claim.$me"; busy; fi
    # Stale. Only one may replace it, and only while it still is what we have read.
    mkdir "$claim.$_p.$_ps" || { doze 5; continue; }
    _q= _qs=
    read -r _q _qs _ <"$claim"
    [ "$_p:$_ps" = "$_q:$_qs" ] && mv -f "$claim.$me" "$claim"
    _won=$?
    rmdir "$claim.$_p.$_ps"
    [ "$_won" -ne 0 ] || return 0
  done
  rm -f "$claim.$me"
  refuse "cannot claim this host by $claim"
}

# busy: says whose the host is, when the one that the file names is alive.
busy() {
  _tries=0
  while [ "$_tries" -lt 5 ]; do
    _p= _ps= _who=
    read -r _p _ps _who <"$claim"
    if same "$_p" "$_ps"; then break; fi
    _who= _tries=$((_tries + 1))
    doze 5
  done
  rm -rf "$folder"
  say "busy $_who"
  exit 0
}

refuse() {
  rm -rf "$folder"
  say "refused $*"
  exit 0
}

# poll: reports programs without a keeper that have ended: those known by a pid file, and those whose keeper was killed.
poll() {
  for _record in "$state"/p.*; do
    _number=${'$'}{_record##*.} _keeper= _since=
    read -r _keeper _since <"$state/k.$_number" && same "$_keeper" "$_since" && continue
    _p= _ps=
    read -r _p _ps _ <"$_record" || continue
    same "$_p" "$_ps" && continue
    wanted= mine=
    want "$_record"
    say "exited $_number -"
    drop "$_record"
    (exec 9<&-; end_wanted) &
  done
}

# sweep: forgets the commands that have ended and left nothing, before their numbers pass on; one look for all of them.
sweep() {
  _ended= wanted= mine=
  for _record in "$state"/c.*; do
    _p= _ps=
    read -r _p _ps _ <"$_record" || continue
    same "$_p" "$_ps" && continue
    want "$_record" && _ended="$_ended $_p:${'$'}{_record##*.}"
  done
  [ -n "$_ended" ] || return 0
  look
  _gone=
  for _each in $_ended; do
    case "$sids " in
      *" ${'$'}{_each%%:*} "*) mv -f "$state/c.${'$'}{_each#*:}" "$state/l.${'$'}{_each#*:}" ;;
      *) _gone="$_gone c.${'$'}{_each#*:}" ;;
    esac
  done
  [ -z "$_gone" ] || (exec 9<&-; cd "$state" && rm -f $_gone)
}

# slumber: a second or more, until there may be something to do. Counts the seconds without a beat in _missed. One perl for
# as long as nothing happens, instead of a sleep each second: a host that is measured is left alone.
slumber() {
  if [ -n "$perl" ]; then
    perl -e "$sentinel" "$state" "$peer" "$peer_start" "$lease" "$_missed" "$_last" 3>&- 9<&- &
    pause=$!
    wait "$pause"
    _seen=$?
    if [ "$_seen" -le 120 ]; then
      _missed=$_seen
      [ "$_seen" -ne 120 ] || _missed=$lease
      read -r _last <"$state/beat"
      return
    fi
    kill -s KILL "$pause"
    perl=
  fi
  sleep 1 3>&- 9<&-
  _beat=
  read -r _beat <"$state/beat"
  if [ "$_beat" = "$_last" ]; then _missed=$((_missed + 1)); else _last=$_beat _missed=0; fi
}

sentinel='${sentinelScript}'

watch() {
  claim=$6 peer=$7 peer_start=$8
  trap finish HUP INT TERM
  perl= _last= _missed=0 _ticks=0
  command -v perl && perl=perl
  while :; do
    slumber
    same "$peer" "$peer_start" || finish
    if [ "$_missed" -ge "$lease" ]; then
      # Nobody reads our events any more, and a full pipe must not hold us up.
      exec 3>/dev/null
      finish
    fi
    poll
    # Numbers pass on after thousands of processes: that takes longer.
    _ticks=$((_ticks + 1))
    [ -z "$perl" ] && [ "$((_ticks % 3))" -ne 0 ] || sweep
  done
}

serve() {
  claims=$6 owner=$7 claim=
  command -v setsid || refuse 'the program setsid is missing'
  own || refuse "/proc is missing"
  me=$_pid me_start=$_start
  [ "$claims" = - ] || take_claim
  printf '0\n' >"$state/beat" && printf '' >"$state/open" && printf '' >"$state/out" || refuse "cannot write to $state"
  setsid $shell "$state/tether.sh" watchdog "$folder" "$lease" "$shell" "$mask" "$claim" "$me" "$me_start" >&3 </dev/null &
  peer=$!
  stat_of "$peer"
  peer_start=$_start
  printf '%s\n' "$me $me_start $peer $peer_start" >"$state/pair"
  trap finish HUP INT TERM
  say "ready $me $peer $folder"
  while IFS= read -r line; do
    eval "set -- $line"
    case $1 in
      beat)
        # In place, without truncating: a full disk cannot take the lease away.
        printf '%s\n' "$2" 1<>"$state/beat"
        say "beat $2"
        same "$peer" "$peer_start" || finish ;;
      start) shift; keep "$@" & ;;
      stop) stop "$2" & ;;
      cut) cut "$2" & ;;
      undo)
        if printf '%s\n' "${'$'}{line#undo * }" >"$state/u.$2"; then say "kept $2"
        else
          rm -f "$state/u.$2"
          say "failed $2 cannot be written down"
        fi ;;
      forget) rm -f "$state/u.$2"; say "forgot $2" ;;
      tell)
        if printf '%s\n' "$4" >"$folder/$3"; then say "told $2"; else say "failed $2 cannot be written down"; fi ;;
      end) break ;;
    esac
  done
  finish
}

# rescue: what reader and watchdog cannot do when both were killed. While one of them is alive the end is its business.
rescue() {
  claims=$6 peer= peer_start=
  read -r _r _rs _w _ws <"$state/pair" || exit 0
  while same "$_r" "$_rs" || same "$_w" "$_ws"; do doze 5; done
  [ -d "$state" ] || exit 0
  find_claim
  _p= _ps=
  read -r _p _ps _ <"$claim"
  # By now it may be somebody else's.
  [ "$_p $_ps" = "$_r $_rs" ] || claim=
  finish
}

case $mode in
  watchdog) watch "$@" ;;
  rescue) rescue "$@" ;;
  *) serve "$@" ;;
esac
`

/**
 * What the controller runs: makes the folder, writes the script into it and becomes it.
 * Words: SCRIPT LEASE-S SHELL CLAIMS OWNER RUN NAME. Programs get the umask of the login, our own files are private.
 */
export const tetherBootstrap = String.raw`PATH=$PATH:/usr/sbin:/sbin
export PATH
mask=$(umask)
umask 077
echo
folder=${'$'}{TMPDIR:-/tmp}/lockstep.$7
mkdir "$folder" "$folder/.tether" &&
  printf '%s\n' "$1" >"$folder/.tether/tether.sh" || { echo "@refused cannot make a folder below ${'$'}{TMPDIR:-/tmp}"; exit 0; }
exec $3 "$folder/.tether/tether.sh" reader "$folder" "$2" "$3" "$mask" "$4" "$5" "$6"`

/** What the controller runs when the tether is gone. Words: FOLDER LEASE-S SHELL CLAIMS. A folder that is gone needs nothing. */
export const rescueScript = `[ -f "$1/.tether/tether.sh" ] || exit 0
exec $3 "$1/.tether/tether.sh" rescue "$1" "$2" "$3" "" "$4"`
