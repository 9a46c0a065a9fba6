#!/usr/bin/perl
# Sends 12500 octets twenty times a second, and says as JSON how many they were and how fast each second was.
use strict;
use warnings;
use Socket;

my ($address, $port, $seconds) = @ARGV;
socket(my $peer, PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
connect($peer, sockaddr_in($port, inet_aton($address))) or die "connect: $!\n";

my ($sent, @rates) = (0);
for (1 .. $seconds) {
  my ($begin, $before) = (uptime(), $sent);
  for (1 .. 20) {
    $sent += syswrite($peer, "x" x 12500) // die "send: $!\n";
    select undef, undef, undef, 0.05;
  }
  push @rates, 8 * ($sent - $before) / (uptime() - $begin) / 1e6;
}
printf qq({"sent": %d, "seconds": [%s]}\n), $sent, join ', ', map { sprintf '{"rate": %.3f}', $_ } @rates;

sub uptime {
  open my $file, '<', '/proc/uptime' or die "/proc/uptime: $!\n";
  return (split ' ', <$file>)[0];
}
