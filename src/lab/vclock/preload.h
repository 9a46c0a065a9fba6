/*
 * libvclock.so: gives unmodified programs the clocks of their host. Every wrapper is a pass-through when the host has
 * no clock state. Not a security boundary: a program that asks the kernel directly gets the kernel's clocks.
 */
#ifndef PRELOAD_H
#define PRELOAD_H

#include "frames.h"
#include "vclock.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#define EXPORT __attribute__((visibility("default")))

/* libc's own functions. */
struct real {
	int (*clock_gettime)(clockid_t, struct timespec *);
	int (*clock_getres)(clockid_t, struct timespec *);
	int (*clock_settime)(clockid_t, const struct timespec *);
	int (*clock_adjtime)(clockid_t, struct timex *);
	int (*clock_nanosleep)(clockid_t, int, const struct timespec *, struct timespec *);
	int (*adjtimex)(struct timex *);
	int (*ntp_gettimex)(struct ntptimeval *);
	int (*adjtime)(const struct timeval *, struct timeval *);
	int (*gettimeofday)(struct timeval *, void *);
	int (*settimeofday)(const struct timeval *, const struct timezone *);
	time_t (*time)(time_t *);
	int (*timespec_get)(struct timespec *, int);
	int (*timerfd_settime)(int, int, const struct itimerspec *, struct itimerspec *);
	int (*open)(const char *, int, ...);
	int (*openat)(int, const char *, int, ...);
	int (*close)(int);
	int (*ioctl)(int, unsigned long, ...);
	int (*poll)(struct pollfd *, nfds_t, int);
	int (*socket)(int, int, int);
	int (*setsockopt)(int, int, int, const void *, socklen_t);
	int (*getsockopt)(int, int, int, void *, socklen_t *);
	ssize_t (*send)(int, const void *, size_t, int);
	ssize_t (*sendto)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
	ssize_t (*sendmsg)(int, const struct msghdr *, int);
	ssize_t (*recvmsg)(int, struct msghdr *, int);
	long (*syscall)(long, ...);
};

struct host {
	struct state *state;
	bool writable;
	char path[4096]; /* of the state file: locks open it anew */
	dev_t device;    /* the state file's identity: its descriptors are the PHC's */
	ino_t inode;
	struct frames *frames; /* NULL: PTP frames have the kernel's stamps as well */
	bool notes;            /* the frame table is writable */
};

/* real.c */
extern struct real real;
const struct host *host(void); /* NULL: this program has no virtual clocks */
bool is_phc(const struct host *host, int fd);
int result(int value); /* -errno becomes -1 and errno, as system calls do */
/* Runs `adjust` with the state locked; -EPERM for a user who may only read it. */
int locked(const struct host *host, int (*adjust)(struct state *, void *), void *argument);

/* time.c */
bool clock_index(const struct host *host, clockid_t id, enum clock_name *name, int64_t *ahead);
int virtual_gettime(const struct host *host, clockid_t id, struct timespec *now);

#define TRACKED_FDS 4096

/* What a program asked of one of its sockets. */
struct asked {
	int flags;                  /* SOF_TIMESTAMPING_*; 0: none, the socket is left alone */
	bool selects_errors;        /* SO_SELECT_ERR_QUEUE: stamps give POLLPRI as well */
	struct hwtstamp *interface; /* where it called SIOCSHWTSTAMP, or NULL */
};

/* track.c; the lock guards all of it and the queues. */
void track_lock(void);
void track_unlock(void);
struct asked *track(int fd); /* NULL when `fd` is too large */
bool is_tracked(int fd);     /* it asked for stamps */
void untrack(int fd);
bool receives_hardware(const struct asked *asked);
bool transmits_hardware(const struct asked *asked);

/* stamps.c: what the kernel says of a message becomes what the host's network card would have said. */
int64_t raw_of_kernel(const struct timespec *stamp); /* a stamp of the kernel's CLOCK_REALTIME */
uint64_t message_hash(const struct msghdr *message, size_t length);
void convert_received(const struct host *host, int fd, struct msghdr *message, size_t length);

/* queue.c: the error queue of a tracked socket, taken over into the library. Call these with the lock held. */
bool queue_drain(const struct host *host, int fd); /* whether the kernel's queue held anything */
bool queue_pending(int fd);
void queue_reset(int fd);
ssize_t queue_take(int fd, struct msghdr *into); /* or -EAGAIN */

#endif
