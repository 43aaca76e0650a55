/*
 * Inside the agent: its state, its requests, and who waits for what.
 */
#ifndef AGENT_INNER_H
#define AGENT_INNER_H

#include <rowan.h>

#include "agent/book.h"
#include "agent/evlog.h"
#include "agent/keyring.h"
#include "agent/line.h"
#include "agent/places.h"
#include "ui/exits.h"
#include "ui/words.h"

#define AGENT_PEERS_MAX 64

struct agent;

/* A command at the other end. */
struct peer {
	struct line line;
	bool listens;	      /* gets events */
	json_int_t listen_id; /* of its request */
	uint64_t cursor;      /* up to which it has them */
	bool close;	      /* once all is sent */
	struct peer *next;
};

/* One request of a peer. */
struct request {
	struct agent *agent;
	struct peer *peer;
	json_int_t id;
	json_t *in;
	json_t *out; /* the answer, filled by the operation */
	int exit;    /* of a refusal with words of its own */
	const char *words, *hint;
	char *detail;	     /* a name or path that belongs to it */
	struct id16 of_case; /* that name_case found last */
	bool has_case;
};

/* Returned by operations besides 0 and enum rowan_error. */
enum { AGENT_REFUSED = 1, AGENT_WAITS = 2 };

enum wait_kind {
	WAIT_ACT,     /* DONE or FAILED, by number; what revokes, by device */
	WAIT_SENT,    /* SENT or UNSENT, by message */
	WAIT_FETCH,   /* FETCHED or FETCH_FAILED, by message */
	WAIT_COMPARE, /* COMPARE, by invite, or of this device (zero) */
	WAIT_ENROLLED,
	WAIT_CURRENT, /* the link is current */
	WAIT_AUDIT    /* entries of the log, each an event */
};

struct wait {
	enum wait_kind kind;
	uint64_t number;
	struct id16 id;
	struct peer *peer;
	json_int_t request;
	json_t *out;
	struct rowan_audit *audit;
	bool proofs;	   /* entries come with the files that prove them */
	uint64_t deadline; /* milliseconds; 0: none */
	struct wait *next;
};

struct settings {
	unsigned long lock_minutes; /* 0: never */
	char *proxy, *endpoint;	    /* or NULL */
	bool receipts;		    /* others are told what was read */
	bool lines;		    /* chat line by line */
};

struct agent {
	struct places places;
	struct settings settings;
	struct rowan *rowan; /* NULL: locked, or there is no vault */
	struct book *book;
	struct evlog *evlog;
	int lock; /* in its home */
	int listener;
	struct peer *peers;
	size_t peer_count;
	struct wait *waits;
	uint64_t used;	 /* milliseconds: last request of a person */
	uint64_t tried;	 /* milliseconds: when one made it try to connect */
	int vault_error; /* of the last rowan_process */
	int offline;	 /* code of the last OFFLINE event; 0: none */
	bool stop;
};

uint64_t agent_ms(void);

/* ---- locking (owner.c) ---- */

ROWAN_MUST int owner_make(struct agent *a, struct bytes pass);
ROWAN_MUST int owner_unlock(struct agent *a, struct bytes pass);
void owner_lock(struct agent *a);

/* ---- settings (settings.c) ---- */

ROWAN_MUST int settings_load(struct agent *a);
/* ROWAN_E_NOT_FOUND for no such setting, ROWAN_E_INVAL for a bad value. */
ROWAN_MUST int settings_set(
	struct agent *a, const char *key, const char *value);
json_t *settings_json(const struct agent *a);

/* ---- requests (serve.c) ---- */

/**
 * serve_request(a, p, in):
 * Carry out one request and queue its answer, or keep it waiting.
 */
void serve_request(struct agent *a, struct peer *p, json_t *in);

/**
 * serve_answer(p, id, out), serve_event(p, id, event):
 * Queue an answer, a piece of a stream. Both take their object.
 */
void serve_answer(struct peer *p, json_int_t id, json_t *out);
void serve_event(struct peer *p, json_int_t id, json_t *event);
void serve_error(struct peer *p, json_int_t id, int error, const char *detail);
/*
 * The card has ended: by the daemon's time, and while that is not heard by this
 * machine's.
 */
bool serve_expired(const struct agent *a);
/* A message will not be sent. */
void serve_unsent(struct peer *p, json_int_t id, int error);
/* A refusal with words of its own, N_() texts. */
void serve_refusal(struct peer *p, json_int_t id, int exit, const char *words,
	const char *hint);

/**
 * serve_ended(p):
 * Queue the last word: what was not answered before it was not done.
 */
void serve_ended(struct peer *p);

/**
 * refuse(q, exit, words, hint):
 * Set the words of a refusal, N_() texts. Returns AGENT_REFUSED.
 */
int refuse(struct request *q, int exit, const char *words, const char *hint);

/* Refuses what is no agency's code. */
int refuse_agency(struct request *q);

