/*
 * The daemon's store: envelopes, devices, cases, channels, key packages,
 * blobs. Everything that must survive a power cut is behind this header.
 *
 * Trusts its caller for authorisation: whether a device may do something is
 * asked here (store_channel_access) and decided in daemon/ops. Trusts the
 * disk for nothing but to keep what it synced: what is read back and does
 * not open under the store key is ROWAN_E_CORRUPT.
 *
 * Never speaks of the engine below; another one may stand behind this header.
 *
 * Threads: a struct store belongs to one thread, the writer. Each other
 * thread that reads opens a struct store_reader of its own. One further
 * thread may own the struct store_keeper. All of them are closed before the
 * store is.
 *
 * Times are seconds since 1970, given by the caller (daemon/clock); the store
 * never looks at a clock. It keeps action times to the hour only.
 *
 * Codes, unless a function says more:
 *   ROWAN_E_AGAIN    the engine failed for now (disk error, no memory);
 *                    after it from a changing call only store_undo,
 *                    store_abort or store_commit help
 *   ROWAN_E_FULL     no room; deletions, acknowledgements, expiry still work
 *   ROWAN_E_CORRUPT  stored bytes are damaged: stop serving
 *   ROWAN_E_STATE    called outside the order begin, operations, commit
 *   ROWAN_E_INVAL    an argument is outside the limits below
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/bytes.h"
#include "base/id.h"
#include "base/secret.h"
#include "store/store_admin.h"
#include "store/store_chain.h"
#include "store/store_invite.h"
#include "store/store_log.h"

struct store;
struct store_reader;
struct store_keeper;

/* Limits of the stored form; operations have tighter ones of their own. */
#define STORE_ENVELOPE_MAX  (256 * 1024) /* bytes of one envelope */
#define STORE_CHUNK_MAX	    (66 * 1024)	 /* bytes of one blob chunk */
#define STORE_CHUNKS_MAX    65536	 /* chunks of one blob */
#define STORE_CARD_MAX	    (16 * 1024)	 /* bytes of one card with its chain */
#define STORE_PACKAGE_MAX   (32 * 1024)	 /* bytes of one key package */
#define STORE_META_MAX	    (64 * 1024)	 /* bytes of one meta value */
#define STORE_AGENCY_MAX    16		 /* characters of an agency code */
#define STORE_RECIPIENT_MAX 1024	 /* devices one envelope goes to */
#define STORE_WINDOW	    256		 /* counters whose fate is remembered */
#define STORE_HASH_LEN	    32

/* ---- opening ---- */

struct store_options {
	const char *path; /* the file; "-wal" and "-reserve" lie beside */
	const struct key32 *key; /* the store key; copied */
	uint64_t max_bytes;	 /* page quota; 0: 128 GiB, the most there is */
	uint64_t reserve_bytes;	 /* size of the reserve file; 0: none */
	uint32_t mailbox_max;	 /* envelopes waiting per device */
	uint32_t mailbox_reserve; /* of these, for urgent ones only */
	uint64_t blob_open_time;  /* seconds an incomplete blob stays; 0: all */
	uint32_t cache_kib;	  /* page cache of the writer; 0: default */
	bool skip_check;	  /* no integrity check at start (tests) */
	const char *vfs;	  /* tests: name of another VFS; NULL */
};

/**
 * store_open(ret, options):
 * Open or create the store, bring its schema up to date and check it.
 * Everything ${options} points to is copied.
 * Returns ROWAN_E_TOO_NEW for a newer schema, ROWAN_E_TOO_OLD for one that is
 * not read any more, ROWAN_E_CRYPTO for another store key than the one it was
 * made with, ROWAN_E_CORRUPT when damaged or not a store, ROWAN_E_IO when a
 * file cannot be opened or written, ROWAN_E_AGAIN when another process has the
 * store. ${ret} is closed by store_close.
 */
ROWAN_MUST int store_open(struct store **ret, const struct store_options *);

/**
 * store_limits(st, options):
 * Take ${mailbox_max}, ${mailbox_reserve} and ${blob_open_time} of ${options}
 * from now on. For the writer's thread.
 */
