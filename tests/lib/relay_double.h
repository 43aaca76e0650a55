/*
 * The daemon without sockets and threads: its own operations, run over a real
 * store the moment a message is sent, behind one struct transport a device.
 * Between the two a hook can drop, hold back, repeat and alter what passes,
 * and the store can be restarted or put back to an earlier copy.
 *
 * The same calls give the same answers in the same order: time passes only
 * when it is told to. What net/ does is done here in short (frames, decoding,
 * refusals); rates and credit of sockets are not.
 *
 * For tests only: a failure of the double itself aborts. One thread.
 */
#ifndef TESTS_LIB_RELAY_DOUBLE_H
#define TESTS_LIB_RELAY_DOUBLE_H

#include "config/config.h"
#include "session/link/transport.h"
#include "store/store.h"

#define DOUBLE_NOW 1800000000ull /* daemon's time at first; a full hour */

struct relay_double;

enum double_way {
	DOUBLE_REQUEST = 1, /* device to daemon */
	DOUBLE_ANSWER = 2,  /* daemon to device: answers, errors */
	DOUBLE_PUSH = 3	    /* daemon to device: everything else */
};

/* One message on its way. A hook may change its frames (buf_set). */
struct double_message {
	enum double_way way;
	struct id16 device;
	struct wire_header header; /* as it was; zero if torn */
	struct buf frame[WIRE_FRAMES_MAX];
	size_t count;
	struct double_message *next; /* the double's */
};

enum double_fate {
	DOUBLE_PASS = 0,
	DOUBLE_DROP,
	DOUBLE_HOLD,  /* until relay_double_release */
	DOUBLE_TWICE, /* and once more, right behind */
	DOUBLE_CUT    /* it and the connection are lost */
};

/*
 * Called for every message; may call relay_double_* and another device's
 * transport, not those of ${m}->device.
 */
typedef enum double_fate double_hook(void *ctx, struct double_message *m);

/**
 * relay_double_new(config), relay_double_free(d):
 * A new store in a directory of its own; ${config} NULL: the defaults, with
 * larger mailboxes.
 */
struct relay_double *relay_double_new(const struct config *config);
void relay_double_free(struct relay_double *d);

/**
 * relay_double_hook(d, hook, ctx):
 * From now on; NULL for none.
 */
void relay_double_hook(struct relay_double *d, double_hook *hook, void *ctx);

/**
 * relay_double_begin(d), relay_double_commit(d):
 * A transaction of the test's own in the store that begin returns, to put
 * people into it.
 */
struct store *relay_double_begin(struct relay_double *d);
void relay_double_commit(struct relay_double *d);

/**
 * relay_double_transport(d, device):
 * The transport of one device, always the same; valid until
 * relay_double_free. It is DOWN until its first step, then UP while the store
 * knows the device, else REFUSED.
 */
const struct transport *relay_double_transport(
	struct relay_double *d, const struct id16 *device);

/**
 * relay_double_stranger(d, name, key):
 * The transport of somebody on the enrolment port, who has proved the X25519
 * key ${key}; ${name} takes the place of a device's id.
 */
const struct transport *relay_double_stranger(
	struct relay_double *d, const struct id16 *name, const uint8_t key[32]);

/**
 * relay_double_cut(d, device):
 * The connection is lost with everything on its way; the next step makes
 * another. NULL: all of them.
 */
void relay_double_cut(struct relay_double *d, const struct id16 *device);

/**
 * relay_double_offline(d, device, offline):
 * While true there is no connection to be had: TRYING.
 */
void relay_double_offline(
	struct relay_double *d, const struct id16 *device, bool offline);

/**
 * relay_double_release(d):
 * Let go what was held, oldest first, past the hook.
 */
void relay_double_release(struct relay_double *d);

/**
 * relay_double_say(d, device, frames, count):
 * Put a message into a device's hands as if the daemon had sent it.
 */
void relay_double_say(struct relay_double *d, const struct id16 *device,
	const struct bytes *frames, size_t count);

/**
 * relay_double_request(d, device, frames, count):
 * Run a request as if the device had sent it, past the hook.
 */
void relay_double_request(struct relay_double *d, const struct id16 *device,
	const struct bytes *frames, size_t count);

/**
 * relay_double_pass(d, ms), relay_double_ms(d), relay_double_now(d):
 * Let time pass, and with it what falls due in the store; the time that
 * passed since the beginning, and the daemon's in seconds.
 */
void relay_double_pass(struct relay_double *d, uint64_t ms);
uint64_t relay_double_ms(const struct relay_double *d);
uint64_t relay_double_now(const struct relay_double *d);

/**
 * relay_double_doubt(d, doubtful):
 * The daemon's clock is doubtful from now on, or no more.
 */
void relay_double_doubt(struct relay_double *d, bool doubtful);

/**
 * relay_double_restart(d):
 * Close the store and open it again: all connections and subscriptions end.
 */
void relay_double_restart(struct relay_double *d);

/**
 * relay_double_save(d), relay_double_rollback(d):
 * Keep a copy of the store's file; put the copy in the place of the file, as
 * an operator with a backup would. Both restart.
 */
void relay_double_save(struct relay_double *d);
void relay_double_rollback(struct relay_double *d);

/**
 * relay_double_requests(d, op):
 * How many requests of an operation came through; 0: of any.
 */
uint64_t relay_double_requests(const struct relay_double *d, uint16_t op);

#endif
