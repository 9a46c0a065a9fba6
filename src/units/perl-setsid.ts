/**
 * Perl that defines `lead()`: begins a session, setsid(2). By its number, since to load POSIX takes as long as perl itself;
 * where that is not known POSIX does it.
 */
export const perlSetsid = `
my %leading = ("x86_64" => 112, "aarch64|riscv64|loongarch64" => 157, "i[3-6]86|arm|(powerpc|ppc)64|s390x" => 66);
require Config;
my ($leading) = map { $Config::Config{archname} =~ /^(?:$_)/ ? $leading{$_} : () } keys %leading;
require POSIX unless defined $leading;
sub lead { defined $leading ? syscall $leading : POSIX::setsid() }
`
