/*
 * The inside of channel.h: what its files share.
 *
 *	channel.c		all channels: found, looked at, stepped
 *	channel_row.c		what the vault keeps
 *	channel_keep.c		groups out of the vault and into it
 *	channel_client.c	the MLS client, and whom it believes
 *	channel_package.c	key packages: made, published, thrown away
 *	channel_judge.c		is a commit within the channel's rules
 *	channel_open.c		messages and commits come in
 *	channel_join.c		Welcomes come in
 *	channel_door.c		what mailbox and outbox ask
 *	channel_sync.c		the tree is made equal to the assignments
 *	channel_commit.c	our own commits
 *	channel_fate.c		created, frozen, reset, lost
 *	channel_since.c		who might, at an earlier place in the chains
 */
#ifndef SESSION_CHANNEL_INNER_H
#define SESSION_CHANNEL_INNER_H

#include <rowan/mls.h>

#include "base/idmap.h"
#include "session/channel/channel.h"
#include "trust/disclosure.h"
#include "session/channel/channel_row.h"
#include "wire/group.h"
#include "wire/key.h"

#define CHANNEL_NEVER	  UINT64_MAX
#define CHANNEL_LOADED	  8	 /* groups in memory at a time */
#define CHANNEL_PAUSE_MS  10000	 /* after what may be mended by waiting */
#define CHANNEL_LOOK_MS	  300000 /* a channel that waits is asked after */
#define CHANNEL_JITTER_MS 3000	 /* so that not all commit at once */
#define CHANNEL_SHARE_MS  150	 /* of it for each device that could */
#define CHANNEL_HOLD_MS	  600000 /* a device without a key package */
#define CHANNEL_NAME	  (1 + ID16_LEN)

/* Devices that cannot be added for a while. */
struct channel_hold {
	struct id16 device;
	uint64_t until_ms;
	unsigned times;
};

/* A key package that was claimed and not committed yet. */
struct channel_claimed {
	struct id16 device;
	struct buf package;
	struct wire_hash ref;
	bool last_resort;
};

#define CHANNEL_CLAIMED_MAX WIRE_CLAIMS_MAX

struct channel {
	struct channels *x;
	struct id16 id;
	struct channel_row row;
	struct rowan_mls_group *group; /* of row.generation, when loaded */
	struct rowan_mls_group *older;
	uint64_t used; /* for forgetting the least recently used */
	bool kept;     /* row is in the vault */
	bool dirty;    /* row and group are to be kept */
	bool older_dirty;
	bool staged; /* there is a Staged in the vault */
	bool reread; /* memory may differ from the vault */

	/* Memory only. */
	bool moved;	  /* tell options.moved */
	bool asked;	  /* a request is unanswered */
	bool wanted;	  /* somebody waits to send */
	bool settled;	  /* membership was found equal, nothing to do */
	bool known;	  /* ${state} is of this connection */
	bool sent_staged; /* on this connection */
	bool must_go;	  /* as the daemon said */
	struct wire_group_state state;
	uint64_t known_s;  /* when it came, by the daemon's clock */
	uint64_t due_ms;   /* look at it then */
	uint64_t ready_ms; /* jitter: commit not before; 0: not set */
	uint64_t stale_ms; /* the daemon said STALE for ${stale}: wait */
	struct channel_at stale;
	unsigned failures;
	unsigned doubts;   /* in a row: in the daemon's tree, not in ours */
	uint64_t looked_s; /* entitlement last compared */
	struct channel_hold *hold;
	size_t hold_count, hold_cap;
	uint64_t hold_ms; /* of all, for want of memory */
	struct channel_claimed claimed[CHANNEL_CLAIMED_MAX];
	size_t claimed_count;
	struct id16 asked_for[WIRE_CLAIMS_MAX];
	size_t asked_count;
	struct follow_heads heard_clinic, heard_case; /* not compared yet */
	bool heard;
	bool fork_told;
};

struct channel_packages {
	bool asked, known, wanted;
	struct wire_key_stock stock;
	uint64_t due_ms;
	uint64_t next; /* number of the next row */
};

