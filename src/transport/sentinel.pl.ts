/**
 * What the tether's watchdog waits for, in perl and without single quotes, as it stands between two of them in the script.
 * Words: STATE READER-PID READER-START LEASE-S MISSED BEAT. It ends, with the seconds without a beat as its status (120: so
 * many as the lease has), when the reader is gone, when the lease is over, or a process that a record names has ended.
 */
export const sentinelScript = String.raw`
my ($state, $reader, $since, $lease, $missed, $last, $seen) = @ARGV;
sub line { open my $file, "<", $_[0] or return ""; local $/; my $text = <$file>; return defined $text ? $text : "" }
sub gone { my $stat = line("/proc/$_[0]/stat"); $stat =~ s/^.*\) //s; my @of = split / /, $stat; !@of || $of[0] =~ /[ZXx]/ || $of[19] ne $_[1] }
for (my $tick = 1; ; $tick++) {
  select undef, undef, undef, 1;
  my ($beat) = split /\n/, line("$state/beat");
  if ($beat eq $last) { $missed++ } else { ($last, $missed) = ($beat, 0) }
  exit 120 if $missed >= $lease;
  $seen = $missed > 119 ? 119 : $missed;
  exit $seen if gone($reader, $since);
  opendir my $all, $state or exit $seen;
  for (readdir $all) {
    # Commands may wait: what they leave is looked for every third second.
    next unless /^p\./ || /^c\./ && $tick >= 3;
    my ($pid, $start) = split / /, line("$state/$_");
    exit $seen if defined $start && gone($pid, $start);
  }
}`
