/* Time stamps: from the kernel's clock to the host's. */
#include "preload.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <string.h>

/*
 * Read raw, real, raw: the narrowest of four tries says what raw was when the kernel's clock showed `stamp`, to some
 * 20 ns. The stamp is young, so the difference in rate of the two does not count.
 */
int64_t raw_of_kernel(const struct timespec *stamp)
{
	int64_t narrowest = INT64_MAX, difference = 0;
	for (int i = 0; i < 4; i++) {
		int64_t before = kernel_clock(CLOCK_MONOTONIC_RAW);
		int64_t now = kernel_clock(CLOCK_REALTIME);
		int64_t after = kernel_clock(CLOCK_MONOTONIC_RAW);
		if (after - before >= narrowest) continue;
		narrowest = after - before;
		difference = now - (before + after) / 2;
	}
	return to_ns(stamp) - difference;
}

uint64_t message_hash(const struct msghdr *message, size_t length)
{
	uint8_t frame[MAX_FRAME];
	size_t filled = 0;
	if (length > sizeof frame) return 0;
	for (size_t i = 0; i < message->msg_iovlen && filled < length; i++) {
		const struct iovec *part = &message->msg_iov[i];
		size_t take = part->iov_len < length - filled ? part->iov_len : length - filled;
		memcpy(frame + filled, part->iov_base, take);
		filled += take;
	}
	return filled == length ? frame_hash(frame, length) : 0;
}

/* When the host's card saw a frame arrive: exact for a PTP frame that its sender noted. */
static int64_t arrival(const struct host *host, uint64_t hash, int64_t seen_raw)
{
	int64_t left_raw;
	if (hash == 0 || host->frames == NULL || !frame_left(host->frames, hash, seen_raw, &left_raw)) return seen_raw;
	return left_raw + frame_flight(host->frames, hash);
}

static void convert_timestamping(const struct host *host, int fd, struct scm_timestamping *stamps, uint64_t hash)
{
	const struct clock *clocks = host->state->clocks;
	const struct asked *asked = is_tracked(fd) ? track(fd) : NULL;
	const int software = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	int64_t raw = raw_of_kernel(&stamps->ts[0]);
	*stamps = (struct scm_timestamping){ 0 };
	if (asked == NULL || (asked->flags & software) == software)
		stamps->ts[0] = to_timespec(clock_then(&clocks[SYSTEM_CLOCK], raw));
	if (asked != NULL && receives_hardware(asked))
		stamps->ts[2] = to_timespec(clock_then(&clocks[PHC], arrival(host, hash, raw)));
}

static struct timespec convert_software(const struct host *host, struct timespec stamp)
{
	return to_timespec(clock_then(&host->state->clocks[SYSTEM_CLOCK], raw_of_kernel(&stamp)));
}

void convert_received(const struct host *host, int fd, struct msghdr *message, size_t length)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level != SOL_SOCKET) continue;
		struct timespec stamp;
		struct timeval coarse;
		switch (part->cmsg_type) {
		case SO_TIMESTAMPING_OLD:
		case SO_TIMESTAMPING_NEW:
			convert_timestamping(host, fd, (struct scm_timestamping *)CMSG_DATA(part), message_hash(message, length));
			break;
		case SO_TIMESTAMPNS_OLD:
		case SO_TIMESTAMPNS_NEW:
			memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
			stamp = convert_software(host, stamp);
			memcpy(CMSG_DATA(part), &stamp, sizeof stamp);
			break;
		case SO_TIMESTAMP_OLD:
		case SO_TIMESTAMP_NEW:
			memcpy(&coarse, CMSG_DATA(part), sizeof coarse);
			stamp = convert_software(host, (struct timespec){ coarse.tv_sec, coarse.tv_usec * 1000 });
			coarse = (struct timeval){ stamp.tv_sec, stamp.tv_nsec / 1000 };
			memcpy(CMSG_DATA(part), &coarse, sizeof coarse);
			break;
		}
	}
}