struct channels {
	struct channels_options o;
	struct rowan_mls *client;
	bool client_dirty;
	bool unsure;	    /* a card could not be judged yet */
	struct id16 judged; /* whose credential was judged last */
	struct idmap map;
	struct channel **list;
	size_t count, cap;
	size_t turn; /* where stepping goes on */
	uint64_t now_ms, now, clock;
	bool online, ending;
	bool refresh;	     /* what was changed could not be looked at... */
	uint64_t refresh_ms; /* ...until then */
	int error;
	struct id16 asked_chain; /* catching up was started for... */
	uint64_t asked_sequence; /* ...this envelope... */
	uint64_t asked_ms;	 /* ...then */
	uint64_t asked_looked;	 /* follow_looked by then */
	struct channel_packages packages;
};

static inline struct rowan_mls_bytes channel_mls(struct bytes b)
{
	return (struct rowan_mls_bytes){b.data, b.len};
}

static inline struct bytes channel_bytes(struct rowan_mls_bytes b)
{
	return bytes_of(b.data, b.len);
}

/* channel.c */
ROWAN_MUST int channel_find(
	struct channels *x, const struct id16 *id, struct channel **ret);
const struct case_channel *channel_stated(struct channel *c);
bool channel_mine(struct channel *c);
ROWAN_MUST int channel_ask(struct channel *c, const struct requests_new *n);
void channel_later(struct channel *c, uint64_t ms);
uint32_t channel_below(struct channels *x, uint32_t n);
ROWAN_MUST int channel_event(struct channel *c, uint16_t type,
	const struct id16 *device, uint64_t count, int32_t code);
ROWAN_MUST int channel_alarm(
	struct channel *c, enum rowan_alarm alarm, const struct id16 *device);
/* End a transaction of our own: ${rc} is what happened in it. */
ROWAN_MUST int channel_commit(struct channels *x, int rc);
struct id16 channel_member_of(struct channels *x, const struct id16 *device);

/* channel_keep.c */
struct bytes channel_name(
	char what, const struct id16 *id, uint8_t mem[CHANNEL_NAME]);
ROWAN_MUST int channel_load(struct channel *c);
ROWAN_MUST int channel_load_older(struct channel *c);
ROWAN_MUST int channel_keep(struct channel *c);
void channel_unload(struct channel *c);
void channel_trim(struct channels *x, const struct channel *but);
ROWAN_MUST int channel_read_row(struct channel *c);
/* Inside a transaction. The generation before is kept beside. */
ROWAN_MUST int channel_take_group(struct channel *c, struct rowan_mls_group *g,
	uint32_t generation, const struct id16 *id);
ROWAN_MUST int channel_drop_older(struct channel *c);
ROWAN_MUST int channel_drop_group(struct channel *c);
/*
 * The generation was begun twice: a restore has lost the reset by which we came
 * into our group, and another counts. Ours is dropped, in the open transaction.
 */
bool channel_unmade(const struct channel *c, const struct case_channel *stated);
ROWAN_MUST int channel_unmake(struct channel *c);
void channel_stand(struct channel *c, enum channel_stand stand);
/*
 * The time that was heard last may be old, and leap when it is heard again: no
 * earlier than the newest statement of the case.
 */
uint64_t channel_now(const struct channel *c);
struct channel_seen *channel_seen(struct channel *c, const struct id16 *device);
ROWAN_MUST int channel_see(struct channel *c, uint64_t heard);
ROWAN_MUST int channel_staged_keep(struct channel *c,
	const struct rowan_mls_committed *made, const struct wire_heads *marks);
ROWAN_MUST int channel_staged_drop(struct channel *c);
ROWAN_MUST int channel_staged_read(
	struct channel *c, struct buf *ret_mem, struct channel_staged *ret);

/* channel_client.c */
ROWAN_MUST int channel_client(struct channels *x);
ROWAN_MUST int channel_client_keep(struct channels *x);
void channel_client_drop(struct channels *x);
ROWAN_MUST int channel_leaf_device(struct rowan_mls_bytes credential,
	struct id16 *ret_device, struct id16 *ret_member);
ROWAN_MUST int channel_client_forget(struct channels *x);
bool channel_device_at(struct rowan_mls_group *g, uint32_t leaf,
	struct id16 *ret_device, struct id16 *ret_member);

