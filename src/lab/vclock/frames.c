#include "frames.h"

#include "vclock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t magic = 0x6672616d65730000 + FRAMES; /* "frames" */
/* The kernel stamps a frame microseconds after its note, later when the sender was preempted in between. */
static const int64_t note_lifetime = NS_PER_S;

struct frames *frames_map(const char *path, bool *writable)
{
	int fd = kernel_open(path, O_RDWR | O_CLOEXEC);
	*writable = fd >= 0;
	if (fd < 0) fd = kernel_open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return NULL;
	struct stat file;
	void *map = MAP_FAILED;
	if (fstat(fd, &file) == 0 && file.st_size == sizeof(struct frames))
		map = mmap(NULL, sizeof(struct frames), PROT_READ | (*writable ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
	kernel_close(fd);
	if (map == MAP_FAILED) return NULL;
	if (((struct frames *)map)->magic == magic) return map;
	munmap(map, sizeof(struct frames));
	return NULL;
}

int frames_create(const char *path, int64_t delay_ns, int64_t jitter_ns)
{
	char fresh[PATH_MAX];
	if (snprintf(fresh, sizeof fresh, "%s.%d", path, getpid()) >= (int)sizeof fresh) return -ENAMETOOLONG;
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0) return -errno;
	const struct { uint64_t magic; int64_t delay, jitter; } head = { magic, delay_ns, jitter_ns };
	ssize_t written = write(fd, &head, sizeof head);
	int error = written == (ssize_t)sizeof head ? 0 : written < 0 ? errno : ENOSPC;
	if (error == 0 && ftruncate(fd, sizeof(struct frames)) != 0) error = errno;
	if (close(fd) != 0 && error == 0) error = errno;
	if (error == 0 && rename(fresh, path) != 0) error = errno;
	if (error != 0) unlink(fresh);
	return -error;
}

uint64_t frame_hash(const uint8_t *frame, size_t length)
{
	if (length < 15 || length > MAX_FRAME || frame[12] != 0x88 || frame[13] != 0xf7 || (frame[14] & 0x0f) > 3) return 0;
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
	for (size_t i = 0; i < length; i++) hash = (hash ^ frame[i]) * 0x100000001b3;
	return hash == 0 ? 1 : hash;
}

/* FNV's low bits alone differ little between frames that end alike. */
static size_t slot_of(uint64_t hash)
{
	return (hash ^ hash >> 29 ^ hash >> 47) % FRAMES;
}

void frame_note(struct frames *frames, uint64_t hash, int64_t raw)
{
	struct frame *entry = &frames->table[slot_of(hash)];
	entry->raw = raw;
	entry->check = hash ^ (uint64_t)raw;
}

bool frame_left(const struct frames *frames, uint64_t hash, int64_t seen_raw, int64_t *raw)
{
	const struct frame *entry = &frames->table[slot_of(hash)];
	*raw = entry->raw;
	/* The kernel's stamp is converted to raw with an error of tens of ns, hence the margin of 1 us. */
	return (entry->check ^ (uint64_t)*raw) == hash && seen_raw - *raw > -1000 && seen_raw - *raw < note_lifetime;
}

int64_t frame_flight(const struct frames *frames, uint64_t hash)
{
	int64_t jitter = frames->jitter_ns;
	return frames->delay_ns + (jitter > 0 ? (int64_t)(hash >> 32) % (2 * jitter + 1) - jitter : 0);
}
