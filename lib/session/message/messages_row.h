/*
 * One message as the vault keeps it.
 *
 *	struct {
 *		uint16 version = 1;
 *		opaque case_id[16], channel[16];
 *		opaque member[16], device[16];	whose word it is
 *		opaque author[16], author_device[16];
 *		uint8 state;		enum rowan_message_state
 *		uint8 flags;		enum messages_flag
 *		uint64 received;
 *		uint64 held;		own: until when
 *		uint64 expires;		own, waiting: given up then
 *		opaque blobs<V>;	own: 16 bytes each
 *		opaque content<V>;	a whole Content
 *	} Message;
 *
 * Author and member differ only in what was handed over: the member says that
 * the author wrote it.
 */
#ifndef SESSION_MESSAGES_ROW_H
#define SESSION_MESSAGES_ROW_H

#include <rowan.h>

#include "session/channel/content.h"

#define MESSAGES_BLOBS_MAX 2
#define MESSAGES_ROW_MAX   (CONTENT_MAX + 512) /* bytes */

/* Numbers are stored. */
enum messages_flag {
	MESSAGES_OWN = 1,    /* of this member */
	MESSAGES_URGENT = 2, /* sent as such */
	MESSAGES_HANDED = 4, /* not from its author */
	MESSAGES_FLAGS = 7
};

struct messages_row {
	struct id16 case_id;
	struct id16 channel;
	struct id16 member;
	struct id16 device;
	struct id16 author;
	struct id16 author_device;
	uint64_t place;
	uint8_t state;
	uint8_t flags;
	uint64_t received;
	uint64_t held;
	uint64_t expires;
	struct id16 blobs[MESSAGES_BLOBS_MAX];
	size_t blob_count;
	struct content content; /* views borrow from ${mem} or ${raw} */
	struct bytes raw;	/* the encoded Content */
	struct buf mem;		/* what was read, if it was */
};

/**
 * messages_row_type(m):
 * What an application is told: of what was handed over ROWAN_MESSAGE_HISTORY,
 * else the content's type.
 */
unsigned messages_row_type(const struct messages_row *m);

/**
 * messages_row_wipe(m):
 * The end of one that was read. Harmless for a zeroed one.
 */
void messages_row_wipe(struct messages_row *m);

/**
 * messages_row_encode(m, w), messages_row_decode(mem, place, ret):
 * The kept form, from ${m}->raw; back, taking over ${mem}, which is wiped on
 * failure. ROWAN_E_INVAL for a row that would not decode; ROWAN_E_TOO_NEW,
 * ROWAN_E_MALFORMED, ROWAN_E_LIMIT.
 */
ROWAN_MUST int messages_row_encode(
	const struct messages_row *m, struct writer *w);
ROWAN_MUST int messages_row_decode(
	struct buf *mem, uint64_t place, struct messages_row *ret);

#endif
