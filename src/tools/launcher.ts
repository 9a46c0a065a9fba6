import { perlClock } from '../units/perl-clock.ts'
import type { UtcInstant } from '../units/quantity.ts'
import { utc } from '../units/quantity.ts'

/**
 * Holds a program until an instant of the host's system clock, says when it let it go, and becomes it: same process, same
 * session. Needs perl (perl-base is part of every Debian and Ubuntu) or a date(1) that knows nanoseconds. It reads the clock
 * again and again on its way, so that a clock that is stepped or steered meanwhile does no harm; the last 2 ms it spins.
 * The standard output of the program goes into a file, so that the log holds what the launcher and stderr say.
 */
export const launcherScript = String.raw`# Lockstep's launcher: INSTANT-NS OUTPUT-FILE ARGV...
if command -v perl >/dev/null 2>&1; then
  exec perl -e '
my ($t, $file, @argv) = @ARGV;
${perlClock(String.raw`\@launcher `)}open STDOUT, ">", $file or die "\@launcher failed open $!\n";
$| = 1;
syswrite STDERR, "\@launcher ready " . now() . "\n";
while ((my $left = $t - now()) > 3_000_000) {
  my $nap = ($left - 2_000_000) / 1e9;
  select undef, undef, undef, $nap > 0.1 ? 0.1 : $nap;
}
my $now;
1 while ($now = now()) < $t;
syswrite STDERR, "\@launcher released $now\n";
{ no warnings; exec { $argv[0] } @argv; }
print STDERR "\@launcher failed exec $argv[0]: $!\n";
exit 127;
' "$@"
fi
t=$1 file=$2
shift 2
now=$(date +%s%N 2>/dev/null)
case $now in '' | *[!0-9]*) now=0 ;; esac
[ "$now" -gt 1000000000000000000 ] || { echo '@launcher failed clock: neither perl nor date +%N' >&2; exit 127; }
command -v "$1" >/dev/null || { echo "@launcher failed exec $1: there is no such program" >&2; exit 127; }
# A redirection of exec that fails would end the shell without a word.
true >"$file" || { echo '@launcher failed open' >&2; exit 127; }
exec >"$file"
echo "@launcher ready $now" >&2
while now=$(date +%s%N); left=$((t - now)); [ "$left" -gt 0 ]; do
  if [ "$left" -gt 200000000 ]; then sleep 0.1; elif [ "$left" -gt 20000000 ]; then sleep 0.01; fi
done
echo "@launcher released $now" >&2
exec "$@"`

/** How early a launcher has to be started to be there in time on a busy host. */
export const launcherLeadMs = 300

/** The argv that becomes `argv` at the instant; its standard output goes into `outputFile`. */
export const launch = (
  argv: readonly string[],
  { at, outputFile }: { readonly at: UtcInstant; readonly outputFile: string },
): string[] => ['sh', '-c', launcherScript, 'lockstep-launcher', String(at), outputFile, ...argv]

/** What the launcher wrote into the log of the process. */
export interface Launch {
  /** When it began to wait; later than the instant when it was started too late. */
  readonly ready: UtcInstant | undefined
  /** When it let the program go; the program's own first instruction comes later by what exec(2) takes. */
  readonly released: UtcInstant | undefined
  /** Why it could not. */
  readonly fault: string | undefined
  /** The log without the launcher's own lines: what the program said on stderr. */
  readonly rest: string
}

export function readLaunch(log: string): Launch {
  const instant = (word: string) => {
    const digits = new RegExp(`^@launcher ${word} (\\d+)$`, 'm').exec(log)?.[1]
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
