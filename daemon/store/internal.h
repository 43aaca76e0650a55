/*
 * What the files of the store share and nobody else sees.
 */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <stdatomic.h>

#include "base/idmap.h"
#include "crypto/seal.h"
#include "store/db.h"
#include "store/disk.h"
#include "store/schema.h"
#include "store/vfs.h"
#include "store/store.h"

#define HOUR	      3600
#define DAY	      86400
#define URGENT_MAX    256  /* urgent envelopes remembered */
#define MAILBOX_BLOCK 256  /* sequences reserved with one write */
#define ID_BLOCK      4096 /* row ids likewise */
#define MASK_WORDS    (STORE_WINDOW / 64)
#define FREED_MAX     256  /* spare rows in a transaction */
#define FREED_KEEP    64   /* of these, for the next one */
#define FREED_NOTED   512  /* rows in the note of what may be spare */
#define RECENT	      4096 /* a power of two */
#define FREED_META    (UINT32_MAX - 1)
#define DETAIL_MAX    256 /* encoded detail of a device, channel, ... */
#define ENVELOPE_HEAD 42  /* what an envelope's sealed bytes begin with */
#define ENVELOPE_LEAF                                                          \
	0x80 /* in the urgent byte: a leaf is named, as in all                 \
		that were not stored before there was a log */

/* Between the writer and the keeper. */
struct shared {
	_Atomic uint64_t frames; /* in the log */
	_Atomic uint64_t moved;	 /* of these, in the file too */
	_Atomic bool wanted;	 /* the writer waits for all to be moved */
};

struct store_reader {
	struct db db;
	const struct seal *seal; /* of the store */
	struct store *owner;	 /* whose view it is; NULL for other threads */
	char problem[96];	 /* what store_check found */
};

/* A device as the writer remembers it. */
struct device {
	struct id16 id;
	int64_t row; /* 0: no such device */
	int64_t member;
	struct store_device as_put;
	bool known;	    /* the fields above are those of the file */
	bool mailbox_known; /* seq, reserved, waiting */
	bool sender_known;  /* high, mask */
	bool sender_stored; /* there is a row */
	bool sender_dirty;  /* to be written at commit */
	bool seen_known;    /* seen */
	uint32_t waiting;
	uint64_t seq;		   /* next to be given */
	uint64_t reserved;	   /* below it no write is needed */
	uint64_t high;		   /* highest counter accepted */
	uint64_t mask[MASK_WORDS]; /* bit i: high - i was accepted */
	uint64_t seen;		   /* day; 0: never */
	uint64_t mark;		   /* last saved in this mark */
};

/* One device that may take part in a channel. */
struct seat {
	struct device *device;
	uint64_t from, until; /* of the assignment */
};

struct channel {
	struct id16 id;
	struct id16 case_id;
	int64_t row;
	bool closed;
	size_t len;
	struct seat seats[];
};

struct saved {
	struct device *device;
	struct device was;
};

/* A row of `envelope` that nobody waits for any more. */
struct freed {
	int64_t row, until, len;
};

/* An urgent envelope that was stored since the start, perhaps gone since. */
struct urgent {
	int64_t row, number;
	uint64_t since;
};

/* Rows that may be spare, in order. */
struct freed_note {
	int64_t rows[FREED_NOTED];
	size_t len;
};

struct ledger;
struct log_secrets;

/*
 * How far an erasure in slices has come: of which one, where it goes on, and
 * of the log how many details it has met that are gone.
 */
struct swept {
	int64_t of, at;
	uint64_t gone;
};

enum sweep { SWEEP_CASE, SWEEP_LOG, SWEEPS };

/* What is taken back goes back with what it erased. */
struct sweeps {
	struct swept now[SWEEPS], marked[SWEEPS], begun[SWEEPS];
};

struct sequence {
	int64_t next;
	int64_t reserved;
};

struct store {
	struct store_reader view;
	struct seal *seal;
	struct disk disk;
	char *path;
	struct vfs *vfs;
	struct shared *shared;
	uint32_t mailbox_max, mailbox_reserve;
	uint64_t blob_open_time;
	uint64_t max_pages;

