/*
 * MLSMessage (RFC 9420 section 6): what travels.
 */
#ifndef MLS_MLS_MESSAGE_H
#define MLS_MLS_MESSAGE_H

#include "mls/public/object/group_info.h"
#include "mls/public/framing/private_message.h"
#include "mls/public/framing/public_message.h"
#include "mls/public/object/welcome.h"

/* Views borrow from the decoded input; a public message owns its bytes. */
struct mls_message {
	uint16_t wire_format; /* enum wire_format */
	struct bytes body;    /* behind version and wire format */
	union {
		struct authenticated_content *public_message;
		struct private_message private_message;
		struct welcome welcome;
		struct group_info group_info;
		struct key_package key_package;
	};
};

/* What routing needs, taken without decoding the rest. */
struct mls_message_peek {
	uint16_t wire_format;
	struct bytes group_id; /* public, private, group info */
	uint64_t epoch;	       /* public, private, group info */
	uint8_t content_type;  /* public, private */
	struct sender sender;  /* public only, else type 0 */
};

/**
 * mls_message_decode(raw, ret):
 * Decode a whole MLSMessage of at most MLS_MESSAGE_MAX bytes; end with
 * mls_message_wipe. ROWAN_E_VERSION for a version other than mls10,
 * ROWAN_E_MALFORMED for an unknown wire format or trailing bytes.
 */
ROWAN_MUST int mls_message_decode(struct bytes raw, struct mls_message *ret);

/**
 * mls_message_wipe(m):
 * Drop what ${m} holds and zero it. Zeroed is harmless.
 */
void mls_message_wipe(struct mls_message *m);

/**
 * mls_message_peek(raw, ret):
 * Read the routing fields; views borrow from ${raw}. Nothing behind them is
 * looked at, so 0 does not say that ${raw} is well formed. A GroupInfo gives
 * group id and epoch; Welcome and KeyPackage the wire format only.
 */
ROWAN_MUST int mls_message_peek(struct bytes raw, struct mls_message_peek *ret);

/**
 * mls_message_open(w, wire_format):
 * Append version and wire format; the body follows.
 */
void mls_message_open(struct writer *w, uint16_t wire_format);

/**
 * mls_message_wrap(wire_format, body, ret):
 * Set ${ret} to an MLSMessage around the encoding ${body}; the caller owns
 * it.
 */
ROWAN_MUST int mls_message_wrap(
	uint16_t wire_format, struct bytes body, struct buf *ret);

#endif