void store_limits(struct store *st, const struct store_options *options);

/**
 * store_close(st):
 * Roll back what is open, close and wipe. NULL is harmless. What was
 * committed needs no close to be safe.
 */
void store_close(struct store *st);

/**
 * store_view(st):
 * The writer's own reader: sees what the open transaction has changed.
 * Borrowed; for the writer's thread only; valid until store_close.
 */
struct store_reader *store_view(struct store *st);

/**
 * store_reader_open(ret, st):
 * A reader for another thread, with a read-only view of what is committed at
 * the time of each call. May be called from that thread while the writer
 * works. Closed by store_reader_close before ${st} is.
 */
ROWAN_MUST int store_reader_open(
	struct store_reader **ret, const struct store *st);
void store_reader_close(struct store_reader *rd);

/* ---- transactions (writer) ---- */

/**
 * store_begin(st, now):
 * Start a transaction: the group of operations that store_commit makes
 * durable together. ${now} dates everything in it.
 */
ROWAN_MUST int store_begin(struct store *st, uint64_t now);

/**
 * store_doubt(st, sure):
 * The clock is doubtful: in the open transaction what starts after ${sure}
 * has not started, while everything ends by the time store_begin was given.
 */
void store_doubt(struct store *st, uint64_t sure);

/**
 * store_mark(st), store_keep(st), store_undo(st):
 * One operation inside the transaction: store_mark before it, then either
 * store_keep or store_undo, which takes back everything since the mark.
 * Marks do not nest. When store_undo fails the transaction is lost:
 * store_commit will say so.
 */
ROWAN_MUST int store_mark(struct store *st);
ROWAN_MUST int store_keep(struct store *st);
ROWAN_MUST int store_undo(struct store *st);

/**
 * store_mark_one(st):
 * As store_mark, for an operation that makes one changing call and is undone
 * only when that call refused: store_submit and store_acknowledge refuse
 * before they change anything. Costs next to nothing. store_undo after a
 * change loses the transaction.
 */
ROWAN_MUST int store_mark_one(struct store *st);

/**
 * store_commit(st):
 * Make the transaction durable: returns 0 only after the disk has said so.
 * On any error nothing of it happened, and no answer of it may leave as
 * accepted: ROWAN_E_AGAIN or ROWAN_E_FULL. A transaction that changed
 * nothing costs no sync.
 */
ROWAN_MUST int store_commit(struct store *st);

/**
 * store_failed(rc):
 * Whether ${rc} is a failure of the store or the machine, not what the rules
 * say of somebody's bytes.
 */
static inline bool store_failed(int rc)
{
	return rc == ROWAN_E_NOMEM || rc == ROWAN_E_AGAIN ||
	       rc == ROWAN_E_FULL || rc == ROWAN_E_IO || rc == ROWAN_E_CORRUPT;
}

/**
 * store_abort(st):
 * Take back the whole transaction. Harmless when none is open.
 */
void store_abort(struct store *st);

/**
 * store_room(st):
 * Return true iff the store takes new envelopes, blobs and key packages; when
 * false those calls give ROWAN_E_FULL. Settled at store_begin.
 */
bool store_room(const struct store *st);

/* ---- members and devices ---- */

struct store_device {
	struct id16 id;
	struct id16 member;
	struct key32 transport; /* X25519 public key */
	uint8_t role;		/* as the card says */
	char agency[STORE_AGENCY_MAX + 1];
	uint32_t rights;
	uint64_t from, until; /* validity of the card; until 0: no end */
	bool revoked;
};

/**
 * store_device_put(st, device, card):
 * Add a device or replace what is known of it under the same id; the member
 * is added when new. ${card} (may be empty) is kept and returned as it is.
 * ROWAN_E_EXISTS when another device has the transport key.
 */
ROWAN_MUST int store_device_put(
	struct store *st, const struct store_device *device, struct bytes card);

/**
 * store_device_revoke(st, id):
 * Mark as revoked, for ever: its waiting deliveries and key packages go.
 * ROWAN_E_NOT_FOUND; revoking twice is harmless.
 */
