/* vclock: makes, moves and reads the clocks of lab hosts from outside. Linked statically: no library is preloaded into it. */
#include "frames.h"
#include "vclock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: vclock create STATE --system-offset NS --phc-offset NS --system-drift PPB --phc-drift PPB\n"
	"       vclock step STATE system|phc NS\n"
	"       vclock drift STATE system|phc PPB\n"
	"       vclock tai STATE\n"
	"       vclock truth STATE...\n"
	"       vclock frames FILE [--delay NS] [--jitter NS]\n";

#define MAX_DRIFT_PPB 10000000 /* 1 % */

static _Noreturn void misuse(void)
{
	fputs(usage, stderr);
	exit(2);
}

static _Noreturn void fail(const char *what, int error)
{
	fprintf(stderr, "vclock: %s: %s\n", what, error == EBADMSG ? "not a clock state of this version" : strerror(error));
	exit(1);
}

static int64_t number(const char *text)
{
	char *end;
	errno = 0;
	int64_t value = text == NULL ? 0 : strtoll(text, &end, 10);
	if (text == NULL || *text == '\0' || *end != '\0' || errno != 0) misuse();
	return value;
}

static int64_t drift(const char *text)
{
	int64_t ppb = number(text);
	if (ppb < -MAX_DRIFT_PPB || ppb > MAX_DRIFT_PPB) {
		fprintf(stderr, "vclock: a drift is at most +-%d ppb, got %s\n", MAX_DRIFT_PPB, text);
		exit(2);
	}
	return ppb;
}

static struct state *map(const char *path)
{
	bool writable;
	struct state *state = state_map(path, &writable);
	if (state == NULL) fail(path, errno);
	return state;
}

static enum clock_name clock_of(const char *word)
{
	if (strcmp(word, "system") == 0) return SYSTEM_CLOCK;
	if (strcmp(word, "phc") == 0) return PHC;
	misuse();
}

struct option {
	const char *name;
	int64_t value;
};

static void read_options(char **argv, struct option *options, size_t count)
{
	for (; *argv != NULL; argv += 2) {
		size_t i = 0;
		while (i < count && strcmp(*argv, options[i].name) != 0) i++;
		if (i == count) misuse();
		options[i].value = strstr(options[i].name, "drift") != NULL ? drift(argv[1]) : number(argv[1]);
	}
}

static void create(const char *path, char **argv)
{
	struct option options[] = { { "--system-offset", 0 }, { "--phc-offset", 0 }, { "--system-drift", 0 }, { "--phc-drift", 0 } };
	read_options(argv, options, 4);
	static struct state state;
	state_init(&state);
	int64_t raw = kernel_clock(CLOCK_MONOTONIC_RAW);
	int64_t now = kernel_clock(CLOCK_REALTIME);
	clock_start(&state.clocks[SYSTEM_CLOCK], raw, now + options[0].value, options[2].value);
	clock_start(&state.clocks[PHC], raw, now + 37 * NS_PER_S + options[1].value, options[3].value);
	bookkeeping_start(&state.bookkeeping, raw);
	int error = state_create(path, &state);
	if (error != 0) fail(path, -error);
}

static void change(const char *path, enum clock_name name, bool is_step, int64_t value)
{
	struct state *state = map(path);
	struct clock *clock = &state->clocks[name];
	int lock = state_lock(path);
	if (lock < 0) fail(path, -lock);
	if (is_step)
		clock_step(clock, value);
	else
		clock_retune(clock, value, clock->frequency, clock->tick);
	if (is_step && name == SYSTEM_CLOCK) bookkeeping_stepped(&state->bookkeeping, kernel_clock(CLOCK_MONOTONIC_RAW));
	if (name == SYSTEM_CLOCK) state_wake(state);
	state_unlock(lock);
}

/* One reading of the raw clock for all hosts: what is printed is the difference of the clocks, not of the readings. */
static void truth(char **paths)
{
	size_t count = 0;
	while (paths[count] != NULL) count++;
	struct state **states = calloc(count, sizeof *states);
	if (states == NULL) fail("truth", errno);
	for (size_t i = 0; i < count; i++) states[i] = map(paths[i]);
	int64_t raw = kernel_clock(CLOCK_MONOTONIC_RAW);
	for (size_t i = 0; i < count; i++) {
		const struct clock *clocks = states[i]->clocks;
		printf("{\"raw\":\"%" PRId64 "\",\"systemNs\":\"%" PRId64 "\",\"phcNs\":\"%" PRId64 "\",\"taiOffset\":%d}\n", raw,
		       clock_now(&clocks[SYSTEM_CLOCK], raw), clock_now(&clocks[PHC], raw), states[i]->tai);
	}
	free(states);
}

static void frames(const char *path, char **argv)
{
	struct option options[] = { { "--delay", 500 }, { "--jitter", 20 } };
	read_options(argv, options, 2);
	int error = frames_create(path, options[0].value, options[1].value);
	if (error != 0) fail(path, -error);
}

int main(int argc, char **argv)
{
	if (argc < 3) misuse();
	const char *verb = argv[1], *path = argv[2];
	if (strcmp(verb, "create") == 0)
		create(path, argv + 3);
	else if (strcmp(verb, "step") == 0 && argc == 5)
		change(path, clock_of(argv[3]), true, number(argv[4]));
	else if (strcmp(verb, "drift") == 0 && argc == 5)
		change(path, clock_of(argv[3]), false, drift(argv[4]));
	else if (strcmp(verb, "tai") == 0 && argc == 3)
		printf("%d\n", map(path)->tai);
	else if (strcmp(verb, "truth") == 0)
		truth(argv + 2);
	else if (strcmp(verb, "frames") == 0)
		frames(path, argv + 3);
	else
		misuse();
	return fflush(stdout) == 0 ? 0 : 1;
}
