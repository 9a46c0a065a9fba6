/* Setting and steering the clocks. Nothing here reaches the clock of the machine, whichever way a program tries. */
#include "preload.h"

#include <errno.h>
#include <unistd.h>

static int adjust_system(struct state *state, void *request)
{
	return system_adjust(state, request);
}

static int adjust_phc(struct state *state, void *request)
{
	return phc_adjust(state, request);
}

/* Reading needs no right and no lock. */
static int adjust(const struct host *host, enum clock_name name, struct timex *request)
{
	int (*by)(struct state *, void *) = name == PHC ? adjust_phc : adjust_system;
	bool reads = request->modes == 0 || request->modes == ADJ_OFFSET_SS_READ;
	return result(reads ? by(host->state, request) : locked(host, by, request));
}

EXPORT int clock_adjtime(clockid_t id, struct timex *request)
{
	const struct host *here = host();
	enum clock_name name;
	int64_t ahead;
	if (here == NULL || !clock_index(here, id, &name, &ahead)) return real.clock_adjtime(id, request);
	return name == SYSTEM_CLOCK && id != CLOCK_REALTIME ? result(-EOPNOTSUPP) : adjust(here, name, request);
}

EXPORT int adjtimex(struct timex *request)
{
	const struct host *here = host();
	return here == NULL ? real.adjtimex(request) : adjust(here, SYSTEM_CLOCK, request);
}

EXPORT int __adjtimex(struct timex *request)
{
	return adjtimex(request);
}

EXPORT int ntp_adjtime(struct timex *request)
{
	return adjtimex(request);
}

EXPORT int ntp_gettimex(struct ntptimeval *reply)
{
	const struct host *here = host();
	if (here == NULL) return real.ntp_gettimex(reply);
	struct timex request = { .modes = 0 };
	int value = adjust(here, SYSTEM_CLOCK, &request);
	*reply = (struct ntptimeval){
		.time = request.time, .maxerror = request.maxerror, .esterror = request.esterror, .tai = request.tai,
	};
	return value;
}

/* The slewing of adjtime(3) is not modelled. */
EXPORT int adjtime(const struct timeval *delta, struct timeval *left)
{
	if (host() == NULL) return real.adjtime(delta, left);
	if (delta != NULL) return result(-EOPNOTSUPP);
	if (left != NULL) *left = (struct timeval){ 0 };
	return 0;
}

struct setting {
	enum clock_name name;
	int64_t value;
};

static int set(struct state *state, void *argument)
{
	const struct setting *setting = argument;
	clock_set(&state->clocks[setting->name], setting->value);
	if (setting->name != SYSTEM_CLOCK) return 0;
	bookkeeping_stepped(&state->bookkeeping, kernel_clock(CLOCK_MONOTONIC_RAW));
	state_wake(state);
	return 0;
}

EXPORT int clock_settime(clockid_t id, const struct timespec *value)
{
	const struct host *here = host();
	enum clock_name name;
	int64_t ahead;
	if (here == NULL || !clock_index(here, id, &name, &ahead)) return real.clock_settime(id, value);
	if (name == SYSTEM_CLOCK && id != CLOCK_REALTIME) return result(-EINVAL);
	if (value->tv_sec < 0 || value->tv_sec >= MAX_SECONDS) return result(-EINVAL);
	if (value->tv_nsec < 0 || value->tv_nsec >= NS_PER_S) return result(-EINVAL);
	return result(locked(here, set, &(struct setting){ name, to_ns(value) }));
}

EXPORT int settimeofday(const struct timeval *value, const struct timezone *zone)
{
	const struct host *here = host();
	if (here == NULL) return real.settimeofday(value, zone);
	/* The kernel's time zone belongs to the machine. */
	if (zone != NULL) return result(-EPERM);
	if (value == NULL) return 0;
	if (value->tv_sec < 0 || value->tv_sec >= MAX_SECONDS) return result(-EINVAL);
	if (value->tv_usec < 0 || value->tv_usec >= 1000000) return result(-EINVAL);
	struct setting setting = { SYSTEM_CLOCK, value->tv_sec * NS_PER_S + value->tv_usec * 1000 };
	return result(locked(here, set, &setting));
}
