/*
 * The frame table of a lab: a sender notes when a PTP event message left, the receiver on another host of the same
 * machine finds it by its hash. Both then have exact stamps, as from hardware, with a wire between them whose delay
 * is a choice. Direct mapped: an entry is needed for some hundred microseconds and then overwritten.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAMES 8192
#define MAX_FRAME 256 /* octets; PTP event messages are shorter */

struct frame {
	_Atomic uint64_t check; /* hash xor raw: an entry of two writers matches neither */
	_Atomic int64_t raw;
};

struct frames {
	uint64_t magic;
	_Atomic int64_t delay_ns;  /* of the wire */
	_Atomic int64_t jitter_ns; /* +- */
	struct frame table[FRAMES];
};

struct frames *frames_map(const char *path, bool *writable);
int frames_create(const char *path, int64_t delay_ns, int64_t jitter_ns);
/* 0 when it is no PTP event message (IEEE 1588 annex on IEEE 802.3, ethertype 88F7, messageType 0 to 3). */
uint64_t frame_hash(const uint8_t *frame, size_t length);
void frame_note(struct frames *frames, uint64_t hash, int64_t raw);
/* When a frame left that was seen by the kernel at `seen_raw`; false when nobody noted it. */
bool frame_left(const struct frames *frames, uint64_t hash, int64_t seen_raw, int64_t *raw);
/* How long this frame takes from the sender's stamp to the receiver's. */
int64_t frame_flight(const struct frames *frames, uint64_t hash);

#endif
