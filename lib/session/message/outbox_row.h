/*
 * What the vault keeps of the outbox.
 *
 *	OUTBOX "n"/0		highest counter used
 *	OUTBOX "o"/n		Row; n is the order
 *	OUTBOX "b"/n		content, its heads zero
 *	OUTBOX "e"/n		envelope, if sealed
 *	OUTBOX "i"+message/0	n
 *
 *	struct {
 *		uint16 version = 4;
 *		uint8 state;		enum outbox_state
 *		uint8 flags;		1 urgent, 2 kept, 4 closed, 8 owed
 *		opaque channel[16];
 *		opaque message[16];
 *		uint32 lifetime;
 *		uint64 counter;		if sealed
 *		uint32 generation;	in which it was sealed last
 *		uint64 epoch;
 *		uint64 sent;		daemon's time, if sent
 *		Id blobs<V>;
 *		Id awaited<V>;		devices that have not said they have it
 *		Id members<V>;		if closed: for nobody but them; not in
 *					version 1
 *		Id missed<V>;		if closed: devices of theirs that were
 *					not in the group; not before version 3
 *		opaque group_id[16];	of the generation; not before version 4
 *	} Row;
 */
#ifndef SESSION_OUTBOX_ROW_H
#define SESSION_OUTBOX_ROW_H

#include "session/message/outbox.h"

#define OUTBOX_ROW_MAX                                                         \
	(256 + (2 * WIRE_CHANNEL_DEVICES_MAX + CASE_ASSIGNMENTS_MAX) * ID16_LEN)

/* Numbers are stored. */
enum outbox_state { OUTBOX_WAITING = 1, OUTBOX_SEALED = 2, OUTBOX_SENT = 3 };

enum outbox_flags {
	OUTBOX_URGENT = 1,
	OUTBOX_KEPT = 2,
	OUTBOX_CLOSED = 4,
	/* One of the missed was in the group when it was sealed before. */
	OUTBOX_OWED = 8
};

struct outbox_row {
	uint8_t state;
	uint8_t flags;
	struct id16 channel;
	struct id16 message;
	uint32_t lifetime;
	uint64_t counter;
	uint32_t generation;
	uint64_t epoch;
	uint64_t sent;
	size_t blob_count;
	struct id16 blobs[OUTBOX_BLOBS_MAX];
	size_t awaited_count;
	struct id16 awaited[CHANNEL_DEVICES_MAX];
	size_t member_count;
	struct id16 members[CASE_ASSIGNMENTS_MAX];
	size_t missed_count;
	struct id16 missed[CHANNEL_DEVICES_MAX];
	struct id16 group_id; /* zero: not known */
};

/**
 * outbox_row_put(w, row), outbox_row_get(input, ret):
 * Write and read. ROWAN_E_TOO_NEW, ROWAN_E_CORRUPT.
 */
ROWAN_MUST int outbox_row_put(struct writer *w, const struct outbox_row *row);
ROWAN_MUST int outbox_row_get(struct bytes input, struct outbox_row *ret);

#endif
