/*
 * The inside of session.h, shared by its files.
 *
 *	session.c	beginning, end, one step
 *	session_greet.c	what happens after what on a new connection
 *	session_parts.c	making the parts
 *	session_glue.c	what they ask of each other
 *	session_self.c	this device's own card: its end, its revocation
 *	session_next.c	the daemon's next transport key
 *	session_daemon.c the daemon's card: whether to speak with it
 */
#ifndef SESSION_SESSION_INNER_H
#define SESSION_SESSION_INNER_H

#include "session/link/link.h"
#include "session/channel/mailbox.h"
#include "session/session_parts.h"
#include "wire/hello.h"

/* Where a connection is. */
enum session_phase {
	PHASE_NONE = 0,	    /* none, or not greeted */
	PHASE_GREETING = 1, /* hello is on its way */
	PHASE_CHAINS = 2,   /* chains are followed */
	PHASE_BETWEEN = 3,  /* subscribed; what happened meanwhile */
	PHASE_GOING = 4	    /* from now on everything comes by itself */
};

struct session {
	struct session_parts parts;
	struct identity me;
	struct wake *wake;
	struct link *link;		   /* NULL with another transport */
	const struct transport *transport; /* NULL before there is a card */
	struct requests *requests;
	struct mailbox *mailbox;
	char *proxy, *endpoint;
	const struct transport *given; /* tests */
	uint64_t (*monotonic_ms)(void *ctx);
	void *ctx;

	bool wanted;  /* a connection is */
	bool over;    /* the daemon says that we are revoked */
	bool renewed; /* the card, or the servers: make the parts anew */
	enum transport_state state;
	uint64_t connection; /* the one that was greeted last */
	enum session_phase phase;
	bool put_off;	   /* the daemon refused the last hello */
	uint64_t greet_at; /* monotonic: PHASE_NONE: hello again */
	uint64_t greet_pause;
	uint64_t ping_at; /* monotonic */
	bool trusted;	  /* the daemon of this connection was judged */
	bool judge;	  /* again, for there is news of the clinic's chain */
	bool accused;
	int daemon_code; /* 0, or why the last one was not spoken with */
	uint64_t daemon_ends;
	int fault; /* of the vault, met in an answer */

	uint64_t heard; /* the daemon's time in seconds, 0: not yet */
	uint64_t heard_at;
	bool doubtful;
	struct self *self;
};

uint64_t session_ms(const struct session *s);

/* ---- session_parts.c ---- */

ROWAN_MUST int session_compose(struct session *s);
void session_decompose(struct session *s);

/* ---- session_greet.c ---- */

ROWAN_MUST int session_greet_step(struct session *s, uint64_t now_ms);
void session_pushed(void *ctx, const struct wire_message *m);
/* Tell the parts whether they may work now. */
void session_online(struct session *s);
/* The connection is gone. */
void session_lost(struct session *s);

/* ---- session_next.c ---- */

/* Ask for the daemon's next key, once a connection. */
void session_ask_next(struct session *s);

/* ---- session_daemon.c ---- */

/* The cards of daemons that bind a key. */
struct daemon_cards {
	bool known, unrevoked, alive, begun; /* there is one that ... */
	uint64_t ends;			     /* the last of those alive */
};
ROWAN_MUST int session_daemon_cards(struct session *s,
	const struct wire_key *key, uint64_t now, struct daemon_cards *ret);
/*
 * Judge the daemon of this connection; what may have been renewed since is
 * not held against it before the chains are followed, when ${whole}.
 */
ROWAN_MUST int session_daemon_judge(struct session *s, bool whole);
/* Whether one that was trusted is to be judged again. */
bool session_daemon_due(struct session *s);

/* ---- session_glue.c: callbacks whose ctx is the session ---- */

void glue_changed(void *ctx, const struct id16 *case_id);
bool glue_barred(
	void *ctx, const struct id16 *case_id, const struct id16 *member);
int glue_forget(void *ctx, uint64_t counter);
void glue_reset(void *ctx, const struct id16 *channel, uint32_t generation);
void glue_readmit(void *ctx, const struct id16 *case_id);
void glue_moved(void *ctx, const struct id16 *channel);
int glue_replaced(
	void *ctx, const struct id16 *channel, const struct id16 *device);
void glue_blob_sent(void *ctx, const struct id16 *blob, int rc);
void glue_blob_got(
	void *ctx, const struct transfer_what *what, int rc, struct bytes data);
int glue_post(void *ctx, const struct messages_post *post);
int glue_unpost(void *ctx, const struct id16 *message);
int glue_channel(void *ctx, const struct id16 *channel, struct id16 *ret_case,
	uint8_t *ret_kind);
int glue_delivered(
	void *ctx, const struct id16 *message, const struct id16 *device);
int glue_opened(
	void *ctx, const struct mailbox_from *from, struct bytes content);
int glue_unreadable(void *ctx, const struct mailbox_from *from, int code);
int glue_joined(void *ctx, const struct id16 *channel, bool ours);
int glue_sent(void *ctx, const struct id16 *message, uint64_t time);
int glue_logged(void *ctx, const struct proofs_submitted *s);
int glue_unsent(void *ctx, const struct id16 *message, int code);
int glue_unreached(void *ctx, const struct outbox_unreached *u);
/* All of it; what the mailbox or the outbox, what messages changed. */
void glue_aborted(void *ctx);
void glue_mail_aborted(void *ctx);
void glue_messages_aborted(void *ctx);

/* ---- session_self.c ---- */

struct self;

ROWAN_MUST int self_new(struct self **ret, struct session *s);
void self_free(struct self *x);
/* The daemon does not know our key any more, or knows it. */
ROWAN_MUST int self_known(struct self *x, bool known);
/* It was revoked, by a statement that was checked. */
ROWAN_MUST int self_revoked(struct self *x, const struct wire_statement *s);
/* The clinic's chain has changed: perhaps our card was renewed in it. */
void self_changed(struct self *x);
/* Take the renewed card; warn before it ends. */
ROWAN_MUST int self_step(struct self *x, uint64_t now);

#endif
