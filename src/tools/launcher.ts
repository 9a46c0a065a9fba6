import { perlClock } from '../units/perl-clock.ts'
import { perlSetsid } from '../units/perl-setsid.ts'
import type { UtcInstant } from '../units/quantity.ts'
import { utc } from '../units/quantity.ts'

/** Stands in an argv for the instant in seconds with microseconds, where the program is told it. */
export const startWord = '@start@'

/** The launcher in perl: the same words as the script for sh. */
const perlLauncher = String.raw`
my ($t, $word, $mode, $limit, $file, @argv) = @ARGV;
${perlClock(String.raw`\@launcher `)}open STDOUT, ">", $file or die "\@launcher failed open $!\n";
$| = 1;
syswrite STDERR, "\@launcher ready " . now() . " $$\n";
if ($t =~ /^\//) {
  my ($told, $tries, $within) = ("", 0, $limit);
  for (;;) {
    if (open my $in, "<", $t) { $told = <$in>; close $in }
    last if defined $told && $told =~ s/^\Q$word\E (\d+)\n/$1/;
    # Most are told at once; one that is not costs its host less and less.
    my $nap = $tries++ < 1_000 ? 0.001 : 0.005;
    ($limit -= $nap) > 0 or die "\@launcher failed start: nobody said when within $within s\n";
    select undef, undef, undef, $nap;
  }
  $t = $told;
}
my $seconds = substr($t, 0, -9) . "." . substr($t, -9, 6);
s/\@start\@/$seconds/g for @argv;
if ($mode eq "held") {
  while ((my $left = $t - now()) > 3_000_000) {
    my $nap = ($left - 2_000_000) / 1e9;
    select undef, undef, undef, $nap > 0.1 ? 0.1 : $nap;
  }
  my $now;
  1 while ($now = now()) < $t;
  syswrite STDERR, "\@launcher released $now\n";
}
{ no warnings; exec { $argv[0] } @argv; }
print STDERR "\@launcher failed exec $argv[0]: $!\n";
exit 127;
`

/**
 * Holds a program until an instant of the host's system clock, says when it let it go, and becomes it: same process, same
 * session. Needs perl (perl-base is part of every Debian and Ubuntu) or a date(1) that knows nanoseconds. It reads the clock
 * again and again on its way, so that a clock that is stepped or steered meanwhile does no harm; the last 2 ms it spins.
 * The standard output of the program goes into a file, so that the log holds what the launcher and stderr say.
 *
 * The instant is a number of ns UTC, or the path of a file that will hold one, in a line behind the WORD: nobody needs to know
 * how long a launcher takes to be there. `@start@` in the argv becomes the instant, in seconds; MODE `own` does not wait for it.
 */
export const launcherScript = `# Lockstep's launcher: INSTANT-NS|FILE WORD MODE LIMIT-S OUTPUT-FILE ARGV...
if command -v perl >/dev/null 2>&1; then
  exec perl -e '${perlLauncher}' "$@"
fi
t=$1 word=$2 mode=$3 limit=$4 file=$5
shift 5
now=$(date +%s%N 2>/dev/null)
case $now in '' | *[!0-9]*) now=0 ;; esac
[ "$now" -gt 1000000000000000000 ] || { echo '@launcher failed clock: neither perl nor date +%N' >&2; exit 127; }
command -v "$1" >/dev/null || { echo "@launcher failed exec $1: there is no such program" >&2; exit 127; }
# A redirection of exec that fails would end the shell without a word.
true >"$file" || { echo '@launcher failed open' >&2; exit 127; }
exec >"$file"
echo "@launcher ready $now $$" >&2
case $t in
  /*)
    told= about= tries=0
    until read -r about told 2>/dev/null <"$t" && [ "$about" = "$word" ]; do
      [ "$tries" -lt "$((limit * 50))" ] || { echo "@launcher failed start: nobody said when within $limit s" >&2; exit 127; }
      tries=$((tries + 1))
      sleep 0.02
    done
    t=$told ;;
esac
ns=${'$'}{t#"${'$'}{t%?????????}"}
seconds=${'$'}{t%?????????}.${'$'}{ns%???}
count=$#
while [ "$count" -gt 0 ]; do
  each=$1
  shift
  case $each in *@start@*) each=${'$'}{each%%@start@*}$seconds${'$'}{each#*@start@} ;; esac
  set -- "$@" "$each"
  count=$((count - 1))
done
if [ "$mode" = held ]; then
  while now=$(date +%s%N); left=$((t - now)); [ "$left" -gt 0 ]; do
    if [ "$left" -gt 200000000 ]; then sleep 0.1; elif [ "$left" -gt 20000000 ]; then sleep 0.01; fi
  done
  echo "@launcher released $now" >&2
fi
exec "$@"`

const leadingLauncher = `${perlSetsid}lead();
${perlLauncher}`

/** How early a launcher that is given its instant has to be started, to be there in time on a busy host. */
export const launcherLeadMs = 300

/** How long a launcher waits to be told its instant. */
const untoldS = 60

/** A start that nobody knows yet. */
export interface ToldStart {
  /** Absolute path of the file that will hold it; many launchers may read it, one start after the other. */
  readonly file: string
  /** Names this start among others. */
  readonly word: string
}

export interface LaunchOptions {
  readonly at: UtcInstant | ToldStart
  readonly outputFile: string
  /** Default `held`: started at the instant. `own`: started as soon as the instant is known, and told it by `@start@`. */
  readonly mode?: 'held' | 'own'
  /** The host is known to have perl: no shell is needed to find that out, and the launcher begins its session itself. */
  readonly byPerl?: boolean
}

/** The argv that becomes `argv` at the instant; its standard output goes into `outputFile`. */
export const launch = (argv: readonly string[], { at, outputFile, mode = 'held', byPerl }: LaunchOptions): string[] => {
  const [instant, word] = typeof at === 'bigint' ? [String(at), ''] : [at.file, at.word]
  const words = [instant, word, mode, String(untoldS), outputFile]
  if (byPerl === true) return ['perl', '-e', leadingLauncher, ...words, ...argv]
  return ['sh', '-c', launcherScript, 'lockstep-launcher', ...words, ...argv]
}

/** The line that a file for launchers holds. */
export const told = (word: string, at: UtcInstant): string => `${word} ${at}`

/** What the launcher that is process `pid` on its host says into its log when it waits. */
export const heldLine = (pid: number): RegExp => new RegExp(`^@launcher ready \\d+ ${pid}$`, 'm')

/** What the launcher wrote into the log of the process. */
export interface Launch {
  /** When it began to wait; later than the instant when it was started too late. */
  readonly ready: UtcInstant | undefined
  /** When it let the program go, where it held it; the program's own first instruction comes later by what exec(2) takes. */
  readonly released: UtcInstant | undefined
  /** Why it could not. */
  readonly fault: string | undefined
  /** The log without the launcher's own lines: what the program said on stderr. */
  readonly rest: string
}

export function readLaunch(log: string): Launch {
  const instant = (word: string) => {
    const digits = new RegExp(`^@launcher ${word} (\\d+)(?: \\d+)?$`, 'm').exec(log)?.[1]
    return digits === undefined ? undefined : utc(BigInt(digits))
  }
  const [, why, what] = /^@launcher (failed|unknown) (.*)$/m.exec(log) ?? []
  return {
    ready: instant('ready'),
    released: instant('released'),
    fault:
      what === undefined
        ? undefined
        : `the launcher ${why === 'unknown' ? 'does not know the machine' : 'could not'} ${what}`,
    rest: log.replaceAll(/^@launcher .*\n/gm, ''),
  }
}
