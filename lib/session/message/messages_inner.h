/*
 * The inside of messages.h: what its files share.
 */
#ifndef SESSION_MESSAGES_INNER_H
#define SESSION_MESSAGES_INNER_H

#include "base/idmap.h"
#include "base/reader.h"
#include "base/writer.h"
#include "session/message/messages.h"
#include "session/message/messages_row.h"

#define MESSAGES_PAUSE_MS   1000  /* receipts gather for so long */
#define MESSAGES_LATER_MS   10000 /* after a refusal that may pass */
#define MESSAGES_TIME_BITS  20	  /* a place: seconds, then a number */
#define MESSAGES_TIME_MAX   ((uint64_t)1 << 40) /* seconds */
#define MESSAGES_HELD_TRIES 8 /* held ones fetched at a time */

/* What an id stands for. Numbers are stored. */
enum messages_at {
	MESSAGES_AT = 1,	/* a message at ${place} */
	MESSAGES_FORGOTTEN = 2, /* one that was */
	MESSAGES_HELD = 3,	/* held ${place} */
	MESSAGES_HANDING = 4,	/* on its way: hands over the one at ${place} */
	MESSAGES_HANDED_ON = 5	/* the same, at the daemon */
};

/*
 *	struct {
 *		uint8 version = 1;
 *		uint8 at;
 *		opaque channel[16], device[16];		device: the author's
 *		uint64 place;
 *	} Index;
 */
struct messages_index {
	uint8_t at;
	struct id16 channel;
	struct id16 device;
	uint64_t place;
};

/*
 *	struct {
 *		uint8 version = 1;
 *		opaque case_id[16];
 *		uint64 last, unread;
 *	} Channel;
 */
struct messages_channel {
	struct id16 id;
	struct id16 case_id;
	uint64_t last;	 /* place of the newest */
	uint64_t unread; /* how many */
	bool waiting[2]; /* receipts are: delivered, read */
	bool handed;	 /* a HISTORY event is */
};

struct messages {
	struct messages_options o;
	struct id16 member, device;
	bool victim;
	uint8_t receipts; /* setting: 0 as the role says, 1 on, 2 off */
	uint64_t now;
	struct idmap channels;
	uint64_t channel_count;
	uint64_t unread;
	bool stale; /* what is in memory may not be what is in the vault */
	bool told;  /* something waits to be told */
	uint64_t told_at; /* when; 0: at the next step */
	uint64_t held_at; /* what was held is not asked for before */
	uint64_t due;	  /* daemon's time when something is; 0: look */
	uint64_t now_ms;
	int error; /* of the vault in got, for the next step */
};

/* ---- messages_store.c ---- */

struct messages_name {
	uint8_t b[1 + 2 * ID16_LEN];
	size_t len;
};

/* The name of a value: a letter and up to two ids. */
struct messages_name messages_key(
	char letter, const struct id16 *a, const struct id16 *b);
static inline struct bytes messages_key_view(const struct messages_name *n)
{
	return bytes_of(n->b, n->len);
}

/* What lies in the vault was written by us. */
int messages_damaged(int rc);

/* Memory as the vault has it, whatever happened before. */
ROWAN_MUST int messages_fresh(struct messages *x);
ROWAN_MUST int messages_begin(struct messages *x);
/* Commit, or with an error give up and tell everybody; returns ${rc}. */
ROWAN_MUST int messages_finish(struct messages *x, int rc);

/* The channel, or NULL; made and kept if it is not there. */
struct messages_channel *messages_channel(
	const struct messages *x, const struct id16 *id);
ROWAN_MUST int messages_channel_make(struct messages *x, const struct id16 *id,
	const struct id16 *case_id, struct messages_channel **ret);
ROWAN_MUST int messages_channel_put(
	struct messages *x, const struct messages_channel *c);

ROWAN_MUST int messages_index_get(
	struct messages *x, const struct id16 *id, struct messages_index *ret);
ROWAN_MUST int messages_index_put(struct messages *x, const struct id16 *id,
	const struct messages_index *at);

ROWAN_MUST int messages_row_get(struct messages *x, const struct id16 *channel,
	uint64_t place, struct messages_row *ret);
ROWAN_MUST int messages_row_put(
	struct messages *x, const struct messages_row *m);
/* A new one: gives it a place by ${time}, an index, and counts it. */
ROWAN_MUST int messages_add(
	struct messages *x, struct messages_row *m, uint64_t time);
/* As messages_add, in the order of ${time} among older ones. */
ROWAN_MUST int messages_insert(
	struct messages *x, struct messages_row *m, uint64_t time);
/* An own one by its id. ROWAN_E_NOT_FOUND, ROWAN_E_STATE for another's. */
ROWAN_MUST int messages_own(struct messages *x, const struct id16 *id,
	struct messages_row *ret, struct messages_index *ret_at);
ROWAN_MUST int messages_drop_blobs(
	struct messages *x, const struct messages_row *m);
/* Keep ${value} at ${*n} or the next free number after it. */
ROWAN_MUST int messages_queue(
	struct messages *x, char letter, uint64_t *n, struct bytes value);

/* Something waits to be told; it may gather for a while. */
void messages_told(struct messages *x);
ROWAN_MUST int messages_row_delete(
	struct messages *x, const struct messages_row *m);

/* An event about ${from}. */
struct event messages_event(
	const struct messages_from *from, enum rowan_event_type type);

/* ---- messages_take.c ---- */

/* One that was held and is opened. */
ROWAN_MUST int messages_take_opened(struct messages *x,
	const struct messages_from *from, const struct id16 *id,
	struct bytes inner);
/*
 * Names and bars are kept with the time they are of: what comes now replaces
 * (${live}), what is imported only if it is not older. Whether it is news.
 */
struct messages_said {
	uint64_t time;
	bool live;
};
ROWAN_MUST int messages_name_put(struct messages *x, const struct id16 *channel,
	const struct id16 *member, struct bytes name, struct messages_said said,
	bool *ret_changed);
ROWAN_MUST int messages_bar_put(struct messages *x, const struct id16 *case_id,
	const struct content_bar *bar, struct messages_said said,
	bool *ret_changed);
/* The event of what was handed over. */
ROWAN_MUST int messages_tell_handed(
	struct messages *x, struct messages_channel *c);

/* ---- messages_receipt.c ---- */

/* To be told to the channel: ${kind} is an enum content_receipt_kind. */
ROWAN_MUST int messages_receipt_add(struct messages *x,
	struct messages_channel *c, uint8_t kind, const struct id16 *id);
ROWAN_MUST int messages_receipt_take(struct messages *x,
	const struct messages_from *from, const struct content_receipt *r);
/* Send what gathered. */
ROWAN_MUST int messages_receipt_step(struct messages *x);

/* ---- messages_write.c ---- */

/* A fresh Content's frame of ours. */
struct content messages_content(const struct messages *x, uint16_t type);

/* ---- messages_held.c ---- */

/* Something is due at ${time}. */
void messages_due(struct messages *x, uint64_t time);
/* Keep one that came. */
ROWAN_MUST int messages_held_add(struct messages *x,
	const struct messages_from *from, const struct content *c,
	struct bytes raw);

#endif