ROWAN_MUST int store_device_revoke(struct store *st, const struct id16 *id);

/**
 * store_device_by_id, store_device_by_key(rd, ..., ret):
 * Look a device up by id or by transport key. Revoked ones are found, marked
 * so. ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int store_device_by_id(struct store_reader *rd,
	const struct id16 *id, struct store_device *ret);
ROWAN_MUST int store_device_by_key(struct store_reader *rd,
	const struct key32 *transport, struct store_device *ret);

/**
 * store_device_card(rd, id, ret):
 * The card stored with the device; the caller owns ${ret}.
 */
ROWAN_MUST int store_device_card(
	struct store_reader *rd, const struct id16 *id, struct buf *ret);

/**
 * store_member_devices(rd, member, ret, max, ret_len):
 * Copy the ids of up to ${max} devices of ${member}, revoked ones left out.
 * ROWAN_E_LIMIT when there are more.
 */
ROWAN_MUST int store_member_devices(struct store_reader *rd,
	const struct id16 *member, struct id16 *ret, size_t max,
	size_t *ret_len);

/**
 * store_member_device(rd, member, i, ret):
 * The ${i}th device of ${member}, oldest first, revoked ones included.
 * ROWAN_E_NOT_FOUND past the last and for an unknown member.
 */
ROWAN_MUST int store_member_device(struct store_reader *rd,
	const struct id16 *member, size_t i, struct id16 *ret);

/**
 * store_device_shares(rd, device, other, now):
 * Return 0 iff the members of both devices are assigned to one open channel
 * at ${now}; revoked devices count. Unknown ones and strangers are the one
 * ROWAN_E_REFUSED.
 */
ROWAN_MUST int store_device_shares(struct store_reader *rd,
	const struct id16 *device, const struct id16 *other, uint64_t now);

/**
 * store_device_seen(st, id), store_device_away(st, id, ret):
 * Note that a device is here today; whether it was last here STORE_AWAY_DAYS
 * ago or longer, as far as the clock is sure. Only the day is kept. One that
 * never was here is not away. ROWAN_E_REFUSED for an unknown device.
 */
#define STORE_AWAY_DAYS 60
ROWAN_MUST int store_device_seen(struct store *st, const struct id16 *id);
ROWAN_MUST int store_device_away(
	struct store *st, const struct id16 *id, bool *ret);

/* ---- cases, channels, assignments ---- */

struct store_case {
	struct id16 id;
	bool closed;
};

struct store_channel {
	struct id16 id;
	struct id16 case_id;
	uint8_t kind;	     /* support, team, diary: the caller's numbers */
	uint32_t generation; /* counts resets */
	bool closed;	     /* a reset or closure: takes no envelope */
};

struct store_assignment {
	struct id16 member;
	uint64_t from, until; /* in force while from <= now < until; 0: open */
};

/**
 * store_case_put, store_channel_put(st, ...):
 * Add, or replace under the same id. A channel's case must exist and cannot
 * change (ROWAN_E_NOT_FOUND, ROWAN_E_EXISTS).
 */
ROWAN_MUST int store_case_put(struct store *st, const struct store_case *c);
ROWAN_MUST int store_channel_put(
	struct store *st, const struct store_channel *channel);
ROWAN_MUST int store_case_get(
	struct store_reader *rd, const struct id16 *id, struct store_case *ret);
/**
 * store_case_next(rd, row, ret):
 * The case in the first row above ${*row}, which becomes its row: in the order
 * in which they came; begin with 0. ROWAN_E_NOT_FOUND past the last.
 */
ROWAN_MUST int store_case_next(
	struct store_reader *rd, int64_t *row, struct store_case *ret);
ROWAN_MUST int store_channel_get(struct store_reader *rd, const struct id16 *id,
	struct store_channel *ret);

/**
 * store_case_channels(rd, case_id, ret, max, ret_len):
 * Copy up to ${max} channels of the case, closed ones too, oldest first.
 * ROWAN_E_LIMIT when there are more.
 */
ROWAN_MUST int store_case_channels(struct store_reader *rd,
	const struct id16 *case_id, struct store_channel *ret, size_t max,
	size_t *ret_len);

