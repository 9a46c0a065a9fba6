/*
 * The shell scripts that turn into the first process of a host or the switch. The first process starts nothing before
 * it has read a line from the command that started it, which records it first: what was never recorded ends by itself
 * at the end of file. Descriptor 3 is the lab's lock, held until the node is made; 4 brings the lines, 5 is the node's log.
 */

/** Without IPv6 a link says nothing by itself. */
const withoutIpv6 = `
for scope in all default; do
  [ ! -e /proc/sys/net/ipv6 ] || echo 1 >"/proc/sys/net/ipv6/conf/$scope/disable_ipv6"
done`

/**
 * In a pid namespace that is still empty: $1 the script of its first process, the rest its arguments. Prints the pid
 * that process has outside.
 */
export const launchScript = `
script=$1
shift
sh -eu -c "$script" lockstep-lab "$@" &
echo "$!"`

/**
 * In the namespaces of a host, pid excepted; it keeps them until its network has been made. $1 its folder, $2 its
 * name, $3 the links of /dev, then as launchScript.
 */
export const hostScript = `
exec 5>>"$1/log"
${withoutIpv6}
echo "$2" >/proc/sys/kernel/hostname
echo ready
mount -n --all --fstab "$1/fstab"
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty "$3/." "$1/root/dev"
read -r _ <&4
shift 3
exec unshare --pid -- sh -eu -c "$@"`

/** The first process of a host: $1 its root, $2 init, $3 sshd. */
export const hostInitScript = `
read -r _ <&4
mount -n -t proc proc "$1/proc"
cd "$1"
pivot_root . mnt
umount -n -l /mnt
cd /
umask 022
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \\
  setsid "$2" -- "$3" -D -e </dev/null >&5 2>&1 3>&- 4>&- 5>&-`

/**
 * In the namespaces of the switch, pid excepted; it keeps them until its network has been made. $1 its folder, $2 the
 * lab's, then as launchScript. It gets a /run of its own with only this lab in it: linuxptp 4 takes a second socket in
 * /var/run away from the machine's ptp4l, and a copy of another lab's mount would keep that lab's files.
 */
export const switchScript = `
exec 5>>"$1/log"
${withoutIpv6}
echo ready
for other in "\${2%/*}"/*; do
  [ "$other" = "$2" ] || ! mountpoint -q "$other" || umount -n -l "$other"
done
cd "$2"
mount -n -t tmpfs -o mode=755 tmpfs /run
mkdir -p "$2"
mount -n --no-canonicalize --bind . "$2"
read -r _ <&4
shift 2
exec unshare --pid -- sh -eu -c "$@"`

/** The first process of the switch: $1 the preload library, $2 the switch's clock, the rest init and ptp4l's options. */
export const switchInitScript = `
read -r _ <&4
mount -n -t proc proc /proc
read -r _ <&4
preload=$1 clock=$2
shift 2
cd /
umask 022
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 LD_PRELOAD="$preload" VCLOCK="$clock" \\
  setsid "$@" </dev/null >&5 2>&1 3>&- 4>&- 5>&-`
