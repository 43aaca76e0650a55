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
#include "session/vault/events.h"
#include "session/session_parts.h"
#include "session/link/wake.h"

#define SDK_PASSPHRASE_MAX 1024 /* bytes */

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
	struct wake *wake;	  /* outlives the session */
	struct rowan_event event; /* what rowan_next_event gave last */
	bool given;		  /* and was not acknowledged */
	bool due;		  /* changed since rowan_process */
	/* The connection as it was told, and what is to be told of it. */
	int why;       /* there is no connection; 0: there is one */
	int link_news; /* enum rowan_event_type, or 0 */
	int link_code;
	char agency[WIRE_AGENCY_MAX + 1];
};

/**
 * sdk_parts(r), sdk_carded(r, ret):
 * The parts of the session, or NULL while locked; ROWAN_E_STATE while locked
 * or without a card. Valid until the next call on the session.
 */
const struct session_parts *sdk_parts(struct rowan *r);
ROWAN_MUST int sdk_carded(struct rowan *r, const struct session_parts **ret);

/**
 * sdk_done(r, rc):
 * After a change: rowan_process has something to do. Returns ${rc}.
 */
ROWAN_MUST int sdk_done(struct rowan *r, int rc);

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