/**
 * store_assign, store_unassign(st, channel, ...):
 * Put or replace the one assignment of a member to a channel; take it away
 * (harmless when there is none). ROWAN_E_NOT_FOUND for an unknown channel or
 * member. Waiting deliveries stay: they were sent before.
 */
ROWAN_MUST int store_assign(struct store *st, const struct id16 *channel,
	const struct store_assignment *assignment);
ROWAN_MUST int store_unassign(struct store *st, const struct id16 *channel,
	const struct id16 *member);

/**
 * store_channel_assignments(rd, channel, ret, max, ret_len):
 * Copy up to ${max} assignments, in force or not. ROWAN_E_LIMIT when there
 * are more.
 */
ROWAN_MUST int store_channel_assignments(struct store_reader *rd,
	const struct id16 *channel, struct store_assignment *ret, size_t max,
	size_t *ret_len);

/**
 * store_channel_case(st, channel, ret):
 * The case of a channel, remembered. ROWAN_E_REFUSED for an unknown one.
 */
ROWAN_MUST int store_channel_case(
	struct store *st, const struct id16 *channel, struct id16 *ret);

/**
 * store_channel_access(st, channel, device):
 * Return 0 iff in the open transaction the device exists, is not revoked, its
 * card is in force and its member is assigned to the open channel now. Every
 * other case, unknown ids included, is the one ROWAN_E_REFUSED.
 */
ROWAN_MUST int store_channel_access(struct store *st,
	const struct id16 *channel, const struct id16 *device);

/**
 * store_channel_entitled(st, channel, ret, max, ret_len):
 * Copy the devices for which store_channel_access returns 0, in no order.
 * ROWAN_E_LIMIT when there are more than ${max}, and ${ret_len} says how many;
 * ROWAN_E_REFUSED for an unknown or closed channel.
 */
ROWAN_MUST int store_channel_entitled(struct store *st,
	const struct id16 *channel, struct id16 *ret, size_t max,
	size_t *ret_len);

/* ---- key packages ---- */

struct store_package {
	struct bytes body;
	uint8_t hash[STORE_HASH_LEN]; /* remembered for ever */
	uint64_t until;		      /* its leaf's lifetime ends */
	bool last_resort;
};

/**
 * store_package_put(st, device, package):
 * Publish one key package. A last-resort one replaces the earlier one.
 * ROWAN_E_EXISTS when a package of this hash was ever published.
 * ROWAN_E_REFUSED for an unknown or revoked device, ROWAN_E_QUOTA when the
 * device has ${max} single-use ones already, ROWAN_E_FULL.
 */
ROWAN_MUST int store_package_put(struct store *st, const struct id16 *device,
	const struct store_package *package, uint32_t max);

/**
 * store_package_known(st, hash):
 * 0 iff a package with this hash was ever published, claimed or not, else
 * ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int store_package_known(
	struct store *st, const uint8_t hash[STORE_HASH_LEN]);

/**
 * store_package_claim(st, device, ret_body, ret_last_resort):
 * Take one package of ${device}: a single-use one, in force, is deleted by the
 * same statement that reads it; when none is left the last-resort one, which
 * stays. The caller owns ${ret_body}. ROWAN_E_NOT_FOUND when there is none.
 */
ROWAN_MUST int store_package_claim(struct store *st, const struct id16 *device,
	struct buf *ret_body, bool *ret_last_resort);

/**
 * store_package_drop(st, device):
 * All packages of a device are void: it has lost their keys. ROWAN_E_REFUSED
 * for an unknown device.
 */
ROWAN_MUST int store_package_drop(struct store *st, const struct id16 *device);

struct store_stock {
	uint32_t available;    /* single use, left */
	bool last_resort;      /* there is one */
	bool last_resort_used; /* and it was claimed since it was put */
};

/**
 * store_package_count(rd, device, ret):
 * What is left of the key packages of ${device}.
 */
ROWAN_MUST int store_package_count(struct store_reader *rd,
	const struct id16 *device, struct store_stock *ret);

/* ---- envelopes ---- */

