import { perlClock } from '../units/perl-clock.ts'

/**
 * What becomes the program of a test at its time: same process, same session. On descriptor 3 it says `ready`, waits for
 * `go INSTANT` (ns UTC), says `released NOW` and becomes the program; `failed …` when it cannot. When the daemon goes away
 * before the instant it ends, for nobody would end the test. Descriptor 3 is closed in the program.
 */
export type HeldBy = 'perl' | 'sh'

export const heldProgram = (by: HeldBy, argv: readonly string[]): readonly string[] =>
  by === 'perl' ? ['perl', '-e', perlScript, ...argv] : ['sh', '-c', shellScript, 'lockstep-held', ...argv]

/**
 * It waits for the instant by itself, the last 2 ms spinning, so that a daemon that is busy at that moment does no harm. No module
 * is loaded: that would take longer than all the rest. F_SETFD and FD_CLOEXEC are 2 and 1 on every Linux.
 */
const perlScript = String.raw`
open my $daemon, "+<&=", 3 or exit 125;
fcntl $daemon, 2, 1;
my $said = sub { syswrite $daemon, "$_[0]\n" };
local $SIG{__DIE__} = sub { chomp(my $why = $_[0]); $said->("failed $why"); exit 127 };
# What the daemon itself was given by whoever started it is no business of a test.
if (opendir my $folder, "/proc/self/fd") {
  my @open = grep { /^\d+$/ && $_ > 3 } readdir $folder;
  closedir $folder;
  for my $fd (@open) { my $file; open $file, "<&=", $fd and close $file }
}
${perlClock()}
now();
$said->("ready");
my $order = "";
until ($order =~ /\n/) { sysread $daemon, $order, 64, length $order or exit 125 }
my ($at) = $order =~ /^go (\d+)\n/ or die "an order that was not understood\n";
while ((my $left = $at - now()) > 3_000_000) {
  my $nap = ($left - 2_000_000) / 1e9;
  vec(my $heard = "", 3, 1) = 1;
  exit 125 if select($heard, undef, undef, $nap > 1 ? 1 : $nap) > 0;
}
my $now;
1 while ($now = now()) < $at;
$said->("released $now");
{ no warnings; exec { $ARGV[0] } @ARGV; }
die "exec $ARGV[0]: $!\n";
`

/** Where there is no perl: the daemon gives the word at the very instant, and only a date(1) with %N knows when it came. */
const shellScript = `
command -v "$1" >/dev/null || { echo "failed exec $1: there is no such program" >&3; exit 127; }
echo ready >&3
read -r word at <&3 && [ "$word" = go ] || exit 125
echo "released $(date +%s%N)" >&3
exec "$@" 3>&-`
