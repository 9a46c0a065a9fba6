/* poll must tell the same story as recvmsg: a report that only the library holds is there, a repetition is not. */
#include "preload.h"

#include <errno.h>

static bool any_tracked(const struct pollfd *fds, nfds_t count)
{
	for (nfds_t i = 0; i < count; i++)
		if (is_tracked(fds[i].fd)) return true;
	return false;
}

static bool any_pending(const struct pollfd *fds, nfds_t count)
{
	bool pending = false;
	track_lock();
	for (nfds_t i = 0; i < count && !pending; i++) pending = is_tracked(fds[i].fd) && queue_pending(fds[i].fd);
	track_unlock();
	return pending;
}

/*
 * What is true of a tracked socket once the kernel's error queue has been moved into ours. A report may come while we
 * are at it, and be a repetition that no reader will get to see: so the kernel is asked until its queue was empty when
 * it said POLLERR. That is a genuine error of the socket, and stays.
 */
static void look_again(const struct host *host, struct pollfd *fd)
{
	while (fd->revents & POLLERR) {
		if (real.poll(fd, 1, 0) <= 0) fd->revents = 0;
		if (!(fd->revents & POLLERR) || !queue_drain(host, fd->fd)) break;
	}
	if (queue_pending(fd->fd)) fd->revents |= POLLERR | (track(fd->fd)->selects_errors ? fd->events & POLLPRI : 0);
}

static int look_at_all(const struct host *host, struct pollfd *fds, nfds_t count)
{
	int ready = 0;
	track_lock();
	for (nfds_t i = 0; i < count; i++) {
		if (is_tracked(fds[i].fd)) look_again(host, &fds[i]);
		ready += fds[i].revents != 0;
	}
	track_unlock();
	return ready;
}

static int poll_tracked(const struct host *host, struct pollfd *fds, nfds_t count, int timeout)
{
	int64_t deadline = kernel_clock(CLOCK_MONOTONIC) + timeout * 1000000LL;
	for (int left = timeout;;) {
		int ready = real.poll(fds, count, any_pending(fds, count) ? 0 : left);
		if (ready < 0) return ready;
		ready = look_at_all(host, fds, count);
		if (ready > 0 || timeout == 0) return ready;
		if (timeout < 0) continue;
		int64_t rest = deadline - kernel_clock(CLOCK_MONOTONIC);
		if (rest <= 0) return 0;
		left = (int)((rest + 999999) / 1000000);
	}
}

EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	const struct host *here = host();
	if (here == NULL || !any_tracked(fds, count)) return real.poll(fds, count, timeout);
	return poll_tracked(here, fds, count, timeout);
}

/* What poll is in programs compiled with _FORTIFY_SOURCE; `size` is that of the array, in bytes. */
EXPORT int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size)
{
	if (size / sizeof *fds < count) __builtin_trap();
	return poll(fds, count, timeout);
}