struct store_envelope {
	struct id16 channel;
	uint64_t counter; /* of the sending device; from 1 */
	uint8_t kind;	  /* the caller's numbers; returned at delivery */
	bool urgent;
	uint64_t expires; /* 0: never by itself */
	uint64_t leaf;	  /* number in the log; UINT64_MAX: none */
	struct bytes body;
	const struct id16 *to; /* NULL: the devices assigned now */
	size_t to_len;
};

/* One envelope in one mailbox. */
struct store_delivery {
	struct id16 device;
	uint64_t seq;
};

/*
 * What became of a submission. ${deliveries} borrows from the store until its
 * next changing call; empty for a repeat.
 */
struct store_submitted {
	bool repeat; /* the counter was accepted before: same answer again */
	uint64_t received; /* as its deliveries will show it */
	const struct store_delivery *deliveries;
	size_t deliveries_len;
};

/**
 * store_submit(st, device, envelope, ret):
 * Store one envelope of ${device} and give it a place in the mailbox of each
 * device it is for: every device, not revoked, of every member assigned to
 * the channel, the sender excepted. Stored once however many they are; for
 * nobody it is accepted and not stored.
 *
 * The counter makes a repeat harmless: one that was accepted before changes
 * nothing and has ${ret}->repeat set. A refused one may be tried again.
 * Access is not judged here, see store_channel_access.
 *
 * ROWAN_E_REFUSED: no such channel or sender, or the channel is closed.
 * ROWAN_E_QUOTA: the mailbox of a recipient is full (nobody gets it).
 * ROWAN_E_EXISTS: the counter is too old to tell (STORE_WINDOW below the
 * highest one). ROWAN_E_FULL.
 */
ROWAN_MUST int store_submit(struct store *st, const struct id16 *device,
	const struct store_envelope *envelope, struct store_submitted *ret);

/**
 * store_is_repeat(st, device, counter):
 * Return true iff an envelope with this counter of the device was accepted
 * before, or is too old to tell.
 */
bool store_is_repeat(
	struct store *st, const struct id16 *device, uint64_t counter);

/**
 * store_post(st, envelope, ret):
 * Store an envelope of the daemon's own making for the devices that
 * ${envelope}->to names, revoked ones left out; its counter is 0. No mailbox
 * is too full for it: what a channel's group went through must reach whoever
 * is in it, and there is one commit an epoch. ROWAN_E_REFUSED: no such channel
 * or device, or the channel is closed. ROWAN_E_FULL.
 */
ROWAN_MUST int store_post(struct store *st,
	const struct store_envelope *envelope, struct store_submitted *ret);

/**
 * store_counter(rd, device, ret):
 * The highest counter accepted from ${device}; 0 when none was.
 */
ROWAN_MUST int store_counter(
	struct store_reader *rd, const struct id16 *device, uint64_t *ret);

struct store_item {
	uint64_t seq;
	struct id16 channel;
	uint8_t kind;
	bool urgent;
	uint64_t received; /* when it was submitted, as coarse as it is kept */
	uint64_t expires;
	uint64_t leaf;	   /* of its submission in the log; UINT64_MAX: none */
	struct bytes body; /* borrows from the batch */
};

/* A batch of deliveries; memory is reused from one fetch to the next. */
struct store_batch;

ROWAN_MUST int store_batch_new(struct store_batch **ret);
void store_batch_free(struct store_batch *batch);

/**
 * store_batch_clear(batch):
 * Overwrite what the last fetch left in it, which is no longer valid.
 */
void store_batch_clear(struct store_batch *batch);

/**
 * store_batch_items(batch, ret_len):
 * The items of the last fetch, in order of sequence; valid until the next
 * one.
 */
const struct store_item *store_batch_items(
	const struct store_batch *batch, size_t *ret_len);

struct store_fetch {
	struct id16 device;
	uint64_t from;	    /* lowest sequence wanted */
	uint64_t now;	    /* what expired by then is left out; 0: nothing */
	uint32_t max_items; /* at most; and while bodies fit into... */
	uint32_t max_bytes; /* ...this; the first item always fits */
};

