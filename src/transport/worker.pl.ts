import { perlClock } from '../units/perl-clock.ts'
import { perlSetsid } from '../units/perl-setsid.ts'

/**
 * The worker: begins commands on a host and brings their outputs back, all over one channel, so that a command costs the host
 * one process and no ssh session. Perl 5.8 or later with what perl-base has. Words: MARK STATE. It says MARK on a line of
 * its own first, as start files of a login shell may print what they like.
 *
 * Comes in, each a line and so many octets behind it:
 *   run N LENGTH INPUT-LENGTH   MARK, CWD, number of variables, NAME=VALUE..., ARGV..., all ended by NUL; then what stdin is to hold
 *   ask N LENGTH 0              a question that it answers itself, without a process: WORD..., each ended by NUL
 *   drop N                      its outputs are wanted no more
 * Goes out:
 *   o N LENGTH, e N LENGTH      octets of its stdout, of its stderr
 *   x N CODE SIGNAL             it has ended
 *   d N                         its outputs have ended too
 *
 * Questions, answered on stdout and with an exit status: `time`, the system clock in ns UTC, a line; `files PATH...`, for
 * each a line with its length and its octets, 0 for what is no file that can be read; `sizes PATH...`, for each a line with
 * its length; `listens PID PORT STATE TABLE...`, exit status 0 when that process or another of its session has a socket on
 * the port (four hexadecimal digits) in that state, by these tables of /proc/net; `ptp OWN SOCKET SECONDS MESSAGE...`, which sends
 * management messages (in hexadecimal) from a Unix socket of its own at OWN to that of a ptp4l, for each answer a line with it in
 * hexadecimal, until each message has one (IEEE 1588-2019, 13.3.1: octets 30 and 31 are those of the question): exit status 0, 1 when
 * one is not answered in time, 3 where perl has no sockets.
 *
 * A command leads a session of its own and writes its record c.N before it asks whether it is still wanted, as
 * tether-command.sh.ts has it; one that is not says so behind its own MARK on its stderr. The end of stdin ends the worker.
 */
