/*
 * Inside the C ABI: what its opaque handles are.
 *
 * lib/sdk checks arguments, gives out snapshots, and leaves every decision to
 * lib/session.
 */
#ifndef SDK_HANDLE_H
#define SDK_HANDLE_H

#include <rowan.h>

#include "base/id.h"
#include "session/events.h"
#include "session/session.h"

struct rowan_options {
	bool has_key;
	struct key32 key;
	struct buf passphrase;
	char *proxy;
	char *endpoint;
};

struct rowan_event {
	struct event event;
	struct buf text; /* with a zero byte at its end */
	bool kept;	 /* stands in the vault */
};

struct rowan_bytes {
	struct buf data;
};

struct rowan {
	struct session *session; /* NULL while locked */
	char *path;
	struct rowan_event event; /* what rowan_next_event gave last */
};

/**
 * sdk_id(id):
 * The 16 bytes at ${id} as a type.
 */
struct id16 sdk_id(const uint8_t *id);

/**
 * sdk_bytes(ret, data):
 * Take over ${data}, which is empty afterwards; on failure it is wiped.
 */
ROWAN_MUST int sdk_bytes(struct rowan_bytes **ret, struct buf *data);

#endif
