/* Reading and moving one clock. */
#include "vclock.h"

int64_t to_ns(const struct timespec *time)
{
	return time->tv_sec >= MAX_SECONDS ? MAX_SECONDS * NS_PER_S : time->tv_sec * NS_PER_S + time->tv_nsec;
}

struct timespec to_timespec(int64_t ns)
{
	struct timespec time = { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
	if (time.tv_nsec < 0) {
		time.tv_nsec += NS_PER_S;
		time.tv_sec -= 1;
	}
	return time;
}

static struct line segment_line(const struct clock *clock, uint64_t index)
{
	const struct segment *segment = &clock->ring[index % SEGMENTS];
	return (struct line){ segment->raw, segment->value, segment->slope };
}

struct line clock_line(const struct clock *clock)
{
	for (;;) {
		uint64_t head = clock->head;
		struct line line = segment_line(clock, head);
		/* Only a writer that has gone once round the ring since can have touched it. */
		if (clock->head - head < SEGMENTS - 1) return line;
	}
}

struct line clock_line_at(const struct clock *clock, int64_t raw)
{
	struct line line = clock_line(clock);
	uint64_t head = clock->head;
	for (uint64_t back = 0; line.raw > raw && back <= head && back < SEGMENTS / 2; back++) {
		struct line older = segment_line(clock, head - back);
		if (clock->head - (head - back) >= SEGMENTS - 1) break; /* overwritten meanwhile */
		line = older;
	}
	return line;
}

int64_t line_value(struct line line, int64_t raw)
{
	int64_t elapsed = raw - line.raw;
	return line.value + elapsed + (int64_t)(((__int128)elapsed * line.slope) >> 64);
}

int64_t clock_now(const struct clock *clock, int64_t raw)
{
	return line_value(clock_line(clock), raw);
}

int64_t clock_then(const struct clock *clock, int64_t raw)
{
	return line_value(clock_line_at(clock, raw), raw);
}

static void publish(struct clock *clock, struct line line)
{
	uint64_t next = clock->head + 1;
	struct segment *segment = &clock->ring[next % SEGMENTS];
	segment->raw = line.raw;
	segment->value = line.value;
	segment->slope = line.slope;
	clock->head = next;
}

/* In 2^-64; |rate - 1| stays below 0.5 within the limits of drift, frequency and tick. */
static int64_t slope_of(int64_t drift_ppb, int64_t frequency, int64_t tick)
{
	__int128 drift = ((__int128)drift_ppb << 64) / NS_PER_S;
	__int128 adjustment = ((__int128)frequency << 48) / 1000000;
	__int128 coarse = ((__int128)(tick - 10000) << 64) / 10000;
	return (int64_t)(drift + adjustment + coarse);
}

void clock_start(struct clock *clock, int64_t raw, int64_t value, int64_t drift_ppb)
{
	clock->drift_ppb = drift_ppb;
	clock->frequency = 0;
	clock->tick = 10000;
	clock->head = 0;
	clock->ring[0].raw = raw;
	clock->ring[0].value = value;
	clock->ring[0].slope = slope_of(drift_ppb, 0, 10000);
}

void clock_step(struct clock *clock, int64_t by)
{
	struct line line = clock_line(clock);
	int64_t raw = kernel_clock(CLOCK_MONOTONIC_RAW);
	publish(clock, (struct line){ raw, line_value(line, raw) + by, line.slope });
}

void clock_set(struct clock *clock, int64_t value)
{
	struct line line = clock_line(clock);
	publish(clock, (struct line){ kernel_clock(CLOCK_MONOTONIC_RAW), value, line.slope });
}

void clock_retune(struct clock *clock, int64_t drift_ppb, int64_t frequency, int64_t tick)
{
	struct line line = clock_line(clock);
	int64_t raw = kernel_clock(CLOCK_MONOTONIC_RAW);
	clock->drift_ppb = drift_ppb;
	clock->frequency = frequency;
	clock->tick = tick;
	publish(clock, (struct line){ raw, line_value(line, raw), slope_of(drift_ppb, frequency, tick) });
}
