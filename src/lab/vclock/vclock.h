/*
 * The clocks of one virtual host: a file that all processes of the host map, and the arithmetic on it.
 * Used by the preload library and by the command line tool. All times are int64_t nanoseconds; `raw` is an instant
 * of CLOCK_MONOTONIC_RAW, the one time base that nothing on the machine steers.
 */
#ifndef VCLOCK_H
#define VCLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/timex.h>
#include <time.h>

#define NS_PER_S 1000000000LL
#define MAX_SECONDS 4000000000LL /* of any clock or step: sums of two still fit into 64 bits of ns */
#define SEGMENTS 256
#define INTERFACES 256
#define MAX_PHC_ADJUST_PPB 62499999 /* an Intel i210's max_adj */

enum clock_name { SYSTEM_CLOCK, PHC, CLOCKS };

/* A stretch of a clock's life: a line over raw. */
struct segment {
	_Atomic int64_t raw;   /* where it begins */
	_Atomic int64_t value; /* the clock's time there */
	_Atomic int64_t slope; /* rate minus 1, in 2^-64 */
};

struct line {
	int64_t raw, value, slope;
};

/*
 * No seqlock: a SCHED_FIFO reader that spins on a preempted writer would stop the CPU. A writer fills the segment
 * after `head`, then moves `head`. Old segments stay to convert stamps that were taken before a step.
 */
struct clock {
	_Atomic uint64_t head;
	_Atomic int64_t drift_ppb; /* the oscillator's own error */
	_Atomic int64_t frequency; /* what was last set: struct timex's unit, 2^-16 ppm */
	_Atomic int64_t tick;      /* 10000 is nominal, one unit is 100 ppm */
	struct segment ring[SEGMENTS];
};

/* The part of adjtimex(2) that is bookkeeping; see timex.c. */
struct bookkeeping {
	_Atomic int64_t status, constant, esterror;
	_Atomic int64_t maxerror, maxerror_raw; /* us, and since when it grows */
};

/* What SIOCSHWTSTAMP last set on an interface. */
struct hwtstamp {
	char interface[16];
	_Atomic int32_t tx_type, rx_filter;
};

struct state {
	uint64_t magic;
	_Atomic uint32_t changes; /* futex: counts what may end an absolute sleep */
	_Atomic int32_t tai;      /* CLOCK_TAI minus CLOCK_REALTIME, s */
	struct clock clocks[CLOCKS];
	struct bookkeeping bookkeeping;
	struct hwtstamp interfaces[INTERFACES];
};

/* kernel.c (tool) and real.c (library): the kernel's own answers, past every wrapper. */
int64_t kernel_clock(clockid_t id);
int kernel_open(const char *path, int flags);
int kernel_close(int fd);

/* clock.c */
struct line clock_line(const struct clock *clock);
struct line clock_line_at(const struct clock *clock, int64_t raw); /* the line that held at that instant */
int64_t line_value(struct line line, int64_t raw);
int64_t clock_now(const struct clock *clock, int64_t raw);
int64_t clock_then(const struct clock *clock, int64_t raw);
void clock_start(struct clock *clock, int64_t raw, int64_t value, int64_t drift_ppb);
/* Writers; call them with the state locked. */
void clock_step(struct clock *clock, int64_t by);
void clock_set(struct clock *clock, int64_t value);
void clock_retune(struct clock *clock, int64_t drift_ppb, int64_t frequency, int64_t tick);

int64_t to_ns(const struct timespec *time);
struct timespec to_timespec(int64_t ns);

/* timex.c; both return what the system call would, or -errno. Call them with the state locked unless modes is 0. */
int system_adjust(struct state *state, struct timex *request);
int phc_adjust(struct state *state, struct timex *request);
void bookkeeping_start(struct bookkeeping *book, int64_t raw);
void bookkeeping_stepped(struct bookkeeping *book, int64_t raw);

/* state.c */
struct state *state_map(const char *path, bool *writable); /* NULL and errno */
int state_create(const char *path, const struct state *initial);
int state_lock(const char *path); /* a descriptor to give to state_unlock, or -errno */
void state_unlock(int lock);
void state_wake(struct state *state); /* after a change of the system clock or of tai */
struct hwtstamp *state_interface(struct state *state, const char *name, bool add); /* add: locked */
void state_init(struct state *state);

#endif
