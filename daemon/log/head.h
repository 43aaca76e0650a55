/*
 * The signed head of the log: at most one checkpoint for each batch, a fresh
 * one each minute, the cosignatures of witnesses, and the guard against a
 * database that was put back.
 *
 * A batch is signed when somebody asks for a checkpoint or a receipt, and once
 * a second where there is something new: a signature costs as much as some
 * leaves.
 *
 * Belongs to the writer's thread but for head_sync. Holds the log key; what
 * it signs is the tree as the store committed it, and nothing else.
 */
#ifndef LOG_HEAD_H
#define LOG_HEAD_H

#include "log/guard.h"
#include "store/store.h"
#include "tlog/cosignature.h"

#define HEAD_FRESH	 60    /* seconds a checkpoint may be old */
#define HEAD_OFTEN	 900   /* seconds: a witness that looks in these */
#define HEAD_SELDOM	 21600 /* meets the others; so does one in these */
#define HEAD_PATIENCE	 60    /* however often it looks, so long is waited */
#define HEAD_OFFERED	 16    /* checkpoints that may still be cosigned */
#define HEAD_COSIGNED	 16    /* cosigned ones that are kept */
#define HEAD_WITNESS_MAX 16    /* cosignatures on one */

struct head;

/* How the tree stands to the record of the last signed checkpoint. */
enum head_verdict {
	HEAD_GOOD = 0,
	HEAD_MISSING = 1, /* leaves, and no record: it was lost or removed */
	HEAD_BEHIND = 2,  /* the database is an older copy */
	HEAD_FORK = 3,	  /* as long or longer, and another history */
};

struct head_options {
	struct store *store;
	const struct key32 *seed; /* of the log key; copied */
	const struct id16 *clinic;
	/* 0 iff the authority said that this head was lost in a restore */
	int (*restored)(struct store_reader *rd, uint64_t lost_size,
		const struct merkle_hash *lost_root);
	const char *guard; /* path of the record */
	bool accept;	   /* take the tree as it is, whatever the record */
	uint64_t now;	   /* what is signed is no older than the record */
};

/* What was found when it was opened. */
struct head_found {
	enum head_verdict verdict;
	struct guard_state last; /* the record */
	uint64_t size;		 /* of the tree */
};

/* A checkpoint that came back. */
struct head_taken {
	uint64_t size;
	struct note note;
};

/**
 * head_open(ret, options, ret_found):
 * Compare the tree with the record and, if all is well or a restore of the
 * authority names both, sign a first checkpoint. ROWAN_E_REFUSED with the
 * verdict in ${ret_found}; ROWAN_E_CORRUPT when the record is damaged,
 * ROWAN_E_IO, ROWAN_E_NOMEM. Ends with head_close; NULL is harmless. What
 * calls it fills in clinic and restored: clinic/logged.h.
 */
ROWAN_MUST int head_open(struct head **ret, const struct head_options *options,
	struct head_found *ret_found);
void head_close(struct head *h);

/**
 * head_settle(h, now):
 * After a commit: if the tree has grown since another second, or the
 * checkpoint is old, sign a new one and note it down. ROWAN_E_IO when it could
 * not be noted: it is then tried again at the next call.
 */
ROWAN_MUST int head_settle(struct head *h, uint64_t now);

/**
 * head_renew(h, now):
 * Have a checkpoint of all that is committed: before one is given away.
 */
ROWAN_MUST int head_renew(struct head *h, uint64_t now);

/**
 * head_sync(h):
 * Have the disk keep the record; to be called about once a second, from any
 * one thread. ROWAN_E_IO: it is due again.
 */
ROWAN_MUST int head_sync(struct head *h);

/**
 * head_note(h, ret_size):
 * The newest checkpoint; borrowed until the next head_settle or head_renew.
 */
struct bytes head_note(const struct head *h, uint64_t *ret_size);

/**
 * head_offer(h, witness, now, ret):
 * The checkpoint that this witness is to look at. One that stays until all who
 * looked in the last HEAD_SELDOM seconds have cosigned it, if this one has not;
 * then one of those who looked in the last HEAD_OFTEN seconds; then the newest:
 * it may be cosigned while it is one of the last HEAD_OFFERED that were handed
 * out. So whoever looks so often stands on one with all the others, whatever
 * their rhythms. Borrowed until the next call that changes ${h}. ROWAN_E_NOMEM.
 */
ROWAN_MUST int head_offer(struct head *h, const struct note_key *witness,
	uint64_t now, struct bytes *ret);

/**
 * head_cosign(h, size, line, witness):
 * Add a witness's signature line to the checkpoint of ${size} that was offered
 * or cosigned before, inside the open transaction. A repeat is harmless.
 * ROWAN_E_STALE when there is none for which it is valid, ROWAN_E_MALFORMED
 * for a line of another form or name, ROWAN_E_LIMIT for one too many.
 */
ROWAN_MUST int head_cosign(struct head *h, uint64_t size, struct bytes line,
	const struct note_key *witness);

/**
 * head_take(h, input, ret):
 * A checkpoint of this log that was carried to a witness by file, with
 * signatures of whomever: it may be cosigned from now on, like one that was
 * offered. ${ret} borrows from ${input}. ROWAN_E_MALFORMED; ROWAN_E_STALE when
 * it is not signed by this log, or not of its tree.
 */
ROWAN_MUST int head_take(
	struct head *h, struct bytes input, struct head_taken *ret);

/**
 * head_cosigned(h, need, ret):
 * The newest checkpoint with at least ${need} cosignatures; the caller owns
 * ${ret}. ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int head_cosigned(
	const struct head *h, size_t need, struct buf *ret);

/**
 * head_kept(h, at, ret):
 * One of those with cosignatures, the largest is 0; the caller owns ${ret}.
 * ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int head_kept(const struct head *h, size_t at, struct buf *ret);

#endif
