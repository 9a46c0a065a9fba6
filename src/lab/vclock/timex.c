/* adjtimex(2) and clock_adjtime(2) on the two clocks, by the rules of Linux 6.1 (kernel/time/ntp.c, drivers/ptp/ptp_clock.c). */
#include "vclock.h"

#include <errno.h>

#define MAX_ERROR_US 16000000      /* where maxerror stops and STA_UNSYNC appears */
#define ERROR_GROWTH_US 500        /* per second */
#define MAX_FREQUENCY (500 << 16)  /* 500 ppm */
#define MAX_TAI_OFFSET 100000
#define READ_ONLY_STATUS                                                                                              \
	(STA_PPSSIGNAL | STA_PPSJITTER | STA_PPSWANDER | STA_PPSERROR | STA_CLOCKERR | STA_NANO | STA_MODE | STA_CLK)

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

void bookkeeping_start(struct bookkeeping *book, int64_t raw)
{
	book->constant = 2;
	book->status = 0;
	bookkeeping_stepped(book, raw);
}

/* Nobody knows how good a clock is that was just set. */
void bookkeeping_stepped(struct bookkeeping *book, int64_t raw)
{
	book->maxerror = MAX_ERROR_US;
	book->maxerror_raw = raw;
	book->esterror = MAX_ERROR_US;
	book->status |= STA_UNSYNC;
}

/* The step that `time` asks for, ns. Its tv_usec holds ns with ADJ_NANO, and is never negative. */
static int step_of(const struct timex *request, int64_t *by)
{
	int64_t unit = request->modes & ADJ_NANO ? 1 : 1000;
	if (request->time.tv_sec >= MAX_SECONDS || request->time.tv_sec <= -MAX_SECONDS) return -EINVAL;
	if (request->time.tv_usec < 0 || request->time.tv_usec * unit >= NS_PER_S) return -EINVAL;
	*by = request->time.tv_sec * NS_PER_S + request->time.tv_usec * unit;
	return 0;
}

static int check(const struct timex *request)
{
	/* The kernel's PLL and adjtime(3)'s slewing are not modelled: refuse rather than pretend. */
	if ((request->modes & ADJ_OFFSET) && request->modes != ADJ_OFFSET_SS_READ && request->offset != 0) return -EOPNOTSUPP;
	if ((request->modes & ADJ_TICK) && (request->tick < 9000 || request->tick > 11000)) return -EINVAL;
	if ((request->modes & ADJ_TAI) && (request->constant < 0 || request->constant > MAX_TAI_OFFSET)) return -EINVAL;
	return 0;
}

static void keep_books(struct state *state, const struct timex *request, int64_t raw)
{
	struct bookkeeping *book = &state->bookkeeping;
	unsigned int modes = request->modes;
	if (modes & ADJ_STATUS)
		book->status = (book->status & READ_ONLY_STATUS) | (request->status & ~READ_ONLY_STATUS);
	if (modes & ADJ_NANO) book->status |= STA_NANO;
	if (modes & ADJ_MICRO) book->status &= ~(int64_t)STA_NANO;
	if (modes & ADJ_MAXERROR) {
		book->maxerror = clamp(request->maxerror, 0, MAX_ERROR_US);
		book->maxerror_raw = raw;
	}
	if (modes & ADJ_ESTERROR) book->esterror = clamp(request->esterror, 0, MAX_ERROR_US);
	if (modes & ADJ_TIMECONST) book->constant = clamp(request->constant + (book->status & STA_NANO ? 0 : 4), 0, 10);
	if (modes & ADJ_TAI) state->tai = (int32_t)request->constant;
}

static int answer(const struct state *state, struct timex *reply)
{
	const struct bookkeeping *book = &state->bookkeeping;
	const struct clock *clock = &state->clocks[SYSTEM_CLOCK];
	int64_t raw = kernel_clock(CLOCK_MONOTONIC_RAW);
	int64_t seconds = (raw - book->maxerror_raw) / NS_PER_S;
	int64_t maxerror = book->maxerror + seconds * ERROR_GROWTH_US;
	int status = (int)book->status | (maxerror > MAX_ERROR_US ? STA_UNSYNC : 0);
	struct timespec now = to_timespec(clock_now(clock, raw));
	*reply = (struct timex){
		.modes = reply->modes,
		.freq = clock->frequency,
		.maxerror = clamp(maxerror, 0, MAX_ERROR_US),
		.esterror = book->esterror,
		.status = status,
		.constant = book->constant,
		.precision = 1,
		.tolerance = MAX_FREQUENCY,
		.time = { now.tv_sec, status & STA_NANO ? now.tv_nsec : now.tv_nsec / 1000 },
		.tick = clock->tick,
		.tai = state->tai,
	};
	return status & (STA_UNSYNC | STA_CLOCKERR) ? TIME_ERROR : TIME_OK;
}

int system_adjust(struct state *state, struct timex *request)
{
	if (request->modes == 0) return answer(state, request);
	int64_t by = 0;
	int error = check(request);
	if (error == 0 && (request->modes & ADJ_SETOFFSET)) error = step_of(request, &by);
	if (error != 0) return error;

	struct clock *clock = &state->clocks[SYSTEM_CLOCK];
	if (request->modes & ADJ_SETOFFSET) {
		clock_step(clock, by);
		bookkeeping_stepped(&state->bookkeeping, kernel_clock(CLOCK_MONOTONIC_RAW));
	}
	keep_books(state, request, kernel_clock(CLOCK_MONOTONIC_RAW));
	if (request->modes & (ADJ_FREQUENCY | ADJ_TICK)) {
		int64_t frequency = request->modes & ADJ_FREQUENCY ? clamp(request->freq, -MAX_FREQUENCY, MAX_FREQUENCY)
		                                                   : clock->frequency;
		clock_retune(clock, clock->drift_ppb, frequency, request->modes & ADJ_TICK ? request->tick : clock->tick);
	}
	if (request->modes & (ADJ_SETOFFSET | ADJ_FREQUENCY | ADJ_TICK | ADJ_TAI)) state_wake(state);
	return answer(state, request);
}

int phc_adjust(struct state *state, struct timex *request)
{
	struct clock *clock = &state->clocks[PHC];
	if (request->modes & ADJ_SETOFFSET) {
		int64_t by;
		int error = step_of(request, &by);
		if (error == 0) clock_step(clock, by);
		return error;
	}
	if (request->modes & ADJ_FREQUENCY) {
		int64_t ppb = request->freq * 1000 / 65536;
		if (ppb > MAX_PHC_ADJUST_PPB || ppb < -MAX_PHC_ADJUST_PPB) return -ERANGE;
		clock_retune(clock, clock->drift_ppb, request->freq, clock->tick);
		return 0;
	}
	if (request->modes != 0) return -EOPNOTSUPP;
	request->freq = clock->frequency;
	return 0;
}
