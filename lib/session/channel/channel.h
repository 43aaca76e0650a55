/*
 * Channels: the MLS group of each (RFC 9420), kept in the vault, and made
 * equal to the assignments without anybody's doing.
 *
 *	         create, Welcome            removed
 *	WAITING -----------------> IN ------------------> OUT
 *	   ^  ^                    | |
 *	   |  | reset: a new       | | a commit that cannot be applied: NACK
 *	   |  +-- generation --- FROZEN
 *	   +--- readmit -------- LOST   (an envelope is missing)
 *
 * A commit of our own is staged, kept, sent, and taken in when it comes back
 * through the mailbox; when another came first it is thrown away and what is
 * still needed is done anew. Who may no longer take part is removed before
 * anything is said; who is missing is added when a key package can be had.
 *
 * Trusts follow.h for who may take part. Trusts the daemon for nothing: what
 * breaks the channel's rules is refused and raises an alarm, whoever let it
 * through. Keeps no past epoch and no used key.
 *
 * Belongs to the session's thread.
 */
#ifndef SESSION_CHANNEL_H
#define SESSION_CHANNEL_H

#include "session/channel/content.h"
#include "session/vault/events.h"
#include "session/follow/follow.h"
#include "session/vault/identity.h"
#include "session/link/requests.h"
#include "wire/envelope.h"
#include "wire/hello.h"

#define CHANNEL_DEVICES_MAX WIRE_CHANNEL_DEVICES_MAX
#define CHANNEL_CODE_LEN    72 /* of a verification code, with its end */

#define CHANNEL_UPDATE_S    (7 * 24 * 3600)  /* own update at the latest */
#define CHANNEL_UPDATE_SENT 500		     /* ... or after so many messages */
#define CHANNEL_AWAY_S	    (60 * 24 * 3600) /* then a device is parked */
#define CHANNEL_PATIENCE_S  (24 * 3600)	     /* of one that waits to be added */

struct channels;

struct channels_options {
	struct vault *vault;
	struct events *events;
	struct requests *requests;
	struct follow *follow;
	const struct identity *me; /* with a card */
	/*
	 * A statement is needed: reset ${channel} from ${generation}, or
	 * readmit this device in a case. May be asked again while it is not
	 * there yet; never called from inside a transaction.
	 */
	void (*reset)(
		void *ctx, const struct id16 *channel, uint32_t generation);
	void (*readmit)(void *ctx, const struct id16 *case_id);
	/* Something can be sent now, or must be sealed anew; may be NULL. */
	void (*moved)(void *ctx, const struct id16 *channel);
	/*
	 * Inside a transaction, which ends with other codes than 0: a device
	 * came into the group, and may not open what was sealed for it when it
	 * was in it before; may be NULL.
	 */
	int (*replaced)(void *ctx, const struct id16 *channel,
		const struct id16 *device);
	void *ctx;
	/* Tests: a number below the given one, for jitter; NULL: random. */
	uint32_t (*below)(void *ctx, uint32_t n);
	uint64_t patience; /* seconds; 0: CHANNEL_PATIENCE_S */
};

/**
 * channels_new(ret, options), channels_free(x):
 * Load from the vault; everything in ${options} is borrowed.
 */
ROWAN_MUST int channels_new(
	struct channels **ret, const struct channels_options *options);
void channels_free(struct channels *x);

/**
 * channels_online(x, current):
 * Whether the connection is greeted and both the chains and the mailbox are
 * caught up: only then does channels_step change anything at the daemon.
 */
void channels_online(struct channels *x, bool current);

/**
 * channels_changed(x, case_id):
 * What follow.h says of a case, or with the zero id of the clinic, is new.
 */
void channels_changed(struct channels *x, const struct id16 *case_id);

/**
 * channels_time(x, now), channels_now(x):
 * The daemon's time, whenever follow_time is told it: lifetimes are judged
 * by it. As it was told last.
 */
void channels_time(struct channels *x, uint64_t now);
uint64_t channels_now(const struct channels *x);

/**
 * channels_self(x):
 * This device.
 */
const struct id16 *channels_self(const struct channels *x);

/**
 * channels_step(x, now_ms), channels_wait(x, now_ms):
 * Do what is due, a bounded piece of it; milliseconds until there is more to
 * do without being woken. Errors are the vault's.
 */
ROWAN_MUST int channels_step(struct channels *x, uint64_t now_ms);
uint64_t channels_wait(const struct channels *x, uint64_t now_ms);

/**
 * channels_forget(x):
 * Inside the caller's transaction: after READMIT_NEEDED, no group of this
 * vault is used again. Fresh key packages are published.
 */
ROWAN_MUST int channels_forget(struct channels *x);

/**
 * channels_aborted(x):
 * The transaction in which one of these was called did not happen.
 */