	bool open;		/* a transaction is */
	bool marked;		/* a mark is set */
	bool one;		/* it was store_mark_one */
	int64_t changes;	/* rows changed when it was */
	bool cold;		/* devices or channels changed since the mark */
	uint64_t seat_changes;	/* store_seat_changes */
	uint64_t group_changes; /* store_group_changes */
	bool room;
	bool deleted;	 /* something was, since the log was cut */
	uint64_t cut;	 /* when it was cut */
	uint64_t tried;	 /* when the log was last to be cut */
	uint64_t looked; /* for the files, last */
	uint64_t now;
	uint64_t sure;	     /* what starts later has not started */
	int64_t budget;	     /* bytes this transaction may add */
	unsigned unmeasured; /* transactions since it was measured */
	uint64_t frames;     /* in the log after the last commit */
	uint64_t tidied;     /* the same when it was last tidied */
	uint64_t finished;   /* and when the writer last moved the rest */

	struct idmap devices;	      /* struct device */
	struct idmap channels;	      /* struct channel */
	struct device *last_device;   /* that was found; asked for often */
	struct channel *last_channel; /* likewise */
	uint64_t mark;
	struct saved *saved; /* device states to go back to */
	size_t saved_len, saved_cap;
	struct device **dirty; /* senders to be written */
	size_t dirty_len, dirty_cap;
	struct sequence sequences[SEQUENCE_COUNT];
	struct ledger *ledger; /* log.c: leaves of the transaction */
	struct log_secrets *log_secrets;
	struct sweeps sweeps; /* of erasures */

	struct freed recent[RECENT]; /* that were written lately, by row */
	struct freed freed[FREED_MAX];
	size_t freed_len;
	struct freed_note note; /* as in the file, once not dirty */
	bool freed_known, note_dirty;
	struct urgent urgent[URGENT_MAX];
	size_t urgent_len;
	bool urgent_known; /* those from before the start, too */
	struct device *to[STORE_RECIPIENT_MAX];
	struct store_delivery *out; /* what the last call gave */
	size_t out_len, out_cap;
	uint8_t *plain, *sealed;
};

#define PLAIN_MAX  (STORE_ENVELOPE_MAX + ENVELOPE_HEAD)
#define SEALED_MAX (PLAIN_MAX + SEAL_OVERHEAD)

/* ---- cache.c: what the writer remembers ---- */

/* The device under ${id}; ROWAN_E_REFUSED when there is none. */
ROWAN_MUST int cache_device(
	struct store *st, const struct id16 *id, struct device **ret);
/* The device in row ${row}. */
ROWAN_MUST int cache_device_row(
	struct store *st, int64_t row, struct device **ret);
/* The channel with its seats; ROWAN_E_REFUSED when there is none. */
ROWAN_MUST int cache_channel(
	struct store *st, const struct id16 *id, struct channel **ret);
/* Be sure of mailbox or sender state. */
ROWAN_MUST int cache_mailbox(struct store *st, struct device *d);
ROWAN_MUST int cache_sender(struct store *st, struct device *d);
/* Save the state of ${d} before it changes. */
ROWAN_MUST int cache_save(struct store *st, struct device *d);
/* The sender state of ${d} must be written at commit. */
ROWAN_MUST int cache_dirty(struct store *st, struct device *d);
ROWAN_MUST int cache_write_senders(struct store *st);
/* Devices, channels or assignments changed in the file. */
void cache_cold(struct store *st);
/* Go back to the mark; forget everything. */
void cache_undo(struct store *st);
void cache_forget(struct store *st);
/* Forget when too much is remembered; only between transactions. */
void cache_trim(struct store *st);

/* ---- tx.c ---- */

/* May a changing call run now? ROWAN_E_STATE, or why the transaction failed. */
ROWAN_MUST int tx_ready(const struct store *st);
/*
 * The result of a call that may have changed something already: what is not a
 * refusal costs the transaction.
 */
ROWAN_MUST int tx_done(struct store *st, int r);
/* Room for ${bytes} more? ROWAN_E_FULL. */
ROWAN_MUST int tx_room(struct store *st, size_t bytes);
/* A row id that was never given before. */
ROWAN_MUST int tx_id(
	struct store *st, enum schema_sequence which, int64_t *ret);

/* ---- seals of rows ---- */

/* The hash under which ${id} is looked up in the name column of a table. */
void row_name(const struct seal *s, enum schema_table table,
	const struct id16 *id, uint8_t ret[SEAL_HASH_LEN]);
/* Open a sealed column of known greatest length; ROWAN_E_CORRUPT. */
ROWAN_MUST int row_open(const struct seal *s, struct seal_place place,
	struct bytes sealed, size_t max, uint8_t *ret, size_t *ret_len);
/* The same into fresh memory. */
ROWAN_MUST int row_open_buf(const struct seal *s, struct seal_place place,
	struct bytes sealed, struct buf *ret);

