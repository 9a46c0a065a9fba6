/* The network card: its PHC behind /dev/ptp0, and what it says of its time stamping. */
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/ptp_clock.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

static int64_t system_at(const struct host *host, int64_t raw)
{
	return clock_now(&host->state->clocks[SYSTEM_CLOCK], raw);
}

static struct ptp_clock_time ptp_time(int64_t ns)
{
	struct timespec time = to_timespec(ns);
	return (struct ptp_clock_time){ .sec = time.tv_sec, .nsec = (uint32_t)time.tv_nsec };
}

/* The card is read halfway between two readings of the system clock. */
static int offset_extended(const struct host *host, struct ptp_sys_offset_extended *offset)
{
	if (offset->n_samples > PTP_MAX_SAMPLES) return -EINVAL;
	for (unsigned int i = 0; i < offset->n_samples; i++) {
		int64_t before = kernel_clock(CLOCK_MONOTONIC_RAW), after = kernel_clock(CLOCK_MONOTONIC_RAW);
		offset->ts[i][0] = ptp_time(system_at(host, before));
		offset->ts[i][1] = ptp_time(clock_now(&host->state->clocks[PHC], (before + after) / 2));
		offset->ts[i][2] = ptp_time(system_at(host, after));
	}
	return 0;
}

/* System and card in turn, the system once more at the end. */
static int offset_plain(const struct host *host, struct ptp_sys_offset *offset)
{
	if (offset->n_samples > PTP_MAX_SAMPLES) return -EINVAL;
	int64_t before = kernel_clock(CLOCK_MONOTONIC_RAW);
	for (unsigned int i = 0; i < offset->n_samples; i++) {
		int64_t after = kernel_clock(CLOCK_MONOTONIC_RAW);
		offset->ts[2 * i] = ptp_time(system_at(host, before));
		offset->ts[2 * i + 1] = ptp_time(clock_now(&host->state->clocks[PHC], (before + after) / 2));
		before = after;
	}
	offset->ts[2 * offset->n_samples] = ptp_time(system_at(host, before));
	return 0;
}

static int phc_ioctl(const struct host *host, unsigned long request, void *argument)
{
	switch (request) {
	case PTP_CLOCK_GETCAPS:
	case PTP_CLOCK_GETCAPS2:
		*(struct ptp_clock_caps *)argument = (struct ptp_clock_caps){ .max_adj = MAX_PHC_ADJUST_PPB };
		return 0;
	case PTP_SYS_OFFSET_EXTENDED:
	case PTP_SYS_OFFSET_EXTENDED2:
		return offset_extended(host, argument);
	case PTP_SYS_OFFSET:
	case PTP_SYS_OFFSET2:
		return offset_plain(host, argument);
	case PTP_SYS_OFFSET_PRECISE:
	case PTP_SYS_OFFSET_PRECISE2:
		return -EOPNOTSUPP;
	default:
		return -ENOTTY;
	}
}

/* The loopback device has no card, and an interface that is not there has nothing. */
static int has_card(int fd, const char *name)
{
	struct ifreq request = { 0 };
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (real.ioctl(fd, SIOCGIFFLAGS, &request) != 0) return -errno;
	return request.ifr_flags & IFF_LOOPBACK ? -EOPNOTSUPP : 0;
}

static void describe(struct ethtool_ts_info *info)
{
	*info = (struct ethtool_ts_info){
		.cmd = ETHTOOL_GET_TS_INFO,
		.so_timestamping = SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE
		                   | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE,
		.phc_index = 0,
		.tx_types = 1 << HWTSTAMP_TX_OFF | 1 << HWTSTAMP_TX_ON,
		.rx_filters = 1 << HWTSTAMP_FILTER_NONE | 1 << HWTSTAMP_FILTER_ALL | 1 << HWTSTAMP_FILTER_PTP_V2_L2_EVENT
		              | 1 << HWTSTAMP_FILTER_PTP_V2_EVENT,
	};
}

struct mode {
	const char *interface;
	const struct hwtstamp_config *config;
	struct hwtstamp *row;
};

static int set_mode(struct state *state, void *argument)
{
	struct mode *mode = argument;
	mode->row = state_interface(state, mode->interface, true);
	if (mode->row == NULL) return -ENOSPC;
	mode->row->tx_type = mode->config->tx_type;
	mode->row->rx_filter = mode->config->rx_filter;
	return 0;
}

