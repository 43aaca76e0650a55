/*
 * A store in a directory of its own, and people to put into it.
 *
 * Ids are derived from small numbers. For tests only: failures end the test.
 */
#ifndef TESTS_LIB_STORE_KIT_H
#define TESTS_LIB_STORE_KIT_H

#include "store/store.h"

#define KIT_NOW 1800000000ull /* a full hour */

struct kit {
	char dir[64];
	char path[96];
	struct key32 key;
	struct store_options options;
	struct store *st;
	uint64_t now;
};

/**
 * kit_start(k, base), kit_stop(k):
 * Make a directory under ${base} (NULL: /tmp) and open a store in it; close
 * and remove.
 */
void kit_start(struct kit *k, const char *base);
void kit_stop(struct kit *k);

/**
 * kit_reopen(k):
 * Close and open again.
 */
void kit_reopen(struct kit *k);

/**
 * kit_begin(k), kit_commit(k):
 * A transaction at k->now that must succeed.
 */
void kit_begin(struct kit *k);
void kit_commit(struct kit *k);

/**
 * kit_id(kind, n):
 * The id of number ${n} of a kind ('d'evice, 'm'ember, 'c'hannel, ca's'e...).
 */
struct id16 kit_id(char kind, uint32_t n);

/**
 * kit_device(k, n, member):
 * Put device ${n} of ${member}, valid without end.
 */
void kit_device(struct kit *k, uint32_t n, uint32_t member);

/**
 * kit_channel(k, n, members, len):
 * Put channel ${n} with its case and assign the members without end.
 */
void kit_channel(
	struct kit *k, uint32_t n, const uint32_t *members, size_t len);

/**
 * kit_people(k, devices, members):
 * Put so many devices, each of a member of its own, numbered from 1, and
 * channel 1 with the first ${members} of them: in a transaction of its own.
 */
void kit_people(struct kit *k, uint32_t devices, uint32_t members);

/**
 * kit_at(kind, n):
 * An id to point at; good for the two latest calls.
 */
const struct id16 *kit_at(char kind, uint32_t n);

/**
 * kit_teardown(state):
 * For cmocka: check the kit that ${state} points to, and stop it.
 */
int kit_teardown(void **state);

/**
 * kit_envelope(channel, counter, body):
 * An ordinary envelope with a text as its body.
 */
struct store_envelope kit_envelope(
	uint32_t channel, uint64_t counter, const char *body);

/**
 * kit_submit(k, device, channel, counter, body):
 * store_submit inside the open transaction; its result.
 */
int kit_submit(struct kit *k, uint32_t device, uint32_t channel,
	uint64_t counter, const char *body);

/**
 * kit_waiting(k, device):
 * How many deliveries a fetch of everything yields.
 */
size_t kit_waiting(struct kit *k, uint32_t device);

/**
 * kit_ack(k, device, first, last):
 * Acknowledge inside the open transaction; how many went.
 */
size_t kit_ack(struct kit *k, uint32_t device, uint64_t first, uint64_t last);

/**
 * kit_check(k):
 * The whole integrity check must pass.
 */
void kit_check(struct kit *k);

/**
 * kit_files_contain(k, data, len):
 * Return true iff the bytes are in any file of the store's directory.
 */
bool kit_files_contain(struct kit *k, const void *data, size_t len);

#endif
