/*
 * What the tests of the running relay share: a daemon, clients, and one
 * sentence when something is not as it must be.
 *
 * Each program tests one behaviour; its first line says which. Exits 0 when it
 * holds, 1 when not.
 */
#ifndef TESTS_NET_KIT_H
#define TESTS_NET_KIT_H

#include "lib/relay_client.h"
#include "lib/rowand_proc.h"
#include "lib/zmtp.h"
#include "wire/code.h"

/* Everything below ends the program when it fails. */
#define KIT_CHECK(truth)                                                       \
	do {                                                                   \
		if (!(truth))                                                  \
			kit_fail(__FILE__, __LINE__, #truth);                  \
	} while (0)

extern struct rowand_proc kit_daemon;

_Noreturn void kit_fail(const char *file, int line, const char *what);

/* What else is said of a test that fails, before its daemon is ended. */
extern void (*kit_last_words)(void);

/**
 * kit_start(settings):
 * A daemon with two senders and two mailboxes, each pair with a channel, and
 * ${settings} added to its configuration. No clock source is asked for.
 */
void kit_start(const char *settings);

/**
 * kit_prepare(settings), kit_run():
 * The two halves of kit_start, for what must be done between them.
 */
void kit_prepare(const char *settings);
void kit_run(void);

/**
 * kit_key(name, server):
 * Write the secret key number ${server} of seed_server to the file ${name} in
 * the daemon's folder.
 */
void kit_key(const char *name, int server);

/**
 * kit_free_port():
 * A port of the loopback that nobody uses, nor any other test will.
 */
int kit_free_port(void);

/**
 * kit_end():
 * SIGTERM, exit code 0, and the folder removed. Returns 0, for main.
 */
int kit_end(void);

/**
 * kit_open(role, index):
 * A raw connection to the main port as that device; nothing said yet.
 */
struct relay_client *kit_open(enum seed_role role, uint32_t index);

/**
 * kit_hello(role, index):
 * The same, with hello said.
 */
struct relay_client *kit_hello(enum seed_role role, uint32_t index);

/**
 * kit_submit(c, channel, counter, fill, len):
 * Submit one envelope of ${len} bytes ${fill}; returns the item's error.
 */
struct wire_error kit_submit(struct relay_client *c, struct id16 channel,
	uint64_t counter, int fill, size_t len);

/**
 * kit_no_push(c, ms):
 * Nothing is pushed for so long.
 */
void kit_no_push(struct relay_client *c, int ms);

/**
 * kit_frames(c, frames, count):
 * Send frames as they are.
 */
void kit_frames(
	struct relay_client *c, const struct bytes *frames, size_t count);

/**
 * kit_refusal(c):
 * Wait for the next message, which must be an error, and return it.
 */
struct wire_error kit_refusal(struct relay_client *c);

/**
 * kit_closed(c):
 * Wait until the daemon has closed the connection of ${c}.
 */
void kit_closed(struct relay_client *c);

/**
 * kit_dial(), kit_zmtp(role, index, server):
 * A socket that is connected to the main port; the ZMTP of that device for it,
 * not begun, that expects key number ${server} of seed_server. The caller
 * closes and frees them.
 */
int kit_dial(void);
struct zmtp *kit_zmtp(enum seed_role role, uint32_t index, int server);

/**
 * kit_pump(fd, z, ret):
 * Move bytes between a socket and a ZMTP connection until the handshake is
 * over (${ret} NULL) or a frame came. False when that takes a minute, or
 * the daemon closed.
 */
bool kit_pump(int fd, struct zmtp *z, struct bytes *ret);

/**
 * kit_ping(c):
 * Return true iff a ping is answered.
 */
bool kit_ping(struct relay_client *c);

#endif