static int set_hwtstamp(const struct host *host, int fd, struct ifreq *request)
{
	const struct hwtstamp_config *config = (const void *)request->ifr_data;
	int missing = has_card(fd, request->ifr_name);
	if (missing != 0) return missing;
	if (config->flags != 0) return -EINVAL;
	if (config->tx_type != HWTSTAMP_TX_OFF && config->tx_type != HWTSTAMP_TX_ON) return -ERANGE;
	if (config->rx_filter < HWTSTAMP_FILTER_NONE || config->rx_filter > HWTSTAMP_FILTER_NTP_ALL) return -ERANGE;
	struct mode mode = { .interface = request->ifr_name, .config = config };
	int error = locked(host, set_mode, &mode);
	if (error == 0 && track(fd) != NULL) track(fd)->interface = mode.row;
	return error;
}

static int get_hwtstamp(const struct host *host, int fd, struct ifreq *request)
{
	int missing = has_card(fd, request->ifr_name);
	if (missing != 0) return missing;
	const struct hwtstamp *row = state_interface(host->state, request->ifr_name, false);
	*(struct hwtstamp_config *)(void *)request->ifr_data = (struct hwtstamp_config){
		.tx_type = row == NULL ? HWTSTAMP_TX_OFF : row->tx_type,
		.rx_filter = row == NULL ? HWTSTAMP_FILTER_NONE : row->rx_filter,
	};
	return 0;
}

static int ethtool(int fd, struct ifreq *request)
{
	uint32_t *command = (void *)request->ifr_data;
	if (command == NULL || *command != ETHTOOL_GET_TS_INFO) return real.ioctl(fd, SIOCETHTOOL, request);
	int missing = has_card(fd, request->ifr_name);
	if (missing == -EOPNOTSUPP) return real.ioctl(fd, SIOCETHTOOL, request);
	if (missing == 0) describe((void *)request->ifr_data);
	return result(missing);
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	const struct host *here = host();
	if (here == NULL) return real.ioctl(fd, request, argument);
	if (request == SIOCETHTOOL) return ethtool(fd, argument);
	if (request == SIOCSHWTSTAMP) return result(set_hwtstamp(here, fd, argument));
	if (request == SIOCGHWTSTAMP) return result(get_hwtstamp(here, fd, argument));
	if (_IOC_TYPE(request) == PTP_CLK_MAGIC && is_phc(here, fd)) return result(phc_ioctl(here, request, argument));
	return real.ioctl(fd, request, argument);
}

/* Opening the device is opening the state file: only for what a device is opened for, never to make or empty it. */
static bool is_device(const char *path)
{
	return host() != NULL && strcmp(path, "/dev/ptp0") == 0;
}

static int open_device(int flags)
{
	return real.open(host()->path, flags & (O_ACCMODE | O_CLOEXEC | O_NONBLOCK));
}

#define MODE(mode, last)                                                                                              \
	va_list arguments;                                                                                                \
	va_start(arguments, last);                                                                                        \
	bool makes = ((last) & O_CREAT) || ((last) & O_TMPFILE) == O_TMPFILE;                                             \
	mode_t mode = makes ? va_arg(arguments, mode_t) : 0;                                                              \
	va_end(arguments)

EXPORT int open(const char *path, int flags, ...)
{
	MODE(mode, flags);
	return is_device(path) ? open_device(flags) : real.open(path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
	MODE(mode, flags);
	return is_device(path) ? open_device(flags) : real.open(path, flags | O_LARGEFILE, mode);
}

EXPORT int openat(int folder, const char *path, int flags, ...)
{
	MODE(mode, flags);
	return is_device(path) ? open_device(flags) : real.openat(folder, path, flags, mode);
}

EXPORT int openat64(int folder, const char *path, int flags, ...)
{
	MODE(mode, flags);
	return is_device(path) ? open_device(flags) : real.openat(folder, path, flags | O_LARGEFILE, mode);
}

/* What open is, without a mode, in programs compiled with _FORTIFY_SOURCE. */
EXPORT int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

EXPORT int __open64_2(const char *path, int flags)
{
	return open64(path, flags);
}