/* channel_package.c */
ROWAN_MUST int channel_packages_step(struct channels *x);
uint64_t channel_packages_wait(const struct channels *x);
/* One may have been used, inside the transaction. */
ROWAN_MUST int channel_packages_used(struct channels *x);
ROWAN_MUST int channel_packages_forget(struct channels *x);

/* channel_judge.c */
struct channel_verdict {
	int alarm; /* 0: nothing wrong; else enum rowan_alarm */
	struct id16 device;
};
ROWAN_MUST int channel_judge(struct channel *c,
	const struct rowan_mls_received *r, const struct wire_heads *marks,
	uint64_t received, struct channel_verdict *ret);

/* channel_since.c */
struct channel_place {
	uint64_t clinic_number, case_number;
	uint64_t time; /* 0: not known */
};
/* 0 iff it may take part now, or might at that place or since. */
ROWAN_MUST int channel_might(struct channel *c, const struct id16 *device,
	const struct channel_place *at);
/* By a clock that is ahead of ours it may take part no more. */
bool channel_ends(struct channel *c, const struct id16 *device);
/* 0 iff a generation of the channel, past or present, has that group. */
ROWAN_MUST int channel_began(struct channel *c, struct bytes group_id);
/* A restore came after it was stated: there may have been a group that is lost.
 */
ROWAN_MUST int channel_unsure(
	struct channel *c, const struct case_channel *stated, bool *ret);
/* 0 iff the device has signed readmit after that number of the case. */
ROWAN_MUST int channel_readmitted(
	struct channel *c, const struct id16 *device, uint64_t after);

/* What of a content is committed to: all but the heads. */
static inline void channel_said(const struct content *c, struct said *ret)
{
	*ret = (struct said){c->id, c->sent, c->type, c->body};
}

/* channel_open.c: one envelope of each kind. */
ROWAN_MUST int channel_open_said(struct channel *c,
	const struct wire_delivery *d, struct channel_opened *ret);
ROWAN_MUST int channel_open_commit(struct channel *c,
	const struct wire_delivery *d, struct channel_opened *ret);
ROWAN_MUST int channel_open_nack(
	struct channel *c, const struct wire_delivery *d);
/* Ask for the chains once for an envelope; then ${rc} is the last word. */
bool channel_wait_for(struct channels *x, const struct wire_delivery *d,
	const struct id16 *of);
bool channel_wait_for_card(struct channels *x, const struct wire_delivery *d,
	const struct id16 *of);
ROWAN_MUST int channel_lost(struct channel *c, bool dropped);

/* channel_join.c */
ROWAN_MUST int channel_open_welcome(struct channel *c,
	const struct wire_delivery *d, struct channel_opened *ret);

/* channel_sync.c */
ROWAN_MUST int channel_sync(struct channel *c);
bool channel_must_go(struct channel *c);
void channel_changed(struct channel *c);

/*
 * Who may take part, ascending; more, perhaps, than have a place. The
 * caller's to free, also after an error.
 */
struct channel_entitled {
	size_t count;
	struct id16 *device;
};
ROWAN_MUST int channel_entitled(struct channel *c, struct channel_entitled *e);

/* channel_commit.c */
struct channel_need {
	size_t remove_count, add_count;
	uint32_t remove[CHANNEL_DEVICES_MAX];
	struct id16 add[CHANNEL_DEVICES_MAX];
	bool must; /* somebody goes who has no right any more */
	bool update;
};
ROWAN_MUST int channel_claim(
	struct channel *c, const struct channel_need *need);
ROWAN_MUST int channel_stage(
	struct channel *c, const struct channel_need *need);
ROWAN_MUST int channel_send_staged(struct channel *c);
ROWAN_MUST int channel_marks_now(struct channel *c, struct wire_heads *ret);
bool channel_held(const struct channel *c, const struct id16 *device);
void channel_claims_drop(struct channel *c);
void channel_claims_done(struct channel *c);

/* channel_fate.c */
ROWAN_MUST int channel_ask_state(struct channel *c);
/* Not in the group of this generation: create, wait, or ask for a reset. */
ROWAN_MUST int channel_without(struct channel *c);
ROWAN_MUST int channel_offer(struct channel *c);
ROWAN_MUST int channel_frozen(struct channel *c);
ROWAN_MUST int channel_is_lost(struct channel *c);

#endif
