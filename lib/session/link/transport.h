/*
 * What carries messages to the daemon and back: link.h over ZeroMQ, a double
 * in tests.
 *
 * Belongs to the session's thread, never blocks, keeps no view of what it is
 * given. Losing the connection loses whatever was on its way: requests.h
 * sends again.
 */
#ifndef SESSION_TRANSPORT_H
#define SESSION_TRANSPORT_H

#include "wire/message.h"

enum transport_state {
	TRANSPORT_DOWN = 0,   /* not asked to connect */
	TRANSPORT_TRYING = 1, /* no connection yet, or none any more */
	TRANSPORT_UP = 2,     /* the handshake is over */
	TRANSPORT_REFUSED =
		3 /* the daemon does not know our key; still tries */
};

struct transport_frames {
	struct bytes frame[WIRE_FRAMES_MAX];
	size_t count;
};

struct transport {
	/*
	 * Queue one message. ROWAN_E_AGAIN when no more fits now or there is
	 * no connection.
	 */
	int (*send)(void *ctx, const struct bytes *frames, size_t count);
	/*
	 * The next whole message, borrowed until the next call.
	 * ROWAN_E_AGAIN when there is none.
	 */
	int (*recv)(void *ctx, struct transport_frames *ret);
	/* Do what is due; return the state after it. */
	enum transport_state (*step)(void *ctx, uint64_t now_ms);
	/* Milliseconds until step must be called again; UINT64_MAX: never. */
	uint64_t (*wait)(void *ctx, uint64_t now_ms);
	/*
	 * Counts connections: another number than before means that what was
	 * sent and not answered is lost.
	 */
	uint64_t (*connection)(void *ctx);
	void *ctx;
};

#endif
