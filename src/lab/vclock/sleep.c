/* Sleeping until an instant of a virtual clock. */
#include "preload.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A far deadline is approached in two hops: MONOTONIC, in which the kernel waits, and raw differ by up to 500 ppm. */
static int64_t hop(int64_t left)
{
	return left > 50000000 ? left - left / 1000 : left;
}

/* Any change of the system clock wakes it. Returns 0 or the error number of an interruption. */
static int wait_for_change(const struct host *host, uint32_t changes, int64_t length)
{
	struct timespec until = to_timespec(kernel_clock(CLOCK_MONOTONIC) + length + 1);
	int type;
	/* A raw system call is no cancellation point, clock_nanosleep is one. */
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	long value = real.syscall(SYS_futex, &host->state->changes, FUTEX_WAIT_BITSET, changes, &until, NULL,
	                          FUTEX_BITSET_MATCH_ANY);
	int error = value == 0 ? 0 : errno;
	pthread_setcanceltype(type, NULL);
	return error == EINTR ? EINTR : 0;
}

static int sleep_until(const struct host *host, clockid_t id, int64_t instant)
{
	const struct clock *clock = &host->state->clocks[SYSTEM_CLOCK];
	for (;;) {
		uint32_t changes = host->state->changes;
		int64_t ahead = id == CLOCK_TAI ? host->state->tai * NS_PER_S : 0;
		struct line line = clock_line(clock);
		int64_t left = instant - ahead - line_value(line, kernel_clock(CLOCK_MONOTONIC_RAW));
		if (left <= 0) return 0;
		int64_t raw_left = (int64_t)((double)left / (1.0 + (double)line.slope * 0x1p-64));
		int error = wait_for_change(host, changes, hop(raw_left));
		if (error != 0) return error;
	}
}

EXPORT int clock_nanosleep(clockid_t id, int flags, const struct timespec *request, struct timespec *left)
{
	const struct host *here = host();
	enum clock_name name;
	int64_t ahead;
	/* A relative sleep does not follow steps, on Linux either. */
	if (here == NULL || !(flags & TIMER_ABSTIME) || !clock_index(here, id, &name, &ahead))
		return real.clock_nanosleep(id, flags, request, left);
	if (name == PHC) return EOPNOTSUPP;
	if (request->tv_sec < 0 || request->tv_nsec < 0 || request->tv_nsec >= NS_PER_S) return EINVAL;
	int error = errno;
	int value = sleep_until(here, id, to_ns(request));
	errno = error;
	return value;
}

/* The clock that a timer descriptor was made with; proc(5), fdinfo. */
static clockid_t timer_clock(int fd)
{
	char path[64], line[64];
	clockid_t id = CLOCK_MONOTONIC;
	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
	FILE *info = fopen(path, "re");
	if (info == NULL) return id;
	while (fgets(line, sizeof line, info) != NULL)
		if (strncmp(line, "clockid:", 8) == 0) id = (clockid_t)strtol(line + 8, NULL, 10);
	fclose(info);
	return id;
}

/* An absolute deadline is translated once: a later step does not move it. */
EXPORT int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	const struct host *here = host();
	enum clock_name name;
	int64_t ahead;
	bool disarms = new->it_value.tv_sec == 0 && new->it_value.tv_nsec == 0;
	if (here == NULL || !(flags & TFD_TIMER_ABSTIME) || disarms) return real.timerfd_settime(fd, flags, new, old);
	clockid_t id = timer_clock(fd);
	if (!clock_index(here, id, &name, &ahead) || name != SYSTEM_CLOCK) return real.timerfd_settime(fd, flags, new, old);
	struct timespec now;
	virtual_gettime(here, id, &now);
	int64_t until = kernel_clock(id) + to_ns(&new->it_value) - to_ns(&now);
	struct itimerspec translated = { .it_interval = new->it_interval, .it_value = to_timespec(until > 0 ? until : 1) };
	return real.timerfd_settime(fd, flags, &translated, old);
}