/**
 * store_fetch(rd, fetch, batch, ret_more):
 * Fill ${batch} with waiting deliveries of a device. ${ret_more} tells
 * whether there are further ones. An unknown device has none.
 */
ROWAN_MUST int store_fetch(struct store_reader *rd,
	const struct store_fetch *fetch, struct store_batch *batch,
	bool *ret_more);

/**
 * store_waiting(rd, device, ret):
 * How many deliveries wait in the mailbox of ${device}; cheap (a counter). 0
 * for an unknown one.
 */
ROWAN_MUST int store_waiting(
	struct store_reader *rd, const struct id16 *device, uint64_t *ret);

/* Sequences first..last, both included. */
struct store_range {
	uint64_t first, last;
};

/**
 * store_acknowledge(st, device, ranges, len, ret_removed):
 * Remove deliveries; an envelope goes with its last one. What is not there
 * is ignored, so a repeat is harmless. ${ret_removed} may be NULL.
 */
ROWAN_MUST int store_acknowledge(struct store *st, const struct id16 *device,
	const struct store_range *ranges, size_t len, size_t *ret_removed);

/* ---- blobs ---- */

struct store_blob {
	struct id16 id;
	struct id16 channel;
	struct id16 owner; /* the device that began it */
	uint64_t size;	   /* bytes, as announced */
	uint32_t chunks;   /* how many it will have */
	uint32_t have;	   /* how many it has */
	uint64_t hold;	   /* not readable before; 0: at once */
	uint64_t expires;  /* 0: never by itself */
};

/**
 * store_blob_begin(st, blob):
 * Announce a blob under an id of the owner's choice; ${blob}->have is
 * ignored. Until it is complete it expires the store's blob_open_time after
 * its last chunk, if that is earlier. The same announcement again is harmless.
 * ROWAN_E_REFUSED when the id is taken by another one, or channel or owner are
 * unknown. ROWAN_E_FULL.
 */
ROWAN_MUST int store_blob_begin(
	struct store *st, const struct store_blob *blob);

/**
 * store_blob_put(st, owner, id, index, chunk):
 * Store chunk ${index} (from 0, any order). One that is there already stays
 * as it is. ROWAN_E_REFUSED when unknown or another device's, ROWAN_E_LIMIT
 * when the index is outside. ROWAN_E_FULL.
 */
ROWAN_MUST int store_blob_put(struct store *st, const struct id16 *owner,
	const struct id16 *id, uint32_t index, struct bytes chunk);

/**
 * store_blob_get(rd, id, ret):
 * What is known of a blob. ROWAN_E_NOT_FOUND. Whether it may be shown (held,
 * incomplete, whose channel) is the caller's to judge.
 */
ROWAN_MUST int store_blob_get(
	struct store_reader *rd, const struct id16 *id, struct store_blob *ret);

struct store_usage {
	uint32_t open;	 /* blobs begun and not complete */
	uint64_t chunks; /* announced, of all blobs */
};

/**
 * store_blob_usage(rd, owner, ret):
 * What the blobs of ${owner} take up; nothing for an unknown device.
 */
ROWAN_MUST int store_blob_usage(struct store_reader *rd,
	const struct id16 *owner, struct store_usage *ret);

/**
 * store_blob_missing(rd, id, from, ret):
 * The lowest index from ${from} on that was not put; the number of chunks
 * when none is missing.
 */
ROWAN_MUST int store_blob_missing(struct store_reader *rd,
	const struct id16 *id, uint32_t from, uint32_t *ret);

/**
 * store_blob_chunk(rd, id, index, ret):
 * One chunk; the caller owns ${ret}. ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int store_blob_chunk(struct store_reader *rd, const struct id16 *id,
	uint32_t index, struct buf *ret);

/**
 * store_blob_delete(st, id):
 * Make the blob unknown at once; its chunks are erased by store_sweep in
 * slices. ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int store_blob_delete(struct store *st, const struct id16 *id);

/* ---- time's work, in slices ---- */

/*
 * What one slice did. The caller goes on while ${more}, in a later
 * transaction; ${next} is when something falls due next (0: nothing).
 */