export const workerScript = String.raw`
use strict;
my ($mark, $state) = @ARGV;
${perlSetsid}my ($eintr, $enoent, $wnohang) = (4, 2, 1);
$ENV{PATH} = join ":", grep { defined } $ENV{PATH}, "/usr/sbin:/sbin";
$SIG{PIPE} = "IGNORE";
$SIG{CHLD} = sub { };
my (%jobs, $heard);
my $has_clock = eval {
${perlClock()}1 };

sub report {
  my $text = join "", @_;
  while (length $text) {
    my $count = syswrite STDOUT, $text;
    if (defined $count) { substr($text, 0, $count) = "" }
    elsif ($! != $eintr) { exit }
  }
}

# The fields of /proc/PID/stat behind the name, which may hold anything.
sub stat_of {
  open my $file, "<", "/proc/$_[0]/stat" or return;
  local $/;
  my $line = <$file>;
  return unless defined $line;
  $line =~ s/^.*\) //s;
  return split / /, $line;
}

sub refuse { print STDERR "@_\n"; exit 126 }

# In the new process: becomes the command.
sub become {
  my ($n, $mark, $cwd, $settings, $argv) = @_;
  my $start = (stat_of("self"))[19];
  my $record;
  unless ((open $record, ">", "$state/c.$n") && (print $record "$$ $start $$ $start $start\n") && (close $record)
    && -f "$state/open" && !-f "$state/s.$n") {
    print STDERR "$mark the run is over there\n";
    exit 143;
  }
  for (@$settings) { /^(.*?)=(.*)$/s and $ENV{$1} = $2 }
  $cwd eq "" or chdir $cwd or refuse("cd: $cwd: $!");
  { no warnings; exec { $argv->[0] } @$argv; }
  if ($! == $enoent) { print STDERR "exec: $argv->[0]: not found\n"; exit 127 }
  refuse("exec: $argv->[0]: $!");
}

sub begin {
  my ($n, $words, $input) = @_;
  my ($mark, $cwd, $count, @argv) = split /\0/, $words, -1;
  pop @argv;
  my @settings = splice @argv, 0, $count;
  my ($from, $to, $out, $out_end, $err, $err_end);
  my $ready = (length $input ? pipe $from, $to : open $from, "<", "/dev/null") && (pipe $out, $out_end) && (pipe $err, $err_end);
  my $pid = $ready ? fork : undef;
  if (!defined $pid) {
    my $why = "fork: $!\n";
    return report("e $n ", length $why, "\n", $why, "x $n 126 0\nd $n\n");
  }
  if ($pid == 0) {
    lead();
    $SIG{PIPE} = "DEFAULT";
    open STDIN, "<&", $from;
    open STDOUT, ">&", $out_end;
    open STDERR, ">&", $err_end;
    $| = 1;
    become($n, $mark, $cwd, \@settings, \@argv);
  }
  $jobs{$n} = { pid => $pid, o => $out, e => $err, input => $input, to => $to };
}

# What a command has left behind has a higher number, unless numbers have begun anew; then the tether looks.
sub forget_record {
  my ($n, $pid) = @_;
  my $last = last_pid();
  return if $last < $pid || $last - $pid > 200;
  for my $other ($pid + 1 .. $last) {
    my $session = (stat_of($other))[3];
    return if defined $session && $session == $pid;
  }
  # What was begun meanwhile may be its child.
  unlink "$state/c.$n" if last_pid() == $last;
}

# The number that was given out last.
sub last_pid {
  open my $file, "<", "/proc/loadavg" or return 0;
  my ($last) = <$file> =~ /(\d+)$/;
  return $last;
}

sub reap {
  while ((my $pid = waitpid -1, $wnohang) > 0) {
    my ($code, $signal) = ($? >> 8, $? & 127);
    for my $n (grep { $jobs{$_}{pid} == $pid } keys %jobs) {
      forget_record($n, $pid);
      report("x $n $code $signal\n");
      $jobs{$n}{pid} = 0;
      delete $jobs{$n}{to};
    }
  }
}

# Whether a process, or another of its session, holds a socket on a port in a state.
sub listens {
  my ($pid, $port, $state, @tables) = @_;
  my %wanted;
  for my $table (@tables) {
    open my $rows, "<", "/proc/net/$table" or next;
    while (<$rows>) {
      my @row = split;
      $wanted{"socket:[$row[9]]"} = 1 if @row > 9 && $row[1] =~ /:$port$/ && $row[3] eq $state;
    }
  }
  return 0 unless %wanted;
  opendir my $all, "/proc" or return 0;
  for my $each ($pid, grep { /^\d+$/ && $_ != $pid } readdir $all) {
    my $session = (stat_of($each))[3];
    next unless $each == $pid || defined $session && $session == $pid;
    opendir my $open, "/proc/$each/fd" or next;
    for (readdir $open) {
      my $target = readlink "/proc/$each/fd/$_";
      return 1 if defined $target && $wanted{$target};
    }
  }
  return 0;
}

sub end_ptp {
  my ($n, $code) = @_;
  unlink $jobs{$n}{own};
  delete $jobs{$n};
  report("x $n $code 0\nd $n\n");
}

# Everybody else is served meanwhile: a ptp4l may be silent.
sub ask_ptp {
  my ($n, $own, $socket, $seconds, @messages) = @_;
  my $job = $jobs{$n} = { pid => 0, own => "$own.$n", until => time + $seconds, left => {} };
  unlink $job->{own};
  my $has_own = eval {
    require Socket;
    socket($job->{ptp}, Socket::AF_UNIX(), Socket::SOCK_DGRAM(), 0)
      && bind($job->{ptp}, Socket::pack_sockaddr_un($job->{own}));
  };
  return end_ptp($n, 3) unless $has_own;
  for my $message (map { pack "H*", $_ } @messages) {
    $job->{left}{substr $message, 30, 2} = 1;
    # One that is stopped reads nothing, and its queue fills.
    defined send($job->{ptp}, $message, Socket::MSG_DONTWAIT(), Socket::pack_sockaddr_un($socket)) or return end_ptp($n, 1);
  }
}

sub hear_ptp {
  my ($n) = @_;
  my $job = $jobs{$n};
  return unless defined recv $job->{ptp}, my $answer, 2048, 0;
  return if length $answer < 32;
  my $line = unpack("H*", $answer) . "\n";
  report("o $n ", length $line, "\n", $line);
  delete $job->{left}{substr $answer, 30, 2};
  end_ptp($n, 0) unless %{$job->{left}};
}

# What it answers itself.
sub answer {
  my ($n, $what, @words) = @_;
  return ask_ptp($n, @words) if $what eq "ptp";
  my ($text, $code) = ("", 0);
  if ($what eq "time") {
    $has_clock ? $text = now() . "\n" : ($code = 1);
  }
  if ($what eq "listens") {
    $code = listens(@words) ? 0 : 1;
    @words = ();
  }
  if ($what eq "sizes") {
    for my $path (@words) { -f $path ? $text .= -s _ . "\n" : ($code = 1) }
    @words = ();
  }
  for my $path (@words) {
    my ($octets, $file) = ("");
    if (-f $path && open $file, "<", $path) {
      local $/;
      $octets = <$file>;
      $octets = "" unless defined $octets;
    }
    $text .= length($octets) . "\n" . $octets;
  }
  report("o $n ", length $text, "\n", $text, "x $n $code 0\nd $n\n");
}

sub hear {
  my $count = sysread STDIN, $heard, 65536, length $heard;
  exit if defined $count ? $count == 0 : $! != $eintr;
  while ($heard =~ /^(\w+) (\d+)(?: (\d+) (\d+))?\n/) {
    my ($what, $n, $length, $more, $head) = ($1, $2, $3, $4, $+[0]);
    if ($what eq "drop") { delete @{$jobs{$n}}{"o", "e"} if $jobs{$n} }
    else {
      return if length $heard < $head + $length + $more;
      my ($words, $input) = (substr($heard, $head, $length), substr($heard, $head + $length, $more));
      $what eq "ask" ? answer($n, split /\0/, $words) : begin($n, $words, $input);
      $head += $length + $more;
    }
    substr($heard, 0, $head) = "";
  }
}

$heard = "";
report("$mark\n");
for (;;) {
  my ($in, $out) = ("", "");
  vec($in, 0, 1) = 1;
  my $wait;
  for my $job (values %jobs) {
    vec($in, fileno $_, 1) = 1 for grep { defined } @$job{"o", "e", "ptp"};
    if ($job->{ptp}) { $wait = 0.2 if !defined $wait || 0.2 < $wait }
    vec($out, fileno $job->{to}, 1) = 1 if $job->{to};
    # A child may end between our asking and our waiting; one without outputs is about to.
    if ($job->{pid}) { my $turn = $job->{o} || $job->{e} ? 1 : 0.02; $wait = $turn if !defined $wait || $turn < $wait }
  }
  if ((select $in, $out, undef, $wait) > 0) {
    for my $n (keys %jobs) {
      my $job = $jobs{$n};
      hear_ptp($n) if $job->{ptp} && vec $in, fileno $job->{ptp}, 1;
      for my $name ("o", "e") {
        next unless $job->{$name} && vec $in, fileno $job->{$name}, 1;
        my $count = sysread $job->{$name}, my $text, 65536;
        if ($count) { report("$name $n $count\n", $text) }
        elsif (defined $count || $! != $eintr) { delete $job->{$name} }
      }
      next unless $job->{to} && vec $out, fileno $job->{to}, 1;
      # So much can be written into a pipe that has room without waiting.
      my $count = syswrite $job->{to}, $job->{input}, 4096;
      if (defined $count) { substr($job->{input}, 0, $count) = "" }
      if (defined $count ? $job->{input} eq "" : $! != $eintr) { delete $job->{to} }
    }
    hear() if vec $in, 0, 1;
  }
  reap();
  end_ptp($_, 1) for grep { $jobs{$_}{ptp} && time > $jobs{$_}{until} } keys %jobs;
  for my $n (grep { my $job = $jobs{$_}; !$job->{pid} && !$job->{o} && !$job->{e} && !$job->{ptp} } keys %jobs) {
    delete $jobs{$n};
    report("d $n\n");
  }
}
`
