/* Sockets: asking for stamps, noting PTP frames that leave, rewriting stamps that arrive. */
#include "preload.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <string.h>

/* A veth has no hardware stamps: ask the kernel for software stamps where a program asks for the card's. */
static int kernel_flags(int asked)
{
	const int hardware = SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_SYS_HARDWARE
	                     | SOF_TIMESTAMPING_RAW_HARDWARE | SOF_TIMESTAMPING_OPT_TX_SWHW | SOF_TIMESTAMPING_OPT_TSONLY;
	int flags = asked & ~hardware;
	if (asked & SOF_TIMESTAMPING_TX_HARDWARE) flags |= SOF_TIMESTAMPING_TX_SOFTWARE;
	if (asked & SOF_TIMESTAMPING_RX_HARDWARE) flags |= SOF_TIMESTAMPING_RX_SOFTWARE;
	/* The key tells repeated reports from new ones, the frame tells PTP from the rest. */
	if (flags & SOF_TIMESTAMPING_TX_RECORD_MASK) flags |= SOF_TIMESTAMPING_OPT_ID;
	return flags | SOF_TIMESTAMPING_SOFTWARE;
}

static int ask_for_stamps(int fd, int option, int flags)
{
	struct asked *asked = track(fd);
	if (asked == NULL) return result(-ENOBUFS);
	track_lock();
	int none = 0, wanted = flags == 0 ? 0 : kernel_flags(flags);
	/* The kernel counts keys from 0 only when OPT_ID is new. */
	int value = asked->flags == 0 ? 0 : real.setsockopt(fd, SOL_SOCKET, option, &none, sizeof none);
	if (value == 0) value = real.setsockopt(fd, SOL_SOCKET, option, &wanted, sizeof wanted);
	if (value == 0) {
		queue_reset(fd);
		asked->flags = flags;
	}
	track_unlock();
	return value;
}

EXPORT int setsockopt(int fd, int level, int option, const void *value, socklen_t length)
{
	int flags;
	if (host() == NULL || level != SOL_SOCKET || value == NULL || length < sizeof flags)
		return real.setsockopt(fd, level, option, value, length);
	memcpy(&flags, value, sizeof flags);
	if (option == SO_TIMESTAMPING_OLD || option == SO_TIMESTAMPING_NEW) return ask_for_stamps(fd, option, flags);
	int done = real.setsockopt(fd, level, option, value, length);
	if (done == 0 && option == SO_SELECT_ERR_QUEUE && track(fd) != NULL) track(fd)->selects_errors = flags != 0;
	return done;
}

EXPORT int getsockopt(int fd, int level, int option, void *value, socklen_t *length)
{
	const struct host *here = host();
	int done = real.getsockopt(fd, level, option, value, length);
	bool stamps = here != NULL && level == SOL_SOCKET && (option == SO_TIMESTAMPING_OLD || option == SO_TIMESTAMPING_NEW);
	if (done == 0 && stamps && is_tracked(fd) && *length >= sizeof(int)) memcpy(value, &track(fd)->flags, sizeof(int));
	return done;
}

EXPORT int socket(int family, int type, int protocol)
{
	/* ethtool asks over generic netlink, where the card is a veth, and falls back to ioctl, where it has a PHC. */
	bool ethtool = family == AF_NETLINK && protocol == NETLINK_GENERIC && strcmp(program_invocation_short_name, "ethtool") == 0;
	if (host() != NULL && ethtool) return result(-EPROTONOSUPPORT);
	return real.socket(family, type, protocol);
}

EXPORT int close(int fd)
{
	if (host() != NULL) untrack(fd);
	return real.close(fd);
}

/* Before the system call: the receiver may look for the note while we are still in it. */
static void note(int fd, const struct msghdr *message)
{
	const struct host *here = host();
	if (here == NULL || !here->notes || !is_tracked(fd) || !transmits_hardware(track(fd))) return;
	size_t length = 0;
	for (size_t i = 0; i < message->msg_iovlen; i++) length += message->msg_iov[i].iov_len;
	uint64_t hash = message_hash(message, length);
	if (hash != 0) frame_note(here->frames, hash, kernel_clock(CLOCK_MONOTONIC_RAW));
}

static void note_flat(int fd, const void *data, size_t length)
{
	struct iovec part = { (void *)data, length };
	note(fd, &(struct msghdr){ .msg_iov = &part, .msg_iovlen = 1 });
}

EXPORT ssize_t send(int fd, const void *data, size_t length, int flags)
{
	note_flat(fd, data, length);
	return real.send(fd, data, length, flags);
}

EXPORT ssize_t sendto(int fd, const void *data, size_t length, int flags, const struct sockaddr *to, socklen_t size)
{
	note_flat(fd, data, length);
	return real.sendto(fd, data, length, flags, to, size);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	note(fd, message);
	return real.sendmsg(fd, message, flags);
}

static ssize_t take_report(const struct host *host, int fd, struct msghdr *message)
{
	track_lock();
	if (!queue_pending(fd)) queue_drain(host, fd);
	ssize_t length = queue_take(fd, message);
	track_unlock();
	return result((int)length);
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	const struct host *here = host();
	if (here != NULL && (flags & MSG_ERRQUEUE) && is_tracked(fd)) return take_report(here, fd, message);
	ssize_t length = real.recvmsg(fd, message, flags);
	if (here != NULL && length >= 0 && message->msg_controllen > 0) convert_received(here, fd, message, (size_t)length);
	return length;
}
