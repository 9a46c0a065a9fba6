/* Which sockets asked for time stamps. */
#include "preload.h"

#include <linux/net_tstamp.h>
#include <pthread.h>

static struct asked table[TRACKED_FDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void survive_fork(void)
{
	pthread_atfork(track_lock, track_unlock, track_unlock);
}

void track_lock(void)
{
	pthread_mutex_lock(&lock);
}

void track_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

struct asked *track(int fd)
{
	return fd >= 0 && fd < TRACKED_FDS ? &table[fd] : NULL;
}

bool is_tracked(int fd)
{
	const struct asked *asked = track(fd);
	return asked != NULL && asked->flags != 0;
}

/* A closed number may come back as another socket. */
void untrack(int fd)
{
	struct asked *asked = track(fd);
	/* Most descriptors were never of interest, and close must stay fit for signal handlers. */
	if (asked == NULL || (asked->flags == 0 && !asked->selects_errors && asked->interface == NULL)) return;
	track_lock();
	queue_reset(fd);
	*asked = (struct asked){ 0 };
	track_unlock();
}

/* A socket that never named its interface is not held to the interface's mode. */
bool receives_hardware(const struct asked *asked)
{
	const int both = SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE;
	return (asked->flags & both) == both
	       && (asked->interface == NULL || asked->interface->rx_filter != HWTSTAMP_FILTER_NONE);
}

bool transmits_hardware(const struct asked *asked)
{
	const int both = SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE;
	return (asked->flags & both) == both && (asked->interface == NULL || asked->interface->tx_type != HWTSTAMP_TX_OFF);
}
