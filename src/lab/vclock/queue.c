/*
 * The error queues of sockets that asked for time stamps. A veth gives software stamps only, and the same report twice
 * for a unicast frame that a bridge passes on to a second veth. So the library takes every report from the kernel,
 * drops repetitions and makes the card's report itself.
 */
#include "preload.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 64
#define SEEN_KEYS 4096
#define REPORT_TYPES 3 /* SCM_TSTAMP_SND, SCHED, ACK */

struct report {
	struct sockaddr_storage name;
	socklen_t name_length;
	int flags;
	size_t length, control_length;
	uint8_t data[2048];
	_Alignas(struct cmsghdr) uint8_t control[256];
};

struct queue {
	unsigned int first, count;
	/* Keys count up by one, so a table indexed by their low bits remembers the last ones. Holds key + 1. */
	uint64_t seen[REPORT_TYPES][SEEN_KEYS];
	struct report reports[DEPTH];
};

/* Made once per number and kept: a poller may hold it while another thread closes. */
static struct queue *queues[TRACKED_FDS];

static struct queue *queue_of(int fd)
{
	if (queues[fd] == NULL) queues[fd] = calloc(1, sizeof(struct queue));
	return queues[fd];
}

void queue_reset(int fd)
{
	struct queue *queue = queues[fd];
	if (queue == NULL) return;
	queue->first = queue->count = 0;
	memset(queue->seen, 0, sizeof queue->seen);
}

bool queue_pending(int fd)
{
	return queues[fd] != NULL && queues[fd]->count > 0;
}

static struct report *queue_end(struct queue *queue)
{
	return &queue->reports[(queue->first + queue->count) % DEPTH];
}

/* False at the end of the kernel's queue. */
static bool fetch(int fd, struct report *report)
{
	struct iovec part = { report->data, sizeof report->data };
	struct msghdr message = {
		.msg_name = &report->name, .msg_namelen = sizeof report->name, .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = report->control, .msg_controllen = sizeof report->control,
	};
	ssize_t length = real.recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
	if (length < 0) return false;
	report->length = (size_t)length;
	report->name_length = message.msg_namelen;
	report->control_length = message.msg_controllen;
	report->flags = message.msg_flags;
	return true;
}

struct parts {
	struct scm_timestamping *stamps;
	struct sock_extended_err *error;
};

static struct parts parts_of(struct report *report)
{
	struct parts parts = { NULL, NULL };
	struct msghdr message = { .msg_control = report->control, .msg_controllen = report->control_length };
	for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part != NULL; part = CMSG_NXTHDR(&message, part)) {
		bool stamps = part->cmsg_level == SOL_SOCKET
		              && (part->cmsg_type == SO_TIMESTAMPING_OLD || part->cmsg_type == SO_TIMESTAMPING_NEW);
		bool error = (part->cmsg_level == SOL_PACKET && part->cmsg_type == 16 /* PACKET_TX_TIMESTAMP */)
		             || (part->cmsg_level == SOL_IP && part->cmsg_type == IP_RECVERR)
		             || (part->cmsg_level == SOL_IPV6 && part->cmsg_type == IPV6_RECVERR);
		if (stamps) parts.stamps = (struct scm_timestamping *)CMSG_DATA(part);
		if (error) parts.error = (struct sock_extended_err *)CMSG_DATA(part);
	}
	return parts;
}

static bool is_repetition(struct queue *queue, const struct sock_extended_err *error)
{
	if (error->ee_info >= REPORT_TYPES) return false;
	uint64_t *seen = &queue->seen[error->ee_info][error->ee_data % SEEN_KEYS];
	bool again = *seen == error->ee_data + 1ULL;
	*seen = error->ee_data + 1ULL;
	return again;
}

