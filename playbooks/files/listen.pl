#!/usr/bin/perl
# Takes one connection on a port, counts what comes, and says how much that was.
use strict;
use warnings;
use Socket;

my ($port) = @ARGV;
socket(my $door, PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
setsockopt($door, SOL_SOCKET, SO_REUSEADDR, 1) or die "setsockopt: $!\n";
bind($door, sockaddr_in($port, INADDR_ANY)) && listen($door, 1) or die "port $port: $!\n";
accept(my $peer, $door) or die "accept: $!\n";

my ($octets, $chunk) = (0, '');
while (my $got = sysread $peer, $chunk, 65536) { $octets += $got }
print "received $octets octets\n";
