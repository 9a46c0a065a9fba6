/**
 * Perl that defines `now()`: the system clock in ns UTC. clock_gettime(2) by its number, as perl-base has no module for it;
 * dies with `mark` in front of the reason on a machine whose number is not known.
 */
export const perlClock = (mark = ''): string => String.raw`
my %numbers = ("x86_64" => 228, "i[3-6]86" => 265, "aarch64|riscv64|loongarch64" => 113, "arm" => 263,
  "(powerpc|ppc)64" => 246, "s390x" => 260);
require Config;
my ($number) = map { $Config::Config{archname} =~ /^(?:$_)/ ? $numbers{$_} : () } keys %numbers;
defined $number or die "${mark}unknown $Config::Config{archname}\n";
my $buffer = "\0" x 16;
sub now {
  syscall($number, 0, $buffer) == 0 or die "${mark}failed clock_gettime $!\n";
  my ($s, $n) = unpack "l!l!", $buffer;
  return $s * 1_000_000_000 + $n;
}
`
