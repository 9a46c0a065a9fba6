/* The state file: made whole or not at all, mapped by everyone, written under a lock that dies with its holder. */
#include "vclock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const uint64_t magic = 0x76636c6f636b0000 + sizeof(struct state); /* "vclock" and the layout's size */

void state_init(struct state *state)
{
	memset(state, 0, sizeof *state);
	state->magic = magic;
}

struct state *state_map(const char *path, bool *writable)
{
	/* Users other than root may read the clocks, as on any machine. */
	int fd = kernel_open(path, O_RDWR | O_CLOEXEC);
	*writable = fd >= 0;
	if (fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS)) fd = kernel_open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return NULL;
	struct stat file;
	void *map = MAP_FAILED;
	if (fstat(fd, &file) == 0 && file.st_size == sizeof(struct state))
		map = mmap(NULL, sizeof(struct state), PROT_READ | (*writable ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
	else
		errno = EBADMSG;
	int error = errno;
	kernel_close(fd);
	errno = error;
	if (map == MAP_FAILED) return NULL;
	if (((struct state *)map)->magic == magic) return map;
	munmap(map, sizeof(struct state));
	errno = EBADMSG;
	return NULL;
}

int state_create(const char *path, const struct state *initial)
{
	char fresh[PATH_MAX];
	if (snprintf(fresh, sizeof fresh, "%s.%d", path, getpid()) >= (int)sizeof fresh) return -ENAMETOOLONG;
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0) return -errno;
	ssize_t written = write(fd, initial, sizeof *initial);
	int error = written == (ssize_t)sizeof *initial ? 0 : written < 0 ? errno : ENOSPC;
	if (close(fd) != 0 && error == 0) error = errno;
	if (error == 0 && rename(fresh, path) != 0) error = errno;
	if (error != 0) unlink(fresh);
	return -error;
}

/* A descriptor of its own each time: flock excludes open files, and a forked child shares its parent's. */
int state_lock(const char *path)
{
	int fd = kernel_open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) return errno == EACCES ? -EPERM : -errno;
	while (flock(fd, LOCK_EX) != 0) {
		if (errno == EINTR) continue;
		int error = errno;
		kernel_close(fd);
		return -error;
	}
	return fd;
}

void state_unlock(int lock)
{
	kernel_close(lock);
}

void state_wake(struct state *state)
{
	state->changes++;
	syscall(SYS_futex, &state->changes, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

struct hwtstamp *state_interface(struct state *state, const char *name, bool add)
{
	for (int i = 0; i < INTERFACES; i++) {
		struct hwtstamp *row = &state->interfaces[i];
		if (strncmp(row->interface, name, sizeof row->interface) == 0) return row;
		if (row->interface[0] != '\0') continue;
		if (!add) return NULL;
		strncpy(row->interface, name, sizeof row->interface - 1);
		return row;
	}
	return NULL;
}
