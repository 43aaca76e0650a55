/*
 * Two devices that send each other attachments and held messages through a
 * daemon's operations, each with a vault of its own and nothing above
 * session/transfer/transfer.h.
 *
 * For tests only: a failure of the kit itself aborts.
 */
#ifndef TESTS_LIB_TRANSFER_PAIR_H
#define TESTS_LIB_TRANSFER_PAIR_H

#include "lib/double_pair.h"
#include "lib/vault_kit.h"
#include "session/transfer/chunk.h"
#include "session/transfer/transfer.h"

#define PAIR_BIG (20 * CHUNK_PLAIN_LEN + 12345)

/* One device. */
struct pair_side {
	struct id16 device;
	struct vault_kit kit;
	struct events *events;
	struct requests *q;
	struct transfer *x;
	uint64_t greeted;
	unsigned sent, given;
	int sent_rc, given_rc;
	uint8_t memory[4096];
	size_t memory_len;
};

extern struct double_pair pair;
extern struct pair_side pair_a, pair_b;
extern uint8_t *pair_big; /* PAIR_BIG bytes */

/**
 * pair_setup(state), pair_teardown(state):
 * Fixtures for cmocka.
 */
int pair_setup(void **state);
int pair_teardown(void **state);

/**
 * pair_step(s), pair_run(s), pair_restart(s):
 * Do what is due once, with the code of transfer_step; until nothing is due
 * within a minute; close the vault and open it again.
 */
int pair_step(struct pair_side *s);
void pair_run(struct pair_side *s);
void pair_restart(struct pair_side *s);

/**
 * pair_what(message), pair_out_path():
 * A transfer of the message with that first byte; where b's file goes.
 */
struct transfer_what pair_what(uint8_t message);
char *pair_out_path(void);

/**
 * pair_write_file(path, data, len), pair_assert_file(path, data, len),
 * pair_files(s):
 * Make a file; it holds that and is its owner's alone; how many files lie
 * beside the vault.
 */
void pair_write_file(const char *path, const void *data, size_t len);
void pair_assert_file(const char *path, const void *data, size_t len);
size_t pair_files(const struct pair_side *s);

/**
 * pair_keep(data, len), pair_upload(data, len):
 * Seal into a's vault as a file; the same, and all of it to the daemon.
 */
struct content_blob pair_keep(const void *data, size_t len);
struct content_blob pair_upload(const void *data, size_t len);

/**
 * pair_fetch(message, blob, path):
 * Ask for it at b, in a transaction of its own; the code of transfer_fetch.
 */
int pair_fetch(
	uint8_t message, const struct content_blob *blob, const char *path);

/**
 * pair_last_event(s, ret_count), pair_assert_failed(code):
 * Take all events of a side, give the last, and how many were of its type; b
 * was told that fetching message 2 failed, and nothing is left of it.
 */
struct event pair_last_event(struct pair_side *s, unsigned *ret_count);
void pair_assert_failed(int code);

#endif