/* When the frame left by the card's clock: exactly when a PTP frame's sender noted it, as the receiver assumes. */
static int64_t departure(const struct host *host, const struct report *report, int64_t seen_raw)
{
	int64_t left_raw;
	uint64_t hash = host->frames == NULL ? 0 : frame_hash(report->data, report->length);
	return hash != 0 && frame_left(host->frames, hash, seen_raw, &left_raw) ? left_raw : seen_raw;
}

/* One report of the kernel becomes none, one or two of ours, at the end of the queue. */
static void rewrite(const struct host *host, const struct asked *asked, struct queue *queue)
{
	struct report *report = queue_end(queue);
	struct parts parts = parts_of(report);
	if (parts.stamps == NULL || parts.error == NULL || parts.error->ee_origin != SO_EE_ORIGIN_TIMESTAMPING) {
		queue->count++; /* a genuine error, such as an ICMP message */
		return;
	}
	if (is_repetition(queue, parts.error)) return;
	const struct clock *clocks = host->state->clocks;
	int64_t raw = raw_of_kernel(&parts.stamps->ts[0]);
	bool sent = parts.error->ee_info == SCM_TSTAMP_SND;
	bool hardware = sent && transmits_hardware(asked);
	/* A driver whose card stamps a frame leaves the software stamp out, unless both were asked for. */
	bool software = (asked->flags & SOF_TIMESTAMPING_SOFTWARE)
	                && (!sent || ((asked->flags & SOF_TIMESTAMPING_TX_SOFTWARE)
	                              && (!hardware || (asked->flags & SOF_TIMESTAMPING_OPT_TX_SWHW))));
	int64_t left_raw = departure(host, report, raw);
	if (!(asked->flags & SOF_TIMESTAMPING_OPT_ID)) parts.error->ee_data = 0;
	if (asked->flags & SOF_TIMESTAMPING_OPT_TSONLY) report->length = 0;

	*parts.stamps = (struct scm_timestamping){ 0 };
	if (software) {
		parts.stamps->ts[0] = to_timespec(clock_then(&clocks[SYSTEM_CLOCK], raw));
		queue->count++;
	}
	if (!hardware) return;
	struct report *own = queue_end(queue);
	if (own != report) *own = *report;
	*parts_of(own).stamps = (struct scm_timestamping){ .ts[2] = to_timespec(clock_then(&clocks[PHC], left_raw)) };
	queue->count++;
}

bool queue_drain(const struct host *host, int fd)
{
	struct queue *queue = queue_of(fd);
	bool any = false;
	if (queue == NULL) return false;
	while (queue->count <= DEPTH - 2 && fetch(fd, queue_end(queue))) {
		rewrite(host, track(fd), queue);
		any = true;
	}
	return any;
}

ssize_t queue_take(int fd, struct msghdr *into)
{
	struct queue *queue = queues[fd];
	if (queue == NULL || queue->count == 0) return -EAGAIN;
	const struct report *report = &queue->reports[queue->first];
	queue->first = (queue->first + 1) % DEPTH;
	queue->count--;

	size_t copied = 0;
	for (size_t i = 0; i < into->msg_iovlen && copied < report->length; i++) {
		size_t take = report->length - copied;
		if (take > into->msg_iov[i].iov_len) take = into->msg_iov[i].iov_len;
		memcpy(into->msg_iov[i].iov_base, report->data + copied, take);
		copied += take;
	}
	into->msg_flags = report->flags | (copied < report->length ? MSG_TRUNC : 0);
	if (into->msg_name != NULL) {
		memcpy(into->msg_name, &report->name, into->msg_namelen < report->name_length ? into->msg_namelen : report->name_length);
		into->msg_namelen = report->name_length;
	}
	if (into->msg_controllen < report->control_length) {
		into->msg_flags |= MSG_CTRUNC;
		into->msg_controllen = 0;
	} else {
		memcpy(into->msg_control, report->control, report->control_length);
		into->msg_controllen = report->control_length;
	}
	return (ssize_t)copied;
}
