/* Reading the clocks. */
#include "preload.h"

#include <errno.h>

/* linux/posix-timers.h: a clock that is a file descriptor. */
#define CLOCKFD 3
#define IS_CLOCKFD(id) ((id) < 0 && ((id) & 7) == CLOCKFD)
#define CLOCKFD_FD(id) ((int)~((id) >> 3))

/* Which clock `id` names, and how far its reading is ahead of that clock (TAI). False: the kernel's business. */
bool clock_index(const struct host *host, clockid_t id, enum clock_name *name, int64_t *ahead)
{
	*name = SYSTEM_CLOCK;
	*ahead = 0;
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
		return true;
	case CLOCK_TAI:
		*ahead = host->state->tai * NS_PER_S;
		return true;
	}
	*name = PHC;
	return IS_CLOCKFD(id) && is_phc(host, CLOCKFD_FD(id));
}

int virtual_gettime(const struct host *host, clockid_t id, struct timespec *now)
{
	enum clock_name name;
	int64_t ahead;
	if (!clock_index(host, id, &name, &ahead)) return real.clock_gettime(id, now);
	*now = to_timespec(clock_now(&host->state->clocks[name], kernel_clock(CLOCK_MONOTONIC_RAW)) + ahead);
	return 0;
}

static struct timespec system_time(const struct host *host)
{
	return to_timespec(clock_now(&host->state->clocks[SYSTEM_CLOCK], kernel_clock(CLOCK_MONOTONIC_RAW)));
}

EXPORT int clock_gettime(clockid_t id, struct timespec *now)
{
	const struct host *here = host();
	return here == NULL ? real.clock_gettime(id, now) : virtual_gettime(here, id, now);
}

EXPORT int clock_getres(clockid_t id, struct timespec *resolution)
{
	const struct host *here = host();
	if (here == NULL || !IS_CLOCKFD(id) || !is_phc(here, CLOCKFD_FD(id))) return real.clock_getres(id, resolution);
	if (resolution != NULL) *resolution = (struct timespec){ .tv_nsec = 1 };
	return 0;
}

EXPORT time_t time(time_t *now)
{
	const struct host *here = host();
	if (here == NULL) return real.time(now);
	time_t seconds = system_time(here).tv_sec;
	if (now != NULL) *now = seconds;
	return seconds;
}

EXPORT int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	const struct host *here = host();
	int value = real.gettimeofday(now, zone);
	if (here == NULL || value != 0) return value;
	struct timespec time = system_time(here);
	*now = (struct timeval){ time.tv_sec, time.tv_nsec / 1000 };
	return 0;
}

EXPORT int timespec_get(struct timespec *now, int base)
{
	const struct host *here = host();
	if (here == NULL || base != TIME_UTC) return real.timespec_get(now, base);
	*now = system_time(here);
	return base;
}