struct store_slice {
	bool more;
	uint64_t next;
	size_t done;
	bool blanked;  /* of a case every detail in the log is gone now... */
	uint64_t gone; /* ...and of so many leaves of the log, in all */
};

/**
 * store_expire(st, max, ret):
 * Delete up to ${max} envelopes, blobs, key packages and invites whose time
 * is over.
 * Not to be called while the clock is doubtful.
 */
ROWAN_MUST int store_expire(
	struct store *st, uint32_t max, struct store_slice *ret);

/**
 * store_sweep(st, max, ret):
 * Erase up to ${max} rows of what was deleted before (chunks of deleted
 * blobs, mailboxes of revoked devices). Needs no clock.
 */
ROWAN_MUST int store_sweep(
	struct store *st, uint32_t max, struct store_slice *ret);

/* ---- meta ---- */

/* Numbers of the values; numbers are never reused. */
enum store_meta {
	STORE_META_CLOCK = 1,	     /* daemon/clock's state */
	STORE_META_TRANSPORT = 2,    /* transport key pairs */
	STORE_META_OPERATIONS = 3,   /* for daemon/ops */
	STORE_META_COSIGNED = 4,     /* checkpoints with cosignatures */
	STORE_META_RETURNING = 5,    /* what a restore waits for */
	STORE_META_NOTED = 6,	     /* acts on the files that were taken */
	STORE_META_SEQUENCES = 7,    /* where a fresh mailbox begins */
	STORE_META_PENDING = 8,	     /* restored, and not finished */
	STORE_META_SETTINGS = 9,     /* those in force last */
	STORE_META_USER_FIRST = 1000 /* tests */
};

/**
 * store_meta_put(st, key, value), store_meta_get(rd, key, ret):
 * One small sealed value each. Put with an empty value deletes. The caller
 * owns ${ret}. ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int store_meta_put(
	struct store *st, uint32_t key, struct bytes value);
ROWAN_MUST int store_meta_get(
	struct store_reader *rd, uint32_t key, struct buf *ret);

/* ---- upkeep ---- */

/**
 * store_keeper_open(ret, st):
 * The one who moves committed bytes from the log into the file, off the
 * commit path. For one thread, which may be any but the writer's.
 */
ROWAN_MUST int store_keeper_open(
	struct store_keeper **ret, const struct store *st);
void store_keeper_close(struct store_keeper *kp);

/**
 * store_keeper_run(kp):
 * Move what there is when it is worth while; may take long (it waits for the
 * disk), never blocks the writer. To be called about every 100 ms while there
 * is traffic.
 * ROWAN_E_AGAIN: nothing lost, try later.
 */
ROWAN_MUST int store_keeper_run(struct store_keeper *kp);

/**
 * store_tidy(st, now, idle):
 * The writer's share, between transactions: finish the move when the log has
 * grown past its bound or ${idle} says that nothing waits, and cut the log so
 * that what was deleted is gone from it (see docs/store.md, invariant "gone").
 * To be called after each commit, cheap when there is nothing to do, and once
 * a second when idle. Also lays the reserve file again when there is room, and
 * sees that nobody has removed or replaced the store's files: ROWAN_E_CORRUPT,
 * and nothing may be promised any more.
 */
ROWAN_MUST int store_tidy(struct store *st, uint64_t now, bool idle);

/**
 * store_check(rd, ret_problem):
 * The whole integrity check, the store's own invariants, and every sealed
 * value opened; long. Returns ROWAN_E_CORRUPT and sets ${ret_problem} to a
 * sentence, valid until the next check of ${rd}.
 */
ROWAN_MUST int store_check(struct store_reader *rd, const char **ret_problem);

struct store_stats {
	uint64_t devices;
	uint64_t channels;
	uint64_t envelopes;  /* waiting or held */
	uint64_t deliveries; /* places in mailboxes */
	uint64_t blobs;
	uint64_t pages, pages_free, page_size;
	uint64_t log_bytes; /* of the write-ahead log */
};

/**
 * store_stats(rd, ret):
 * Counts; slow (reads indexes), for administration.
 */
ROWAN_MUST int store_stats(struct store_reader *rd, struct store_stats *ret);

#endif