/* Arguments of a request. Absent or of another type: NULL, the default. */
const char *arg_text(const struct request *q, const char *name);
bool arg_flag(const struct request *q, const char *name);
json_int_t arg_number(
	const struct request *q, const char *name, json_int_t otherwise);

/* ---- waiting (wait.c) ---- */

/**
 * wait_for(q, kind, number, id, seconds):
 * Let ${q} wait; its out is kept. Returns AGENT_WAITS. When time is up the
 * answer leaves with "pending": true.
 */
int wait_for(struct request *q, enum wait_kind kind, uint64_t number,
	const struct id16 *id);
/**
 * wait_audit(q, audit, proofs):
 * Answer ${q} with the items of ${audit}, which is taken.
 */
int wait_audit(struct request *q, struct rowan_audit *audit, bool proofs);
void wait_event(struct agent *a, const struct rowan_event *e);
/* Whether somebody waits for just that event. */
bool wait_wanted(const struct agent *a, const struct rowan_event *e);
/* Whether somebody waits for what becomes of that message. */
bool wait_sending(const struct agent *a, const uint8_t *message);
void wait_peer_gone(struct agent *a, const struct peer *p);
void wait_lock(struct agent *a);
/* Answer what is late; milliseconds until the next one is, or -1. */
int wait_due(struct agent *a);

/* ---- events (events.c) ---- */

/**
 * events_take(a):
 * Keep, tell and acknowledge every event there is.
 */
ROWAN_MUST int events_take(struct agent *a);
/**
 * events_feed(a, p):
 * Send a listening peer what it has not got.
 */
void events_feed(struct agent *a, struct peer *p);

/* ---- names (names.c) ---- */

/*
 * What a person wrote, looked up: an alias, a number that a listing gave, or
 * the beginning of an id. On failure the refusal is set and AGENT_REFUSED
 * returned.
 */
ROWAN_MUST int name_case(struct request *q, const char *text, struct id16 *ret);
/*
 * After a failure: when the case that was named has not reached the clinic, the
 * refusal that says so; else ${rc}.
 */
ROWAN_MUST int name_absent(struct request *q, int rc);
ROWAN_MUST int name_person(
	struct request *q, const char *text, struct id16 *ret);
/* The same, where "victim" is the victim of ${case_id}. */
ROWAN_MUST int name_member(struct request *q, const char *text,
	const struct id16 *case_id, struct id16 *ret);
ROWAN_MUST int name_device(
	struct request *q, const char *text, struct id16 *ret);
ROWAN_MUST int name_message(
	struct request *q, const char *text, struct id16 *ret);
ROWAN_MUST int name_kind(
	struct request *q, const char *text, enum rowan_channel_kind *ret);
/* How somebody gets into a channel they are not in, for a hint. */
const char *name_way_in(const struct agent *a);
/* The channel of ${kind} of a case, if this device takes part in it. */
ROWAN_MUST int name_channel(struct request *q, const struct id16 *case_id,
	enum rowan_channel_kind kind, struct id16 *ret);

/* ---- JSON of what the SDK has (show.c) ---- */

json_t *show_id(const uint8_t *id);
const char *show_kind(enum rowan_channel_kind kind);
const char *show_role(enum rowan_role role);
const char *show_link(enum rowan_link_state link);
json_t *show_rights(unsigned rights);
/* Puts "case" with its id and "alias", if it has one. */
void show_case(const struct agent *a, const uint8_t *id, json_t *into);
/* How much is unread where this device takes part. */
size_t show_unread(const struct agent *a);
/* Who a member is: "member", "name", "role", "agency", "alias". */
void show_person(struct agent *a, const struct id16 *member,
	const struct rowan_list *people, json_t *into);
json_t *show_message(struct agent *a, const struct rowan_message *m,
	const struct rowan_list *people);
/* Puts "unreached": who does not get a message, if there is anybody. */
void show_unreached(struct agent *a, const struct id16 *message,
	const uint8_t *channel, const struct rowan_list *people, json_t *into);

/* ---- the log (ops_audit.c) ---- */

/* One entry for ${w}'s peer; how it ended, into its answer. */
json_t *audit_entry(struct agent *a, const struct wait *w);
void audit_done(const struct wait *w, bool backdated);
/* What went wrong in words; -> AGENT_REFUSED or the code itself. */
void audit_failed(const struct wait *w, int rc);

/* ---- operations ---- */

typedef int agent_op(struct request *q);

struct agent_operation {
	const char *name;
	/* unlocked; with a card; with one that is good, to say something */
	enum { OP_ANY, OP_OPEN, OP_CARD, OP_SPEAK } needs;
	bool background; /* does not count as the person's use */
	agent_op *run;
};

extern const struct agent_operation ops_self[], ops_cases[], ops_acts[],
	ops_people[], ops_messages[], ops_files[], ops_listen[], ops_audit[],
	ops_diary[];

#endif