void channels_aborted(struct channels *x);

/* ---- looking ----------------------------------------------------------- */

struct channel_info {
	struct id16 case_id;
	uint8_t kind;	     /* enum wire_channel_kind */
	uint32_t generation; /* of the statements */
	uint64_t epoch;
	bool joined; /* what others write can be read */
	bool frozen; /* waits for a reset */
};

/**
 * channels_info(x, channel, ret):
 * ROWAN_E_NOT_FOUND for a channel this device never took part in.
 */
ROWAN_MUST int channels_info(struct channels *x, const struct id16 *channel,
	struct channel_info *ret);

/**
 * channels_devices(x, channel, ret, max, ret_len):
 * The devices in the group, in the order of leaves; none while not joined.
 */
ROWAN_MUST int channels_devices(struct channels *x, const struct id16 *channel,
	struct id16 *ret, size_t max, size_t *ret_len);

/**
 * channels_member(x, device):
 * Whose it is; the zero id when that is not known.
 */
struct id16 channels_member(struct channels *x, const struct id16 *device);

/**
 * channels_others(x, channel, members, count, ret):
 * Whether a device in the group is of none of these members, nor our own.
 */
ROWAN_MUST int channels_others(struct channels *x, const struct id16 *channel,
	const struct id16 *members, size_t count, bool *ret);

/**
 * channels_missing(x, channel, members, count, ret, ret_len):
 * Devices of these members, or further ones of our own member, that may take
 * part and are not in the group, but for parked ones.
 */
ROWAN_MUST int channels_missing(struct channels *x, const struct id16 *channel,
	const struct id16 *members, size_t count,
	struct id16 ret[CHANNEL_DEVICES_MAX], size_t *ret_len);

/**
 * channels_code(x, channel, ret):
 * The verification code: digits out of the epoch authenticator (RFC 9420
 * section 8.7), the same for all members of one epoch. ROWAN_E_STATE while
 * not joined, ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int channels_code(struct channels *x, const struct id16 *channel,
	char ret[CHANNEL_CODE_LEN]);

/* ---- for outbox.h ------------------------------------------------------ */

/**
 * channels_ready(x, channel):
 * 0 when something may be sealed now. ROWAN_E_AGAIN: not yet, it is being
 * worked on; options->moved tells. ROWAN_E_REFUSED: this device takes no part.
 */
ROWAN_MUST int channels_ready(struct channels *x, const struct id16 *channel);

/* Where something was sealed. */
struct channel_at {
	uint32_t generation; /* 0: in none */
	uint64_t epoch;
	struct id16 group_id;
};
struct channel_at channels_at(struct channels *x, const struct id16 *channel);

/**
 * channels_heads(x, channel, ret):
 * What this device believes now, to go into what it seals.
 */
ROWAN_MUST int channels_heads(struct channels *x, const struct id16 *channel,
	struct content_heads *ret);

/**
 * channels_seal(x, channel, plain, pad, ret):
 * Encrypt, padded to ${pad} bytes, inside the caller's transaction; the
 * caller owns ${ret}, which must not leave before that has committed.
 */
ROWAN_MUST int channels_seal(struct channels *x, const struct id16 *channel,
	struct bytes plain, uint32_t pad, struct buf *ret);

/**
 * channels_refused(x, channel, at, code):
 * The daemon refused what was sealed at ${at} with STALE, MEMBERSHIP or
 * REFUSED (wire/code.h).
 */
void channels_refused(struct channels *x, const struct id16 *channel,
	const struct channel_at *at, uint16_t code);

/* ---- for mailbox.h ----------------------------------------------------- */

/* What came out of an envelope. */
struct channel_opened {
	bool said; /* an application message; what follows is zero without */
	struct id16 case_id;
	uint8_t kind; /* enum wire_channel_kind */
	struct id16 member;
	struct id16 device;
	int code;	    /* 0, or why it cannot be read */
	uint64_t lost;	    /* messages of that device that never came */
	struct buf content; /* the caller's */
	bool joined;	    /* others came: names are said again */
	bool ours;	    /* and it was this device that let them in */
};

/**
 * channels_open(x, delivery, ret):
 * Take in one envelope inside the caller's transaction: a message, a commit,
 * a Welcome. Peers' faults become events, not errors. ROWAN_E_AGAIN: not
 * before the chains are caught up, which was started; nothing was done. Else
 * the vault's errors.
 */
ROWAN_MUST int channels_open(struct channels *x, const struct wire_delivery *d,
	struct channel_opened *ret);

/**
 * channels_keep(x):
 * Write what channels_open and channels_seal changed, inside the same
 * transaction, once before it commits.
 */
ROWAN_MUST int channels_keep(struct channels *x);

#endif