/* check_seal.c: open every sealed value; what does not is rd->problem. */
ROWAN_MUST int check_seals(struct store_reader *rd);

/* ---- admin.c ---- */

/* An urgent envelope lies in ${row} now; remembered while there is room. */
void urgent_add(struct store *st, int64_t row, int64_t number);

/* ---- freed.c ---- */

/* A row was written; forget all such, for one may not be there any more. */
void freed_recent(struct store *st, const struct freed *row);
void freed_undo(struct store *st);

/* Nobody waits for this envelope any more. */
ROWAN_MUST int freed_add(struct store *st, int64_t row);
/* A row to use again for a sealed body of this length; 0: none. */
int64_t freed_take(struct store *st, int64_t until, size_t len);
/* Delete what was not used. */
ROWAN_MUST int freed_flush(struct store *st);
/* Before a commit: keep a few rows and note them; the rest is deleted. */
ROWAN_MUST int freed_settle(struct store *st);
/* Be sure of the spare rows of earlier transactions. */
ROWAN_MUST int freed_load(struct store *st);
/* The note in the file; the ${i}th of its rows, 0 when that is not spare. */
ROWAN_MUST int freed_note_read(struct store_reader *rd, struct freed_note *ret);
ROWAN_MUST int freed_find(struct store_reader *rd, const struct freed_note *n,
	size_t i, struct freed *ret);

/* ---- device.c ---- */

/* Decode the row of SQL_DEVICE_GET and its like. */
ROWAN_MUST int device_decode(const struct seal *s, sqlite3_stmt *q,
	struct store_device *ret, int64_t *ret_row, int64_t *ret_member);
/* The row under a name, 0 when there is none. */
ROWAN_MUST int device_row(
	struct store_reader *rd, const struct id16 *id, int64_t *ret);
ROWAN_MUST int member_row(
	struct store_reader *rd, const struct id16 *id, int64_t *ret);

/* ---- channel.c ---- */

ROWAN_MUST int channel_row(
	struct store_reader *rd, const struct id16 *id, int64_t *ret);
ROWAN_MUST int assignment_decode(const struct seal *s, int64_t row,
	struct bytes sealed, struct store_assignment *ret);

/* ---- mailbox.c ---- */

/* Where a mailbox begins that has no row: 1, or behind a restore. restored.c */
ROWAN_MUST int mailbox_first(struct store *st, int64_t *ret);
/* The next sequence of a mailbox; counts it as waiting. */
ROWAN_MUST int mailbox_place(struct store *st, struct device *d, uint64_t *ret);
/* Note a delivery for the caller. */
ROWAN_MUST int mailbox_out(
	struct store *st, const struct device *d, uint64_t seq);
/* Empty up to ${max} places; ${ret_done} of them were. */
ROWAN_MUST int mailbox_empty(
	struct store *st, int64_t device, uint32_t max, size_t *ret_done);

/* ---- erase.c, expire.c, chain.c ---- */

/* Erase what is left of the case in ${row}; ${ret_done} 0: all is gone. */
ROWAN_MUST int case_sweep(
	struct store *st, int64_t row, size_t max, size_t *ret_done);
/* An envelope with all its places; it may have gone before. */
ROWAN_MUST int envelope_drop(struct store *st, int64_t row);
/* Of a statement only the link stays, of a card nothing. */
ROWAN_MUST int act_forget(
	struct store *st, const struct id16 *chain, uint64_t number);
ROWAN_MUST int device_card_forget(struct store *st, int64_t row);

/* ---- invite.c ---- */

/* The time of an invite is over: it ends, or is forgotten. */
ROWAN_MUST int invite_over(struct store *st, int64_t row);

/* ---- blob.c ---- */

ROWAN_MUST int blob_drop(struct store *st, int64_t row);

/* When something at ${t} is erased: the hour after, so that rows show hours. */
static inline int64_t hour_up(uint64_t t)
{
	return t > INT64_MAX - HOUR ? INT64_MAX
				    : (int64_t)((t + HOUR - 1) / HOUR * HOUR);
}

static inline uint64_t hour_down(uint64_t t)
{
	return t / HOUR * HOUR;
}

/* Is a validity or an assignment in force? Started by ${sure}, not ended. */
static inline bool in_force(
	uint64_t from, uint64_t until, uint64_t sure, uint64_t now)
{
	return from <= sure && (until == 0 || now < until);
}

#endif
